import test from 'ava'
import type { ExecutionContext } from 'ava'
import { basicCredentials, formRequest } from '../../scripts/kit/client.ts'
import { rowOf, type RefusalId } from '../../src/refusals/catalogue.ts'
import { createPerson } from '../helpers/person.ts'
import { start, type TestServer } from '../helpers/start.ts'

const BASIC = 'Basic realm="as", charset="UTF-8"'
const WEB = { authorization: basicCredentials('web', 'web-secret') }
const SERVICE = { authorization: basicCredentials('service', 'service-secret') }

/** The whole answer of an endpoint for programs: status, challenge, link to the doctor, body, caching. */
async function assertRefused(
  t: ExecutionContext,
  server: TestServer,
  id: RefusalId,
  [path, init]: readonly [path: string, init: RequestInit],
  challenge?: string,
): Promise<void> {
  const response = await fetch(server.url(path), { ...init, redirect: 'manual' })
  const { status, error, description } = rowOf(id)
  t.deepEqual(
    {
      status: response.status,
      challenge: response.headers.get('www-authenticate') ?? undefined,
      caching: response.headers.get('cache-control'),
      type: response.headers.get('content-type'),
      link: response.headers.get('link'),
      body: (await response.json()) as unknown,
    },
    {
      status,
      challenge,
      caching: 'no-store',
      type: 'application/json',
      link: `<${server.url(`/doctor/${response.headers.get('x-request-id') ?? ''}`)}>; rel="help"`,
      body: { error, error_description: description, error_uri: server.url(`/refusals/${id}`) },
    },
    id,
  )
}

const post = (path: string, params: Record<string, string>, headers = {}) =>
  [path, formRequest(params, headers)] as const

const token = (params: Record<string, string>, headers = {}) =>
  post('/oauth/token', params, headers)

const CREDENTIALS = { grant_type: 'client_credentials' }

test('at the token endpoint every refusal has its own words, and a 401 a challenge', async (t) => {
  const server = await start(t)
  for (const [id, request, challenge] of [
    ['token-no-client-auth', token(CREDENTIALS), BASIC],
    ['token-no-client-auth', token({ ...CREDENTIALS, client_id: 'service' }), BASIC],
    ['token-invalid-client', token(CREDENTIALS, { authorization: 'Basic !!' }), BASIC],
    ['token-invalid-client', token(CREDENTIALS, { authorization: 'Bearer x' }), BASIC],
    ['token-invalid-client', token(CREDENTIALS, { authorization: `Basic ${btoa('none')}` }), BASIC],
    [
      'token-invalid-client-body',
      token({ ...CREDENTIALS, client_id: 'service', client_secret: 'x' }),
      BASIC,
    ],
    ['token-multiple-client-auth', token({ ...CREDENTIALS, client_secret: 'x' }, SERVICE)],
    ['token-invalid-request', token({}, SERVICE)],
    ['token-invalid-request', token({ grant_type: 'authorization_code' }, WEB)],
    [
      'token-invalid-request',
      ['/oauth/token', { method: 'POST', body: '{}', headers: { 'content-type': 'text/json' } }],
    ],
    ['token-unauthorized-client', token(CREDENTIALS, WEB)],
    ['token-unsupported-grant-type', token({ grant_type: 'password' }, WEB)],
    ['token-invalid-scope', token({ ...CREDENTIALS, scope: 'nope' }, SERVICE)],
    ['token-invalid-target', token({ ...CREDENTIALS, resource: 'https://nope' }, SERVICE)],
    ['token-dpop-invalid', token(CREDENTIALS, { ...SERVICE, dpop: 'x' })],
    ['token-details-invalid', token({ ...CREDENTIALS, authorization_details: '[]x' }, SERVICE)],
  ] as const) {
    await assertRefused(t, server, id, request, challenge)
  }
})

test('a parameter sent twice is refused', async (t) => {
  const server = await start(t)
  const body = 'grant_type=client_credentials&scope=a&scope=b'
  const headers = { ...SERVICE, 'content-type': 'application/x-www-form-urlencoded' }
  await assertRefused(t, server, 'token-invalid-request', [
    '/oauth/token',
    { method: 'POST', body, headers },
  ])
})

test('the other endpoints where a client authenticates refuse in the same way', async (t) => {
  const server = await start(t)
  const wrong = { authorization: basicCredentials('api', 'wrong') }
  for (const [id, request, challenge] of [
    ['introspect-unauthenticated', post('/oauth/introspect', { token: 'x' }), BASIC],
    ['introspect-unauthenticated', post('/oauth/introspect', { token: 'x' }, wrong), BASIC],
    ['token-no-client-auth', post('/oauth/revoke', { token: 'x' }), BASIC],
    ['token-invalid-client', post('/oauth/revoke', { token: 'x' }, wrong), BASIC],
    ['token-invalid-request', post('/oauth/revoke', {}, WEB)],
    ['token-no-client-auth', post('/oauth/par', {}), BASIC],
    ['par-refused', post('/oauth/par', { request_uri: 'x' }, WEB)],
    ['par-refused', post('/oauth/par', {}, WEB)],
    ['par-request-object', post('/oauth/par', { request: 'x.y.z' }, WEB)],
  ] as const) {
    await assertRefused(t, server, id, request, challenge)
  }
})

test('tokens of another client and tokens of another kind are not revoked', async (t) => {
  const server = await start(t)
  const { access_token, id_token } = await createPerson(server.issuer).tokens()
  const revoke = (one: string, headers: object) => post('/oauth/revoke', { token: one }, headers)
  await assertRefused(t, server, 'revoke-foreign-token', revoke(access_token, SERVICE))
  await assertRefused(t, server, 'revoke-refused', revoke(id_token, WEB))
})

test('a wrong code_verifier burns the code', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { code, pkce } = await person.code()
  const params = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: 'http://localhost:3000/callback',
  }
  const wrong = { ...params, code_verifier: 'w'.repeat(43) }
  await assertRefused(t, server, 'grant-pkce-mismatch', token(wrong, WEB))
  const right = { ...params, code_verifier: pkce.verifier }
  await assertRefused(t, server, 'grant-code-replayed', token(right, WEB))
})

test('a code_verifier without a code_challenge is a request that contradicts itself', async (t) => {
  const server = await start(t)
  const client = { client_id: 'old', client_secret: 'old-secret', require_pkce: false }
  const redirectUri = 'http://localhost:3000/callback'
  await server.clients.add({ ...client, redirect_uris: [redirectUri] })
  const person = createPerson(server.issuer, { id: 'old', secret: 'old-secret', redirectUri })
  const { code } = await person.code({ code_challenge: '', code_challenge_method: '' })
  const params = { grant_type: 'authorization_code', code, redirect_uri: redirectUri }
  const headers = { authorization: basicCredentials('old', 'old-secret') }
  const withVerifier = token({ ...params, code_verifier: 'v'.repeat(43) }, headers)
  await assertRefused(t, server, 'token-invalid-request', withVerifier)
  const response = await fetch(server.url('/oauth/token'), formRequest(params, headers))
  t.is(response.status, 200, 'and the code is as good as before')
})

test('two Authorization headers are one too many for a client too', async (t) => {
  const server = await start(t)
  const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded' })
  const { request } = await import('node:http')
  const status = await new Promise((resolve, reject) => {
    const sent = request(server.url('/oauth/token'), { method: 'POST' }, ({ statusCode }) =>
      resolve(statusCode),
    ).on('error', reject)
    sent.setHeaders(headers)
    sent.setHeader('authorization', [SERVICE.authorization, WEB.authorization])
    sent.end('grant_type=client_credentials')
  })
  t.is(status, 400)
})

test('ten wrong secrets are all a client is given in five minutes, from one address', async (t) => {
  const server = await start(t)
  const guess = { authorization: basicCredentials('service', 'guess') }
  for (let i = 0; i < 10; i++) {
    await assertRefused(t, server, 'token-invalid-client', token(CREDENTIALS, guess), BASIC)
  }
  for (const headers of [SERVICE, guess]) {
    const [path, init] = token(CREDENTIALS, headers)
    const response = await fetch(server.url(path), init)
    t.is(response.status, 429)
    t.regex(response.headers.get('retry-after') ?? '', /^\d+$/)
    t.is(response.headers.get('www-authenticate'), null)
    const { type } = (await response.json()) as { type: string }
    t.is(type, server.url('/refusals/login-throttled'))
  }
  const [path, init] = token(CREDENTIALS, WEB)
  t.is((await fetch(server.url(path), init)).status, 400, 'another client is not concerned')
})

const json = (body: unknown, headers = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

const statement = ['{"alg":"ES256"}', '{"iss":"x"}', 'x']
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.')

test('what cannot be registered is refused by what is wrong with it', async (t) => {
  const server = await start(t)
  const good = { redirect_uris: ['https://app.example/cb'] }
  for (const [id, body] of [
    ['dcr-refused', []],
    ['dcr-redirect-uri-refused', {}],
    ['dcr-redirect-uri-refused', { redirect_uris: ['http://app.example/cb'] }],
    ['dcr-redirect-uri-refused', { redirect_uris: ['https://app.example/cb#x'] }],
    ['dcr-redirect-uri-refused', { redirect_uris: ['https://app.example/a\tb'] }],
    ['dcr-redirect-uri-refused', { redirect_uris: ['https://app.example/\r\nX: y'] }],
    ['dcr-metadata-refused', { ...good, grant_types: ['password'] }],
    ['dcr-metadata-refused', { ...good, audiences: [server.url('/api')] }],
    ['dcr-metadata-refused', { ...good, require_pkce: false }],
    ['dcr-metadata-refused', { ...good, access_token_ttl: 86_401 }],
    ['dcr-metadata-refused', { ...good, access_token_ttl: 0 }],
    ['dcr-statement-refused', { ...good, software_statement: 'x' }],
    ['dcr-statement-unapproved', { ...good, software_statement: statement }],
  ] as const) {
    await assertRefused(t, server, id, ['/oauth/register', json(body)])
  }
  t.is(await server.db.client.count({ where: { seeded: false } }), 0)
})

test('a registration is managed with its own token, and is gone after its end', async (t) => {
  const server = await start(t)
  const created = await fetch(
    server.url('/oauth/register'),
    json({ redirect_uris: ['https://app.example/cb'], client_name: 'App' }),
  )
  t.is(created.status, 201)
  const client = (await created.json()) as Record<string, string>
  const path = new URL(client['registration_client_uri'] ?? '').pathname
  const own = { headers: { authorization: `Bearer ${client['registration_access_token'] ?? ''}` } }
  const read = await fetch(server.url(path), own)
  t.is(read.status, 200)
  const body = (await read.json()) as Record<string, unknown>
  t.deepEqual([body['client_name'], 'client_secret' in body], ['App', false])

  const bearer = (id: RefusalId) =>
    `Bearer realm="as", error="invalid_token", error_description="${rowOf(id).description}", error_uri="${server.url(`/refusals/${id}`)}"`
  const wrong = { headers: { authorization: 'Bearer wrong' } }
  await assertRefused(t, server, 'dcr-token-refused', [path, wrong], bearer('dcr-token-refused'))
  const none = await fetch(server.url(path))
  t.deepEqual([none.status, none.headers.get('www-authenticate')], [401, 'Bearer realm="as"'])

  t.is((await fetch(server.url(path), { ...own, method: 'DELETE' })).status, 204)
  await assertRefused(t, server, 'registration-gone', [path, own], bearer('registration-gone'))
})
