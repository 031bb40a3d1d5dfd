import test from 'ava'
import { credentials } from './credentials.ts'
import { behindTheApi, furtherTokens } from './further-tokens.ts'
import { methodsAndRedirects } from './methods-and-redirects.ts'
import { passwords, vector } from './passwords.ts'
import { proofs } from './proofs.ts'
import { tokens } from './tokens.ts'

test('every one of the 55 adversarial inputs has its answer', (t) => {
  const inputs = [
    ...credentials,
    ...furtherTokens,
    ...behindTheApi,
    ...passwords,
    vector,
    ...proofs,
    ...methodsAndRedirects,
  ].map(({ number }) => number)
  const found = new Set([...inputs, ...tokens.map(([, , , number]) => number)])
  const all = Array.from({ length: 55 }, (_, index) => index + 1)
  t.deepEqual(
    all.filter((number) => !found.has(number)),
    [],
  )
})

test('no token is judged twice', (t) => {
  const names = tokens.map(([what]) => what)
  t.deepEqual(
    names.filter((name, at) => names.indexOf(name) !== at),
    [],
  )
  t.true(tokens.length > 200, String(tokens.length))
})
