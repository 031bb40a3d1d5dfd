import test from 'ava'
import { headerValue, headerValues } from '../helpers/raw-http.ts'
import { assertInvalidToken } from './answers.ts'
import { startApi } from './api.ts'
import type { Api } from './api.ts'

test('whoami tells what the token says', async (t) => {
  const api = await startApi(t)
  const issuedAt = api.clock.seconds()
  const claims = { acr: 'urn:example:pwd', auth_time: issuedAt - 5, cnf: { kid: 'x' }, secret: 1 }
  const response = await api.whoami(await api.bearer({ scope: 'notes:read', claims }))
  t.is(headerValue(response, 'Content-Type'), 'application/json; charset=utf-8')
  t.is(headerValue(response, 'Cache-Control'), 'no-store')
  t.deepEqual(JSON.parse(response.body), {
    sub: 'alice',
    client_id: 'web',
    scope: 'notes:read',
    aud: `${api.issuer}/api`,
    exp: issuedAt + 300,
    acr: 'urn:example:pwd',
    auth_time: issuedAt - 5,
    cnf: { kid: 'x' },
  })
})

test('whoami takes any good token, and leaves out what it does not say', async (t) => {
  const api = await startApi(t)
  const response = await api.whoami(await api.bearer({ sub: 'service', clientId: 'service' }))
  t.deepEqual(Object.keys(JSON.parse(response.body) as object), [
    'sub',
    'client_id',
    'scope',
    'aud',
    'exp',
  ])
})

test('HEAD has the fields of GET', async (t) => {
  const api = await startApi(t)
  const bearer = await api.bearer()
  const get = await api.whoami(bearer)
  const head = await api.send('HEAD /api/whoami', [bearer])
  t.is(head.status, 200)
  t.is(head.body, '')
  t.is(headerValue(head, 'Content-Length'), headerValue(get, 'Content-Length'))
})

for (const [accept, status] of [
  ['application/json', 200],
  ['*/*', 200],
  ['text/html, */*;q=0.1', 200],
  ['application/*', 200],
  ['image/png', 406],
  ['application/json;q=0', 406],
] as const) {
  test(`${status} when the caller accepts ${accept}`, async (t) => {
    const api = await startApi(t)
    t.is((await api.whoami(await api.bearer(), `Accept: ${accept}`)).status, status)
  })
}

for (const [key, id] of [
  ['jti:one', 'token-revoked'],
  ['grant:family', 'token-revoked'],
  ['client:web', 'token-revoked'],
  ['account:alice', 'token-revoked'],
] as const) {
  test(`what is denied by ${key} is revoked, at the very next call`, async (t) => {
    const api = await startApi(t)
    const bearer = await api.bearer({ claims: { jti: 'one', grant_id: 'family' } })
    t.is((await api.whoami(bearer)).status, 200)
    api.world.denied.set(key, 'revoked')
    const response = await api.whoami(bearer)
    assertInvalidToken(t, api, response, id, 'The access token was revoked')
  })
}

test('a disabled person is told apart in the catalogue, not in the words', async (t) => {
  const api = await startApi(t)
  api.world.denied.set('account:alice', 'disabled')
  const response = await api.whoami(await api.bearer())
  assertInvalidToken(t, api, response, 'token-subject-disabled', 'The access token was revoked')
})

const TOKEN = 'b3BhcXVlLXRva2Vu'
const BEARER = `Authorization: Bearer ${TOKEN}`

function introspects(api: Api, answer: object): void {
  api.world.introspection.set(TOKEN, {
    active: true,
    sub: 'alice',
    client_id: 'web',
    scope: 'ledger:read',
    aud: `${api.issuer}/ledger`,
    exp: api.clock.seconds() + 300,
    token_type: 'Bearer',
    jti: TOKEN,
    ...answer,
  })
}

test('the ledger shows people their own entries', async (t) => {
  const api = await startApi(t)
  introspects(api, {})
  const response = await api.send('GET /ledger/entries?limit=2', [BEARER])
  const booked_at = '2026-01-02T03:04:05.000Z'
  t.deepEqual(JSON.parse(response.body), {
    entries: [
      { id: 'entry-1', text: 'Opening balance', amount: 10_000, currency: 'EUR', booked_at },
      { id: 'entry-2', text: 'Tea', amount: -450, currency: 'EUR', booked_at },
    ],
  })
})

for (const [what, answer, status, id] of [
  ['is not active', { active: false }, 401, 'token-unknown'],
  ['is for another resource', { aud: 'https://other.example' }, 401, 'token-wrong-audience'],
  ['names no resource, as a refresh token', { aud: undefined }, 401, 'token-wrong-audience'],
  ['is of another type', { token_type: 'N_A' }, 401, 'token-wrong-typ'],
  ['has expired meanwhile', { exp: 1 }, 401, 'token-expired'],
  ['comes from the future', { iat: 4e9, exp: 4e9 + 1 }, 401, 'token-not-yet-valid'],
  ['has no client', { client_id: undefined }, 401, 'token-claims-invalid'],
  ['has an exp of text', { exp: 'soon' }, 401, 'token-claims-invalid'],
  ['has a sub of a number', { sub: 1 }, 401, 'token-claims-invalid'],
  ['lacks the scope', { scope: 'notes:read' }, 403, 'insufficient-scope'],
  ['tells no expiry', { exp: undefined }, 200, ''],
  ['belongs to a client', { sub: undefined }, 200, ''],
  ['tells no type', { token_type: undefined }, 200, ''],
  ['is for several resources', (issuer: string) => ({ aud: ['x', `${issuer}/ledger`] }), 200, ''],
] as const) {
  test(`an opaque token that ${what}: ${status} ${id}`, async (t) => {
    const api = await startApi(t)
    introspects(api, typeof answer === 'function' ? answer(api.issuer) : answer)
    const response = await api.send('GET /ledger/entries', [BEARER])
    t.is(response.status, status)
    t.is(/\/refusals\/([a-z-]+)"/.exec(response.body)?.[1] ?? '', id)
  })
}

for (const key of ['grant:family', 'account:alice', 'client:web']) {
  test(`an opaque token is stopped by ${key}`, async (t) => {
    const api = await startApi(t)
    introspects(api, { grant_id: 'family' })
    t.is((await api.send('GET /ledger/entries', [BEARER])).status, 200)
    api.world.denied.set(key, 'revoked')
    t.is((await api.send('GET /ledger/entries', [BEARER])).status, 401)
  })
}

test('a JWT of the other API opens no ledger, whatever it says', async (t) => {
  const api = await startApi(t)
  const bearer = await api.bearer({ scope: 'ledger:read', audience: `${api.issuer}/ledger` })
  t.is((await api.send('GET /ledger/entries', [bearer])).status, 401)
})

test('the ledger has a realm and metadata of its own', async (t) => {
  const api = await startApi(t)
  const response = await api.send('GET /ledger/entries')
  t.deepEqual(headerValues(response, 'WWW-Authenticate'), [
    `Bearer realm="ledger", scope="ledger:read", resource_metadata="${api.issuer}/.well-known/oauth-protected-resource/ledger"`,
    `DPoP realm="ledger", scope="ledger:read", algs="ES256 EdDSA", resource_metadata="${api.issuer}/.well-known/oauth-protected-resource/ledger"`,
  ])
})

test('each API describes itself where its challenges say', async (t) => {
  const api = await startApi(t)
  const read = async (path: string) => {
    const response = await api.send(`GET /.well-known/oauth-protected-resource/${path}`)
    t.is(headerValue(response, 'Content-Type'), 'application/json; charset=utf-8')
    return JSON.parse(response.body) as unknown
  }
  t.deepEqual(await read('api'), {
    resource: `${api.issuer}/api`,
    authorization_servers: [api.issuer],
    scopes_supported: ['notes:read', 'notes:write', 'transfers:write'],
    bearer_methods_supported: ['header', 'body'],
    dpop_signing_alg_values_supported: ['ES256', 'EdDSA'],
    resource_name: 'Notes',
    resource_documentation: `${api.issuer}/`,
  })
  t.deepEqual(await read('ledger'), {
    resource: `${api.issuer}/ledger`,
    authorization_servers: [api.issuer],
    scopes_supported: ['ledger:read'],
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: ['ES256', 'EdDSA'],
    resource_name: 'Ledger',
    resource_documentation: `${api.issuer}/`,
  })
})
