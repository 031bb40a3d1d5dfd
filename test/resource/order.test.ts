import test from 'ava'
import { createProofKey } from '../../src/lab/proof.ts'
import type { TokenOptions } from '../../src/lab/mint.ts'
import type { RawResponse } from '../helpers/raw-http.ts'
import { headerValue, headerValues } from '../helpers/raw-http.ts'
import { startApi } from './api.ts'

/** `401 no-credentials`; or the status alone where nothing was refused. */
function told({ status, body }: RawResponse): string {
  const id = /\/refusals\/([a-z-]+)"/.exec(body)?.[1]
  return id === undefined ? String(status) : `${status} ${id}`
}

const JSON_TYPE = 'Content-Type: application/json'

test('the first of several things wrong with a token is told', async (t) => {
  const api = await startApi(t)
  const { clock } = api
  const expired = { issuedAt: clock.seconds() - 600, expiresIn: 300 }
  const other = { audience: 'https://other.example' }
  for (const [expected, options] of [
    ['401 token-alg-refused', { header: { alg: 'none', crit: ['x'] }, signer: 'nobody' }],
    ['401 token-crit-unsupported', { header: { crit: ['x'] }, claims: { iss: 'x' } }],
    ['401 token-wrong-issuer', { header: { kid: 'x' }, claims: { iss: 'x' } }],
    ['401 token-key-unknown', { header: { kid: 'x', typ: 'JWT' }, signer: 'stranger' }],
    ['401 token-bad-signature', { ...expired, signer: 'stranger', header: { typ: 'JWT' } }],
    ['401 token-wrong-typ', { ...expired, ...other, header: { typ: 'JWT' } }],
    ['401 token-wrong-audience', { ...expired, ...other }],
    ['401 token-expired', { ...expired, claims: { sub: undefined } }],
    ['401 token-claims-invalid', { claims: { sub: undefined }, clientId: 'gone' }],
    ['401 token-revoked', { clientId: 'gone', scope: undefined }],
    ['403 insufficient-scope', { scope: undefined }],
  ] as const) {
    api.world.denied.set('client:gone', 'removed')
    t.is(told(await api.send('GET /api/notes', [await api.bearer(options)])), expected)
  }
})

const key = createProofKey()
const other = createProofKey()
const cnf = { jkt: key.thumbprint }

test('how many proofs there are comes before the token, and the token before its proof', async (t) => {
  const api = await startApi(t)
  const { clock } = api
  api.world.denied.set('client:gone', 'removed')
  const expired = { issuedAt: clock.seconds() - 600, expiresIn: 300 }
  const call = async (options: TokenOptions, ...proofs: string[]) => {
    const token = await api.mint.mint({ cnf, ...options })
    const lines = proofs.map((proof) => `DPoP: ${proof}`)
    return told(await api.send('GET /api/notes', [`Authorization: DPoP ${token}`, ...lines]))
  }
  t.is(await call({ header: { alg: 'none' } }), '401 dpop-proof-missing')
  t.is(await call({ header: { alg: 'none' } }, 'x', 'x'), '401 dpop-proof-multiple')
  for (const [expected, options] of [
    ['401 token-alg-refused', { header: { alg: 'none' } }],
    ['401 token-bad-signature', { signer: 'stranger' }],
    ['401 token-wrong-typ', { header: { typ: 'JWT' } }],
    ['401 token-wrong-audience', { audience: 'https://other.example' }],
    ['401 token-expired', { ...expired, cnf: {} }],
    ['401 dpop-unbound-token', { cnf: {}, claims: { sub: undefined } }],
    ['401 token-claims-invalid', { claims: { sub: undefined }, clientId: 'gone' }],
    ['401 token-claims-invalid', { claims: { cnf: 'x' } }],
    ['401 token-claims-invalid', { claims: { cnf: { jkt: 1 } } }],
    ['401 token-revoked', { clientId: 'gone', scope: undefined }],
    ['401 dpop-proof-invalid', { scope: undefined }],
  ] as const) {
    t.is(await call(options, 'x'), expected)
  }
})

test('a bound token sent as Bearer is told before what its claims lack', async (t) => {
  const api = await startApi(t)
  const bearer = await api.bearer({ cnf, claims: { sub: undefined } })
  t.is(told(await api.whoami(bearer)), '401 dpop-token-as-bearer')
})

test('the first of several things wrong with a proof is told, and each before the scope', async (t) => {
  const api = await startApi(t)
  const token = await api.boundTo(key)
  const old = api.clock.seconds() - 3_600
  const ath = 'of-another-token'
  for (const [expected, options] of [
    ['401 dpop-proof-invalid', { signer: other, claims: { ath }, iat: old }],
    ['401 dpop-proof-invalid', { method: 'POST', claims: { ath }, iat: old }],
    ['401 dpop-proof-invalid', { path: '/api', claims: { ath }, iat: old }],
    ['401 dpop-ath-mismatch', { key: other, claims: { ath }, iat: old }],
    ['401 dpop-key-mismatch', { key: other, nonce: 'old', iat: old }],
    ['401 dpop-nonce-required', { nonce: 'old', iat: old }],
    ['401 dpop-iat-outside-window', { iat: old }],
    ['403 insufficient-scope', {}],
  ] as const) {
    const lines = api.dpop({ key, token, path: '/api/notes', ...options })
    t.is(told(await api.send('GET /api/notes', lines)), expected)
  }
})

test('an expired token without the scope is expired: a refresh may be all it needs', async (t) => {
  const api = await startApi(t)
  const options = { scope: 'notes:read', issuedAt: api.clock.seconds() - 600 }
  const response = await api.send('POST /api/notes', [await api.bearer(options)])
  t.is(told(response), '401 token-expired')
})

test('more than one set of credentials comes before what is wrong with each', async (t) => {
  const api = await startApi(t)
  const lines = ['Authorization: Negotiate', 'Authorization: Bearer "']
  t.is(told(await api.whoami(...lines)), '400 multiple-authorization')
  t.is(told(await api.whoami('Authorization: Bearer "')), '400 credentials-malformed')
  t.is(told(await api.whoami('Authorization: Negotiate "')), '401 unsupported-scheme')
})

for (const [line, lines] of [
  ['GET /api/notes/note-bob-1', []],
  ['GET /api/nothing-is-here', []],
  ['GET /api', []],
  ['GET /api/', []],
  ['GET /api/notes/', []],
  ['GET /API/../api/notes', []],
  ['DELETE /api/notes', []],
  ['PATCH /api/notes/note-alice-1', []],
  ['OPTIONS /api/notes', []],
  ['GET /api/notes', ['Accept: image/png']],
  ['POST /api/notes', ['Content-Type: text/plain', 'Content-Length: 0']],
  ['GET /api/notes/%zz', []],
  ['GET /ledger/nothing-is-here', []],
] as const) {
  test(`a stranger learns nothing about routes, verbs and objects: ${line}`, async (t) => {
    const api = await startApi(t)
    t.is(
      told(await api.send(line, lines)),
      line.includes('API') ? '404 not-found' : '401 no-credentials',
    )
  })
}

test('an unknown path is hidden from those who are signed in', async (t) => {
  const api = await startApi(t)
  const good = await api.bearer({ scope: undefined })
  for (const path of ['/api', '/api/', '/api/x', '/api/notes/', '/api/Notes', '/api/whoami/x']) {
    t.is(told(await api.send(`GET ${path}`, [good])), '404 hidden')
  }
})

test('scope comes before the object, and tells nothing about it', async (t) => {
  const api = await startApi(t)
  const reader = await api.bearer({ scope: 'notes:read' })
  for (const id of ['note-alice-1', 'note-bob-1', 'nothing']) {
    t.is(told(await api.send(`DELETE /api/notes/${id}`, [reader])), '403 insufficient-scope')
  }
})

test('the object comes before the body', async (t) => {
  const api = await startApi(t)
  const writer = await api.bearer({ sub: 'bob', scope: 'notes:write' })
  const put = (id: string, ...lines: string[]) =>
    api.send(`PUT /api/notes/${id}`, [writer, ...lines], 'not JSON')
  t.is(told(await put('note-alice-1', JSON_TYPE)), '404 hidden')
  t.is(told(await put('note-alice-shared', 'Content-Type: text/plain')), '403 forbidden')
  t.is(told(await put('note-bob-1', 'Content-Type: text/plain')), '415 unsupported-media-type')
  t.is(told(await put('note-bob-1', JSON_TYPE)), '400 body-malformed')
})

test('a body that is too large is refused after the token and its scope', async (t) => {
  const api = await startApi(t)
  const body = JSON.stringify({ text: 'a'.repeat(100_000) })
  const post = (line: string[]) => api.send('POST /api/notes', [JSON_TYPE, ...line], body)
  t.is(told(await post([])), '401 no-credentials')
  t.is(told(await post([await api.bearer()])), '403 insufficient-scope')
  const writer = await api.bearer({ scope: 'notes:write' })
  t.is(told(await post([writer])), '413 content-too-large')
})

test('a wrong verb is told only to those who can see the note', async (t) => {
  const api = await startApi(t)
  const reader = await api.bearer({ sub: 'bob', scope: 'notes:read' })
  const patch = (id: string, line: string) => api.send(`PATCH /api/notes/${id}`, [line])
  const allowed = await patch('note-alice-shared', reader)
  t.is(told(allowed), '405 method-not-allowed')
  t.is(headerValue(allowed, 'Allow'), 'GET, HEAD, PUT, DELETE')
  t.is(told(await patch('note-alice-1', reader)), '404 hidden')
  const scopeless = await api.bearer({ sub: 'bob' })
  t.is(told(await patch('note-alice-shared', scopeless)), '404 hidden')
})

test('a wrong verb on a list is 405 with Allow, and no challenge', async (t) => {
  const api = await startApi(t)
  const response = await api.send('DELETE /api/notes', [await api.bearer()])
  t.is(told(response), '405 method-not-allowed')
  t.is(headerValue(response, 'Allow'), 'GET, HEAD, POST')
  t.deepEqual(headerValues(response, 'WWW-Authenticate'), [])
})

test('a refusal of HEAD has the fields of GET, and no body', async (t) => {
  const api = await startApi(t)
  const get = await api.send('GET /api/notes')
  const head = await api.send('HEAD /api/notes')
  t.is(head.status, 401)
  t.is(head.body, '')
  const constant = ({ headers }: RawResponse) =>
    headers.filter(([name]) => !['Date', 'X-Request-Id'].includes(name))
  t.deepEqual(constant(head), constant(get))
})

test('a preflight needs no credentials, and the refusal of the call can be read by the page', async (t) => {
  const api = await startApi(t)
  const origin = 'Origin: http://localhost:5173'
  const asked = ['Access-Control-Request-Method: DELETE']
  const preflight = await api.send('OPTIONS /api/notes/x', [origin, ...asked])
  t.is(preflight.status, 204)
  const refused = await api.send('DELETE /api/notes/x', [origin])
  t.is(told(refused), '401 no-credentials')
  t.is(headerValue(refused, 'Access-Control-Allow-Origin'), 'http://localhost:5173')
  t.regex(headerValue(refused, 'Access-Control-Expose-Headers') ?? '', /WWW-Authenticate/)
})

test('the 401 comes before the body is asked for', async (t) => {
  const api = await startApi(t)
  for (const type of ['text/plain', 'application/json']) {
    const expecting = ['Expect: 100-continue', `Content-Type: ${type}`, 'Content-Length: 10']
    t.is(told(await api.send('POST /api/notes', expecting)), '401 no-credentials')
  }
})
