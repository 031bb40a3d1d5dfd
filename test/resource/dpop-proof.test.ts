/** What a proof must say and be, one rule after the other, and what it may look like (RFC 9449 §4.2, §4.3). */
import { createHmac, createPublicKey, generateKeyPairSync, hash } from 'node:crypto'
import test from 'ava'
import fc from '../helpers/properties.ts'
import { calculateJwkThumbprint } from 'jose'
import { createProofKey, proofFor } from '../../src/lab/proof.ts'
import type { ProofOptions } from '../../src/lab/proof.ts'
import { comparableUri } from '../../src/resource/http-uri.ts'
import { requestOf, sendRaw } from '../helpers/raw-http.ts'
import { assertRefused, withError } from './answers.ts'
import { startApi } from './api.ts'
import type { Api } from './api.ts'

const key = createProofKey()
const other = createProofKey()
const edwards = createProofKey('EdDSA')
const privateJwk = key.privateKey.export({ format: 'jwk' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' })
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' })
const x25519 = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' })

type Options = Partial<ProofOptions> | ((api: Api) => Partial<ProofOptions>)

const optionsFor = (api: Api, options: Options): Partial<ProofOptions> =>
  typeof options === 'function' ? options(api) : options

const header = (changes: Record<string, unknown>): Options => ({ header: changes })
const claims = (changes: Record<string, unknown>): Options => ({ claims: changes })
const jwk = (changes: Record<string, unknown>): Options =>
  header({ jwk: { ...key.jwk, ...changes } })
const htu =
  (of: (api: Api) => string): Options =>
  (api) => ({ claims: { htu: of(api) } })

const refused: [what: string, part: string, options: Options][] = [
  ['typ JWT', 'typ', header({ typ: 'JWT' })],
  ['the typ of an access token', 'typ', header({ typ: 'at+jwt' })],
  ['no typ', 'typ', header({ typ: undefined })],
  ['typ 1', 'typ', header({ typ: 1 })],
  ['alg none', 'alg', { header: { alg: 'none' }, signer: 'nobody' }],
  ['alg HS256', 'alg', header({ alg: 'HS256' })],
  ['alg RS256, as nobody here offers it', 'alg', header({ alg: 'RS256', jwk: rsa })],
  ['alg ES384, likewise', 'alg', header({ alg: 'ES384', jwk: p384 })],
  ['no alg', 'alg', header({ alg: undefined })],
  ['alg in a list', 'alg', header({ alg: ['ES256'] })],
  ['crit', 'crit', header({ crit: ['x'], x: 1 })],
  ['an empty crit', 'crit', header({ crit: [] })],
  ['b64', 'crit', header({ b64: false })],
  ['a kid in place of the key', 'jwk', header({ jwk: undefined, kid: 'k' })],
  ['a key of text', 'jwk', header({ jwk: JSON.stringify(key.jwk) })],
  ['keys in a list', 'jwk', header({ jwk: [key.jwk] })],
  ['the private key', 'jwk', header({ jwk: privateJwk })],
  ['a private member that is null', 'jwk', jwk({ d: null })],
  ['a secret beside the key', 'jwk', jwk({ k: 'AAAA' })],
  ['a symmetric key', 'jwk', header({ jwk: { kty: 'oct', k: 'AAAA' } })],
  ['a key of another kind than its alg', 'jwk', header({ jwk: edwards.jwk })],
  ['an alg of another kind than its key', 'jwk', header({ alg: 'EdDSA' })],
  ['a key of another curve', 'jwk', header({ jwk: p384 })],
  ['a key for agreement', 'jwk', header({ alg: 'EdDSA', jwk: x25519 })],
  ['a key for encryption', 'jwk', jwk({ use: 'enc' })],
  ['a key for another alg', 'jwk', jwk({ alg: 'ES384' })],
  ['no point of the curve', 'jwk', jwk({ x: Buffer.alloc(32).toString('base64url') })],
  ['a coordinate with padding', 'jwk', jwk({ x: `${key.jwk.x}=` })],
  ['a coordinate that is cut', 'jwk', jwk({ y: key.jwk.y?.slice(0, -2) })],
  ['a coordinate of a number', 'jwk', jwk({ y: 1 })],
  ['no signature', 'signature', { signer: 'nobody' }],
  ['another key’s signature', 'signature', { signer: other }],
  ['no jti', 'jti', claims({ jti: undefined })],
  ['an empty jti', 'jti', claims({ jti: '' })],
  ['jti 1', 'jti', claims({ jti: 1 })],
  ['a jti that nobody would remember', 'jti', { jti: 'a'.repeat(1_025) }],
  ['no htm', 'htm', claims({ htm: undefined })],
  ['htm in a list', 'htm', claims({ htm: ['GET'] })],
  ['htm of another method', 'htm', claims({ htm: 'POST' })],
  ['htm in small letters', 'htm', claims({ htm: 'get' })],
  ['no htu', 'htu', claims({ htu: undefined })],
  ['an htu of another path', 'htu', htu(({ issuer }) => `${issuer}/api/notes`)],
  ['an htu with a slash more', 'htu', htu(({ issuer }) => `${issuer}/api/whoami/`)],
  ['an htu in other letters', 'htu', htu(({ issuer }) => `${issuer}/api/WHOAMI`)],
  ['https in place of http', 'htu', htu(({ port }) => `https://localhost:${port}/api/whoami`)],
  ['another host', 'htu', htu(({ port }) => `http://127.0.0.1:${port}/api/whoami`)],
  ['another port', 'htu', htu(() => 'http://localhost/api/whoami')],
  ['a name before the host', 'htu', htu(({ port }) => `http://a@localhost:${port}/api/whoami`)],
  ['dots in escapes', 'htu', htu(({ issuer }) => `${issuer}/api/notes/%2e%2e/whoami`)],
  ['dots', 'htu', htu(({ issuer }) => `${issuer}/api/notes/../whoami`)],
  ['a path alone', 'htu', htu(() => '/api/whoami')],
  ['an htu of nothing', 'htu', htu(() => '')],
  ['no iat', 'iat', claims({ iat: undefined })],
  ['iat of text', 'iat', ({ clock }) => ({ claims: { iat: String(clock.seconds()) } })],
  ['iat null', 'iat', claims({ iat: null })],
  ['a nonce of a number', 'nonce', claims({ nonce: 1 })],
  ['exp of text', 'exp', claims({ exp: 'soon' })],
  ['nbf of text', 'nbf', claims({ nbf: 'soon' })],
]

for (const part of new Set(refused.map(([, one]) => one))) {
  const cases = refused.filter(([, one]) => one === part)

  test(`${part}: a proof is refused with ${cases.map(([what]) => what).join('; ')}`, async (t) => {
    const api = await startApi(t)
    const token = await api.boundTo(key)
    for (const [what, , options] of cases) {
      const response = await api.whoami(...api.dpop({ key, token, ...optionsFor(api, options) }))
      const id = 'dpop-proof-invalid'
      const error = 'invalid_dpop_proof'
      const description = 'The DPoP proof is not valid'
      const challenges = withError(api, { id, error, description, on: 'DPoP' })
      assertRefused(t, api, response, id, { status: 401, challenges, description, error })
      t.is(api.refused.at(-1)?.evidence.part, part, what)
    }
    t.is(api.refused.length, cases.length)
    t.false(JSON.stringify(api.refused).includes(String(privateJwk.d)))
  })
}

const segment = (content: string | Uint8Array) => Buffer.from(content).toString('base64url')

/** Proofs that no library would have written, properly signed where a signature is possible. */
const composed: [what: string, make: (good: ProofOptions) => string][] = [
  ['text', () => 'proof'],
  ['two segments', (good) => proofFor(good).split('.').slice(0, 2).join('.')],
  ['four segments', (good) => `${proofFor(good)}.${segment('x')}`],
  ['padding', (good) => `${proofFor(good)}=`],
  ['alg twice', (good) => rewritten(good, 'header', '{', '{"alg":"none",')],
  ['jwk twice', (good) => rewritten(good, 'header', '{', '{"jwk":{},')],
  ['a member of the key twice', (good) => rewritten(good, 'header', '"kty"', '"kty":"EC","kty"')],
  ['htu twice', (good) => rewritten(good, 'claims', '{', '{"htu":"http://localhost/",')],
  ['jti twice', (good) => rewritten(good, 'claims', '{', '{"jti":"a",')],
  ['a byte order mark', (good) => rewritten(good, 'claims', '{', '\uFEFF{')],
  ['iat 1e400', (good) => rewritten(good, 'claims', /"iat":\d+/, '"iat":1e400')],
  ['a list for claims', (good) => proofFor({ ...good, claims: '[1]' })],
  ['lists in lists', (good) => proofFor({ ...good, claims: '['.repeat(5_000) })],
  [
    'an HMAC keyed with the public key',
    (good) => {
      const [head = '', payload = ''] = proofFor(good).split('.')
      const secret = createPublicKey(key.privateKey).export({ type: 'spki', format: 'pem' })
      const mac = createHmac('sha256', secret).update(`${head}.${payload}`).digest('base64url')
      return `${head}.${payload}.${mac}`
    },
  ],
  [
    'a signature of zeros',
    (good) => {
      const [head = '', payload = ''] = proofFor(good).split('.')
      return `${head}.${payload}.${segment(new Uint8Array(64))}`
    },
  ],
]

/** Signed again after its text was changed. */
function rewritten(
  good: ProofOptions,
  part: 'header' | 'claims',
  from: string | RegExp,
  to: string,
): string {
  const text = Buffer.from(proofFor(good).split('.')[part === 'header' ? 0 : 1] ?? '', 'base64url')
  return proofFor({ ...good, [part]: text.toString().replace(from, to) })
}

test('a proof is refused that could be read in two ways, or is none', async (t) => {
  const api = await startApi(t)
  const token = await api.boundTo(key)
  const iat = api.clock.seconds()
  for (const [what, make] of composed) {
    const proof = make({ method: 'GET', url: `${api.issuer}/api/whoami`, token, key, iat })
    const response = await api.whoami(`Authorization: DPoP ${token}`, `DPoP: ${proof}`)
    t.is(response.status, 401, what)
    t.is(api.refused.at(-1)?.id, 'dpop-proof-invalid', what)
  }
})

const sha256 = (content: string | Uint8Array): string => hash('sha256', content, 'base64url')

const wrongHashes: [what: string, ath: (token: string) => unknown][] = [
  ['no ath', () => undefined],
  ['ath 1', () => 1],
  ['the ath of the decoded token', (token) => sha256(Buffer.from(token, 'base64url'))],
  ['the ath of the scheme and the token', (token) => sha256(`DPoP ${token}`)],
  ['the token in its ath', (token) => token],
  ['an ath with padding', (token) => `${sha256(token)}=`],
  ['an ath in hexadecimal', (token) => hash('sha256', token, 'hex')],
]

test('a proof is refused whose ath is not that of the token as it is sent', async (t) => {
  const api = await startApi(t)
  const token = await api.boundTo(key)
  for (const [what, ath] of wrongHashes) {
    const response = await api.whoami(...api.dpop({ key, token, claims: { ath: ath(token) } }))
    t.is(response.status, 401, what)
    t.is(api.refused.at(-1)?.id, 'dpop-ath-mismatch', what)
  }
  t.false(JSON.stringify(api.refused).includes(token))
})

const accepted: [what: string, options: Options][] = [
  ['typ in other letters', header({ typ: 'DPoP+JWT' })],
  ['typ in full', header({ typ: 'application/dpop+jwt' })],
  ['a kid beside the key', header({ kid: 'k' })],
  ['a key that says what it is for', jwk({ use: 'sig', alg: 'ES256', kid: 'k', ext: true })],
  ['an unknown header', header({ x: 1 })],
  ['an unknown claim', claims({ sub: 'alice' })],
  ['a query and a fragment in htu', htu(({ issuer }) => `${issuer}/api/whoami?a=b#c`)],
  ['an empty query in htu', htu(({ issuer }) => `${issuer}/api/whoami?`)],
  ['the host in capitals', htu(({ port }) => `HTTP://LOCALHOST:${port}/api/whoami`)],
  ['escapes that need not be', htu(({ issuer }) => `${issuer}/%61pi/who%61mi`)],
  ['iat a minute ago', ({ clock }) => ({ iat: clock.seconds() - 60 })],
  ['iat a minute ahead', ({ clock }) => ({ iat: clock.seconds() + 60 })],
  ['a fraction in iat', ({ clock }) => ({ iat: clock.seconds() + 0.5 })],
  ['a long jti', { jti: 'a'.repeat(1_024) }],
  ['a jti of any letters', { jti: '\u{1F375} "\\ \n' }],
  ['exp ahead', ({ clock }) => ({ claims: { exp: clock.seconds() + 10 } })],
]

test(`a proof is good with ${accepted.map(([what]) => what).join('; ')}`, async (t) => {
  const api = await startApi(t)
  const token = await api.boundTo(key)
  for (const [what, options] of accepted) {
    const response = await api.whoami(...api.dpop({ key, token, ...optionsFor(api, options) }))
    t.is(response.status, 200, `${what}: ${JSON.stringify(api.refused[0]?.evidence)}`)
  }
})

for (const [what, options] of [
  ['iat 61 s ago', (now) => ({ iat: now - 61 })],
  ['iat 61 s ahead', (now) => ({ iat: now + 61 })],
  ['exp 61 s ago', (now) => ({ claims: { exp: now - 61 } })],
  ['nbf 61 s ahead', (now) => ({ claims: { nbf: now + 61 } })],
] as const satisfies [string, (now: number) => Partial<ProofOptions>][]) {
  test(`a proof with ${what} is of another time`, async (t) => {
    const api = await startApi(t)
    const token = await api.boundTo(key)
    const { clock } = api
    const response = await api.whoami(...api.dpop({ key, token, ...options(clock.seconds()) }))
    t.is(response.status, 401)
    t.is(api.refused[0]?.id, 'dpop-iat-outside-window')
  })
}

test('the proof of a call with a query, and of HEAD', async (t) => {
  const api = await startApi(t)
  const token = await api.boundTo(key, { scope: 'notes:read' })
  const path = '/api/notes?limit=2'
  const list = await api.send(`GET ${path}`, api.dpop({ key, token, path }))
  t.is(list.status, 200)
  const head = await api.send('HEAD /api/whoami', api.dpop({ key, token, method: 'HEAD' }))
  t.is(head.status, 200)
})

test('what Host says makes no difference to the address of a proof', async (t) => {
  const api = await startApi(t)
  const token = await api.boundTo(key)
  const call = (lines: string[]) =>
    sendRaw(
      api.port,
      requestOf([
        `GET http://127.0.0.1:${api.port}/api/whoami HTTP/1.1`,
        `Host: 127.0.0.1:${api.port}`,
        ...lines,
        'X-Forwarded-Host: evil.example',
        'Connection: close',
      ]),
    )
  t.is((await call(api.dpop({ key, token }))).status, 200)
  const byHost = { htu: `http://127.0.0.1:${api.port}/api/whoami` }
  t.is((await call(api.dpop({ key, token, claims: byHost }))).status, 401)
})

test('thumbprints are those of RFC 7638, as another library works them out', async (t) => {
  for (const one of [key, edwards]) {
    t.is(one.thumbprint, await calculateJwkThumbprint(one.jwk))
  }
})

for (const [a, b, same] of [
  ['https://a.example', 'https://a.example/', true],
  ['https://a.example:443/x', 'https://a.example/x', true],
  ['http://a.example:80/x', 'http://a.example/x', true],
  ['https://a.example:/x', 'https://a.example/x', true],
  ['https://a.example:80/x', 'https://a.example/x', false],
  ['http://a.example:443/x', 'http://a.example/x', false],
  ['https://a.example:8443/x', 'https://a.example/x', false],
  ['https://A.EXAMPLE/x?y#z', 'HTTPS://a.example/x', true],
  ['https://a.example/x#y?z', 'https://a.example/x', true],
  ['https://a.example/%7Ex', 'https://a.example/~x', true],
  ['https://a.example/%c3%a9', 'https://a.example/%C3%A9', true],
  ['https://a.example/a%2Fb', 'https://a.example/a/b', false],
  ['https://a.example/a//b', 'https://a.example/a/b', false],
  ['https://a.example/./b', 'https://a.example/b', false],
  ['https://[::1]:443/b', 'https://[::1]/b', true],
] as const) {
  test(`${a} and ${b} are ${same ? 'one address' : 'two addresses'}`, (t) => {
    t.is(comparableUri(a) === comparableUri(b), same)
  })
}

test('what is no absolute address is comparable with nothing', (t) => {
  for (const text of ['', '/x', 'a.example/x', 'https:///x', 'https:x', '//a.example/x']) {
    t.is(comparableUri(text), undefined)
  }
})

test('whatever stands in DPoP, the answer is never an error of ours', async (t) => {
  const api = await startApi(t)
  const token = await api.boundTo(key)
  const json = fc.oneof(
    fc.json(),
    fc.jsonValue().map((value) => JSON.stringify(value)),
  )
  const jose = fc
    .record({
      typ: fc.constantFrom('dpop+jwt', 'JWT', 1),
      alg: fc.constantFrom('ES256', 'EdDSA', 'none', null),
      jwk: fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>(key.jwk, edwards.jwk, privateJwk)),
    })
    .map((value) => JSON.stringify(value))
  const parts = fc.record({ header: fc.oneof(jose, json), claims: json })
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    parts.map((one) => proofFor({ method: 'GET', url: api.issuer, key, ...one })),
  )
  await fc.assert(
    fc.asyncProperty(value, async (text) => {
      const line = `DPoP: ${text.replaceAll(/[\r\n\0]/g, '')}`
      const { status } = await sendRaw(
        api.port,
        requestOf([
          'GET /api/whoami HTTP/1.1',
          `Host: localhost:${api.port}`,
          `Authorization: DPoP ${token}`,
          line,
          'Connection: close',
          '',
        ]),
      )
      return status === 401 || status === 400
    }),
    { numRuns: 300 },
  )
  t.pass()
})
