import test from 'ava'
import { accessTokenHash } from '../../src/resource/dpop.ts'
import { sharedBench } from './bench.ts'
import { assertAnswered } from './input.ts'
import { proofs } from './proofs.ts'

const shared = sharedBench(test)

for (const { number, what, bench = shared, ...input } of proofs) {
  test(`${input.answer.id ?? 'accepted'}: ${what} (#${number})`, async (t) => {
    await assertAnswered(t, await bench(t), input)
  })
}

test('ath is the hash of the characters of the token, as in RFC 9449 §7.1 (#51)', (t) => {
  const token = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'
  t.is(accessTokenHash(token), 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo')
})
