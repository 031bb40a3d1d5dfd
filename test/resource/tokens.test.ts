import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import test from 'ava'
import type { TokenOptions } from '../../src/lab/mint.ts'
import type { RefusalId } from '../../src/refusals/catalogue.ts'
import { GENERIC, assertInvalidToken } from './answers.ts'
import { publicKey, signingKey, startApi } from './api.ts'
import type { Api } from './api.ts'

const HOUR = 3_600
const NOT_ACCESS_TOKEN = 'This is not an access token'
const OTHER_ISSUER = 'The token comes from another issuer'
const OTHER_RESOURCE = 'The token was issued for another resource'
const CLAIMS = 'A required claim is missing or has the wrong type'
const EXPIRED = 'The access token expired'
const NOT_YET = 'The token is not valid yet'

type Options = TokenOptions | ((api: Api) => TokenOptions)

const optionsFor = (api: Api, options: Options): TokenOptions =>
  typeof options === 'function' ? options(api) : options

const accepted: [what: string, options: Options][] = [
  ['no options', {}],
  ['typ AT+JWT', { header: { typ: 'AT+JWT' } }],
  ['typ application/at+jwt', { header: { typ: 'application/at+jwt' } }],
  ['no kid, as one key fits', { header: { kid: undefined } }],
  ['a fraction in exp', ({ clock }) => ({ claims: { exp: clock.seconds() + 300.5 } })],
  ['several audiences', ({ issuer }) => ({ audience: ['https://a.example', `${issuer}/api`] })],
  ['iat 5 s ahead', ({ clock }) => ({ issuedAt: clock.seconds() + 5 })],
  ['nbf 5 s ahead', ({ clock }) => ({ claims: { nbf: clock.seconds() + 5 } })],
  ['a whole day to live', { expiresIn: 86_400 }],
  ['no scope', { scope: undefined }],
  ['unknown claims and headers', { claims: { act: { sub: 'x' } }, header: { x: 1 } }],
]

for (const [what, options] of accepted) {
  test(`a token with ${what} is accepted`, async (t) => {
    const api = await startApi(t)
    const response = await api.whoami(await api.bearer(optionsFor(api, options)))
    t.is(response.status, 200, response.body)
  })
}

const CLAIM = { jwk: publicKey, jku: 'https://attacker.example/jwks', x5u: 'https://a.example/c' }

const refused: [what: string, id: RefusalId, description: string, options: Options][] = [
  ['alg none', 'token-alg-refused', GENERIC, { header: { alg: 'none' }, signer: 'nobody' }],
  ['alg nOnE', 'token-alg-refused', GENERIC, { header: { alg: 'nOnE' }, signer: 'nobody' }],
  ['alg absent', 'token-alg-refused', GENERIC, { header: { alg: undefined } }],
  ['alg in a list', 'token-alg-refused', GENERIC, { header: { alg: ['ES256'] } }],
  ['alg of another key', 'token-key-unknown', GENERIC, { header: { alg: 'RS256' } }],
  [
    'HS256 and our public key as the secret',
    'token-alg-refused',
    GENERIC,
    { header: { alg: 'HS256' }, signer: 'public key as secret' },
  ],
  ['no signature', 'token-bad-signature', GENERIC, { signer: 'nobody' }],
  ['an HMAC under ES256', 'token-bad-signature', GENERIC, { signer: 'public key as secret' }],
  ['a stranger’s key', 'token-bad-signature', GENERIC, { signer: 'stranger' }],
  ['a key of its own', 'token-bad-signature', GENERIC, { header: CLAIM, signer: 'stranger' }],
  ['kid of a file', 'token-key-unknown', GENERIC, { header: { kid: '../../dev/null' } }],
  ['kid of SQL', 'token-key-unknown', GENERIC, { header: { kid: "'; DROP TABLE keys" } }],
  ['kid 1', 'token-key-unknown', GENERIC, { header: { kid: 1 } }],
  ['kid null', 'token-key-unknown', GENERIC, { header: { kid: null } }],
  ['kid in a list', 'token-key-unknown', GENERIC, { header: { kid: ['es-1'] } }],
  ['crit of an unknown name', 'token-crit-unsupported', GENERIC, { header: { crit: ['x'], x: 1 } }],
  ['an empty crit', 'token-crit-unsupported', GENERIC, { header: { crit: [] } }],
  ['crit of a claim', 'token-crit-unsupported', GENERIC, { header: { crit: ['exp'] } }],
  ['b64 in crit', 'token-crit-unsupported', GENERIC, { header: { crit: ['b64'], b64: false } }],
  ['b64 without crit', 'token-crit-unsupported', GENERIC, { header: { b64: false } }],
  ['typ JWT', 'token-wrong-typ', NOT_ACCESS_TOKEN, { header: { typ: 'JWT' } }],
  ['no typ', 'token-wrong-typ', NOT_ACCESS_TOKEN, { header: { typ: undefined } }],
  ['typ 1', 'token-wrong-typ', NOT_ACCESS_TOKEN, { header: { typ: 1 } }],
  [
    'iss and a slash',
    'token-wrong-issuer',
    OTHER_ISSUER,
    ({ issuer }) => ({ claims: { iss: `${issuer}/` } }),
  ],
  [
    'iss in a list',
    'token-wrong-issuer',
    OTHER_ISSUER,
    ({ issuer }) => ({ claims: { iss: [issuer] } }),
  ],
  [
    'iss in capitals',
    'token-wrong-issuer',
    OTHER_ISSUER,
    ({ issuer }) => ({ claims: { iss: issuer.toUpperCase() } }),
  ],
  ['no iss', 'token-wrong-issuer', OTHER_ISSUER, { claims: { iss: undefined } }],
  ['another aud', 'token-wrong-audience', OTHER_RESOURCE, { audience: 'https://other.example' }],
  ['aud of nobody', 'token-wrong-audience', OTHER_RESOURCE, { audience: [] }],
  ['no aud', 'token-wrong-audience', OTHER_RESOURCE, { claims: { aud: undefined } }],
  [
    'aud and a slash',
    'token-wrong-audience',
    OTHER_RESOURCE,
    ({ issuer }) => ({ audience: `${issuer}/api/` }),
  ],
  ['aud of an object', 'token-claims-invalid', CLAIMS, { claims: { aud: {} } }],
  [
    'a number among aud',
    'token-claims-invalid',
    CLAIMS,
    ({ issuer }) => ({ claims: { aud: [`${issuer}/api`, 1] } }),
  ],
  ['exp of text', 'token-claims-invalid', CLAIMS, { claims: { exp: '1893456000' } }],
  ['exp null', 'token-claims-invalid', CLAIMS, { claims: { exp: null } }],
  ['no exp', 'token-claims-invalid', CLAIMS, { claims: { exp: undefined } }],
  ['exp 1e20', 'token-claims-invalid', CLAIMS, { claims: { exp: 1e20 } }],
  [
    'exp in milliseconds',
    'token-claims-invalid',
    CLAIMS,
    ({ clock }) => ({ claims: { exp: clock.now() + 300_000 } }),
  ],
  ['more than a day to live', 'token-claims-invalid', CLAIMS, { expiresIn: 86_401 }],
  ['iat of text', 'token-claims-invalid', CLAIMS, { claims: { iat: '0' } }],
  ['no iat', 'token-claims-invalid', CLAIMS, { claims: { iat: undefined } }],
  ['nbf of text', 'token-claims-invalid', CLAIMS, { claims: { nbf: 'soon' } }],
  ['no sub', 'token-claims-invalid', CLAIMS, { claims: { sub: undefined } }],
  ['an empty sub', 'token-claims-invalid', CLAIMS, { claims: { sub: '' } }],
  ['sub 1', 'token-claims-invalid', CLAIMS, { claims: { sub: 1 } }],
  ['no jti', 'token-claims-invalid', CLAIMS, { claims: { jti: undefined } }],
  ['no client_id', 'token-claims-invalid', CLAIMS, { claims: { client_id: undefined } }],
  ['scope in a list', 'token-claims-invalid', CLAIMS, { claims: { scope: ['notes:read'] } }],
  ['grant_id 1', 'token-claims-invalid', CLAIMS, { claims: { grant_id: 1 } }],
  ['auth_time of text', 'token-claims-invalid', CLAIMS, { claims: { auth_time: 'now' } }],
  ['acr of an object', 'token-claims-invalid', CLAIMS, { claims: { acr: {} } }],
  ['exp an hour ago', 'token-expired', EXPIRED, ago(2 * HOUR, HOUR)],
  ['exp 4 s ago', 'token-expired', EXPIRED, ago(304, 4)],
  ['exp this very second', 'token-expired', EXPIRED, ago(300, 0)],
  [
    'iat an hour ahead',
    'token-not-yet-valid',
    NOT_YET,
    ({ clock }) => ({ issuedAt: clock.seconds() + HOUR }),
  ],
  [
    'iat 6 s ahead',
    'token-not-yet-valid',
    NOT_YET,
    ({ clock }) => ({ issuedAt: clock.seconds() + 6 }),
  ],
  [
    'nbf an hour ahead',
    'token-not-yet-valid',
    NOT_YET,
    ({ clock }) => ({ expiresIn: 2 * HOUR, claims: { nbf: clock.seconds() + HOUR } }),
  ],
]

function ago(issued: number, expired: number): Options {
  return ({ clock }) => ({ issuedAt: clock.seconds() - issued, expiresIn: issued - expired })
}

for (const [what, id, description, options] of refused) {
  test(`${id}: a token with ${what}`, async (t) => {
    const api = await startApi(t)
    const response = await api.whoami(await api.bearer(optionsFor(api, options)))
    assertInvalidToken(t, api, response, id, description)
  })
}

const segment = (content: string | Uint8Array) => Buffer.from(content).toString('base64url')

/** The token's three segments changed by hand. */
const rewritten: [what: string, id: RefusalId, change: (parts: Parts) => string][] = [
  ['two segments', 'token-malformed', ({ header, claims }) => `${header}.${claims}`],
  ['four segments', 'token-malformed', ({ token }) => `${token}.${segment('x')}`],
  ['five segments, as a JWE has', 'token-malformed', ({ header }) => `${header}....`],
  ['padding', 'token-malformed', ({ token }) => `${token}=`],
  [
    'unused bits in its last character',
    'token-malformed',
    ({ token }) => token.slice(0, -1) + nextCharacter(token.at(-1) ?? ''),
  ],
  ['one segment', 'token-unknown', () => 'VGhpcyBpcyBub3QgYSB0b2tlbg'],
  [
    'another signature',
    'token-bad-signature',
    ({ header, claims, signature }) =>
      `${header}.${claims}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
  ],
  [
    'a signature of zeros',
    'token-bad-signature',
    ({ header, claims }) => `${header}.${claims}.${segment(new Uint8Array(64))}`,
  ],
  [
    'a signature in DER',
    'token-bad-signature',
    ({ header, claims }) => {
      const key = createPrivateKey({ key: { ...signingKey }, format: 'jwk' })
      const der = sign('sha256', Buffer.from(`${header}.${claims}`), key)
      return `${header}.${claims}.${segment(der)}`
    },
  ],
  [
    'other claims under the signature',
    'token-bad-signature',
    ({ header, claims, signature }) => {
      const changed = Buffer.from(claims, 'base64url').toString().replace('"alice"', '"admin"')
      return `${header}.${segment(changed)}.${signature}`
    },
  ],
]

/** The same bits, but for those that stand for nothing. */
function nextCharacter(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return alphabet[alphabet.indexOf(character) + 1] ?? ''
}

type Parts = Record<'token' | 'header' | 'claims' | 'signature', string>

for (const [what, id, change] of rewritten) {
  test(`${id}: a token with ${what}`, async (t) => {
    const api = await startApi(t)
    const token = await api.mint.mint()
    const [header = '', claims = '', signature = ''] = token.split('.')
    const changed = change({ token, header, claims, signature })
    const response = await api.whoami(`Authorization: Bearer ${changed}`)
    assertInvalidToken(t, api, response, id)
  })
}

/** Text signed with the right key, which no library would have written. */
const composed: [
  what: string,
  id: RefusalId,
  description: string,
  change: (texts: Texts) => Partial<Record<keyof Texts, string | Uint8Array>>,
][] = [
  [
    'exp twice',
    'token-claims-invalid',
    CLAIMS,
    ({ payload }) => ({ payload: payload.replace('{', '{"exp":1,') }),
  ],
  [
    'a name twice, deep inside',
    'token-claims-invalid',
    CLAIMS,
    ({ payload }) => ({ payload: payload.replace('{', '{"act":{"sub":"a","sub":"b"},') }),
  ],
  [
    'alg twice',
    'token-malformed',
    GENERIC,
    ({ header }) => ({ header: header.replace('{', '{"alg":"none",') }),
  ],
  [
    'exp 1e400',
    'token-claims-invalid',
    CLAIMS,
    ({ payload }) => ({ payload: payload.replace(/"exp":\d+/, '"exp":1e400') }),
  ],
  [
    'a byte order mark',
    'token-malformed',
    GENERIC,
    ({ payload }) => ({ payload: `\uFEFF${payload}` }),
  ],
  ['another token inside', 'token-malformed', GENERIC, () => ({ payload: 'e30.e30.e30' })],
  ['a list for claims', 'token-malformed', GENERIC, () => ({ payload: '[1]' })],
  ['a text for claims', 'token-malformed', GENERIC, () => ({ payload: '"x"' })],
  ['bytes for claims', 'token-malformed', GENERIC, () => ({ payload: new Uint8Array([255, 255]) })],
  ['lists in lists', 'token-malformed', GENERIC, () => ({ payload: '['.repeat(8_000) })],
  [
    'lists in lists, all closed',
    'token-malformed',
    GENERIC,
    ({ payload }) => ({
      payload: payload.replace('{', `{"x":${'['.repeat(4_000)}${']'.repeat(4_000)},`),
    }),
  ],
]

type Texts = Record<'header' | 'payload', string>

for (const [what, id, description, change] of composed) {
  test(`${id}: a token with ${what}`, async (t) => {
    const api = await startApi(t)
    const { header, payload } = await api.mint.parts()
    const texts = { header: JSON.stringify(header), payload: JSON.stringify(payload) }
    const token = await api.mint.compose({ ...texts, ...change(texts) })
    const response = await api.whoami(`Authorization: Bearer ${token}`)
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

for (const [what, key, status] of [
  ['two keys fit', { ...ecKey(), kid: 'es-2', alg: 'ES256', use: 'sig' }, 401],
  ['the other key is for another curve', { ...ecKey('P-384'), kid: 'es-2' }, 200],
  ['the other key is for encryption', { ...ecKey(), kid: 'es-2', use: 'enc' }, 200],
  ['the other key is for RSA', { kty: 'RSA', kid: 'rs-1', n: 'AQAB', e: 'AQAB' }, 200],
] as const) {
  test(`without a kid the token is ${status === 200 ? 'accepted' : 'refused'} when ${what}`, async (t) => {
    const api = await startApi(t)
    api.world.keys = { keys: [publicKey, key] }
    const response = await api.whoami(await api.bearer({ header: { kid: undefined } }))
    t.is(response.status, status)
    if (status === 401) assertInvalidToken(t, api, response, 'token-key-unknown')
  })
}

test('two keys under one kid are none', async (t) => {
  const api = await startApi(t)
  api.world.keys = { keys: [publicKey, { ...ecKey(), kid: 'es-1' }] }
  assertInvalidToken(t, api, await api.whoami(await api.bearer()), 'token-key-unknown')
})

function ecKey(namedCurve = 'P-256') {
  return generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' })
}
