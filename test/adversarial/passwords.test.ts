import { createHash } from 'node:crypto'
import test from 'ava'
import { digestSecretOf, responseOf, userhashOf } from '../../src/lib/digest-auth.ts'
import type { Hash } from '../../src/lib/digest-auth.ts'
import { wholeBench } from './bench.ts'
import { assertAnswered } from './input.ts'
import { passwords, vector } from './passwords.ts'

for (const { number, what, bench = wholeBench, ...input } of passwords) {
  test.serial(`${input.answer.id ?? 'accepted'}: ${what} (#${number})`, async (t) => {
    await assertAnswered(t, await bench(t), input)
  })
}

test(`the example of RFC 7616 §3.9.2 comes out as corrected (#${vector.number})`, (t) => {
  const { algorithm, user, realm, password, parameters } = vector
  const hash: Hash = (text) => createHash(algorithm).update(text).digest('hex')
  t.is(userhashOf(user, realm, hash), vector.userhash)
  const secret = digestSecretOf(user, realm, password, hash)
  t.is(responseOf(secret, 'GET', parameters, hash), vector.response)
})
