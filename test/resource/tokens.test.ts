import { generateKeyPairSync } from 'node:crypto'
import test from 'ava'
import type { TokenOptions } from '../../src/lab/mint.ts'
import type { RefusalId } from '../../src/refusals/catalogue.ts'
import { assertInvalidToken } from './answers.ts'
import { publicKey, startApi } from './api.ts'
import type { Api } from './api.ts'

const OTHER_ISSUER = 'The token comes from another issuer'
const CLAIMS = 'A required claim is missing or has the wrong type'
const EXPIRED = 'The access token expired'
const NOT_YET = 'The token is not valid yet'

type Options = (api: Api) => TokenOptions

const accepted: [what: string, options: Options][] = [
  ['no options', () => ({})],
  ['iat 5 s ahead', ({ clock }) => ({ issuedAt: clock.seconds() + 5 })],
  ['nbf 5 s ahead', ({ clock }) => ({ claims: { nbf: clock.seconds() + 5 } })],
  ['exp a second ahead', ({ clock }) => ({ issuedAt: clock.seconds() - 299 })],
  ['a whole day to live', () => ({ expiresIn: 86_400 })],
]

for (const [what, options] of accepted) {
  test(`a token with ${what} is accepted`, async (t) => {
    const api = await startApi(t)
    const response = await api.whoami(await api.bearer(options(api)))
    t.is(response.status, 200, response.body)
  })
}

/** On the other side of the same bounds; what else a token can say wrongly is in test/adversarial/tokens. */
const refused: [what: string, id: RefusalId, description: string, options: Options][] = [
  [
    'iat 6 s ahead',
    'token-not-yet-valid',
    NOT_YET,
    ({ clock }) => ({ issuedAt: clock.seconds() + 6 }),
  ],
  [
    'nbf 6 s ahead',
    'token-not-yet-valid',
    NOT_YET,
    ({ clock }) => ({ claims: { nbf: clock.seconds() + 6 } }),
  ],
  [
    'exp this very second',
    'token-expired',
    EXPIRED,
    ({ clock }) => ({ issuedAt: clock.seconds() - 300 }),
  ],
  ['more than a day to live', 'token-claims-invalid', CLAIMS, () => ({ expiresIn: 86_401 })],
]

for (const [what, id, description, options] of refused) {
  test(`${id}: a token with ${what}`, async (t) => {
    const api = await startApi(t)
    const response = await api.whoami(await api.bearer(options(api)))
    assertInvalidToken(t, api, response, id, description)
  })
}

test('the leeway is for exp alone', async (t) => {
  const api = await startApi(t, { leeway: 30 })
  const issuedAt = api.clock.seconds() - 300
  t.is((await api.whoami(await api.bearer({ issuedAt, expiresIn: 271 }))).status, 200)
  const late = await api.whoami(await api.bearer({ issuedAt, expiresIn: 270 }))
  assertInvalidToken(t, api, late, 'token-expired', EXPIRED)
  const early = await api.whoami(await api.bearer({ issuedAt: api.clock.seconds() + 6 }))
  assertInvalidToken(t, api, early, 'token-not-yet-valid', NOT_YET)
})

test('a token that was accepted expires all the same', async (t) => {
  const api = await startApi(t)
  const good = await api.bearer({ expiresIn: 300 })
  t.is((await api.whoami(good)).status, 200)
  api.clock.advance(299)
  t.is((await api.whoami(good)).status, 200)
  api.clock.advance(1)
  assertInvalidToken(t, api, await api.whoami(good), 'token-expired', EXPIRED)
})

test('an issuer nobody vouches for is not named in words', async (t) => {
  const api = await startApi(t)
  const claims = { iss: 'https://other.example' }
  const signed = await api.whoami(await api.bearer({ claims }))
  assertInvalidToken(t, api, signed, 'token-wrong-issuer', OTHER_ISSUER)
  const forged = await api.whoami(await api.bearer({ claims, signer: 'stranger' }))
  assertInvalidToken(t, api, forged, 'token-wrong-issuer')
})

for (const [what, key] of [
  ['for another curve', { ...ecKey('P-384'), kid: 'es-2' }],
  ['for encryption', { ...ecKey(), kid: 'es-2', use: 'enc' }],
  ['for RSA', { kty: 'RSA', kid: 'rs-1', n: 'AQAB', e: 'AQAB' }],
] as const) {
  test(`without a kid the token is accepted when the other key is ${what}`, async (t) => {
    const api = await startApi(t)
    api.world.keys = { keys: [publicKey, key] }
    const response = await api.whoami(await api.bearer({ header: { kid: undefined } }))
    t.is(response.status, 200)
  })
}

function ecKey(namedCurve = 'P-256') {
  return generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' })
}
