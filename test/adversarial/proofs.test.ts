import test from 'ava'
import { accessTokenHash } from '../../src/resource/dpop.ts'
import { wholeBench } from './bench.ts'
import { assertAnswered } from './input.ts'
import { proofs } from './proofs.ts'

for (const { number, what, bench = wholeBench, ...input } of proofs) {
  test(`${input.answer.id ?? 'accepted'}: ${what} (#${number})`, async (t) => {
    await assertAnswered(t, await bench(t), input)
  })
}

test('ath is the hash of the characters of the token, as in RFC 9449 §7.1 (#51)', (t) => {
  const token = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'
  t.is(accessTokenHash(token), 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo')
})
