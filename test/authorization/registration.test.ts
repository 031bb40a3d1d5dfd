import test from 'ava'
import { createPerson, post, type App } from '../helpers/person.ts'
import { start, type TestServer } from '../helpers/start.ts'

type Registered = Record<string, string> & { client_id: string; client_secret: string }

const REDIRECT_URI = 'http://localhost:3000/callback'

async function send(url: string, body: object, token?: string) {
  const response = await fetch(url, {
    method: token === undefined ? 'POST' : 'PUT',
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Registered }
}

const register = (server: TestServer, metadata: object) =>
  send(server.url('/oauth/register'), {
    redirect_uris: [REDIRECT_URI],
    grant_types: ['authorization_code', 'refresh_token'],
    ...metadata,
  })

const appOf = ({ client_id: id, client_secret: secret }: Registered): App => ({
  ...{ id, secret },
  redirectUri: REDIRECT_URI,
})

test('a client registers scopes of APIs beside those of OpenID Connect, and asks for no others (RFC 7591 §2)', async (t) => {
  const server = await start(t)
  const { status, body } = await register(server, { scope: 'openid profile notes:read' })
  t.is(status, 201)
  t.is(body['scope'], 'openid profile notes:read')
  const person = createPerson(server.issuer, appOf(body))
  const { scope } = await person.tokens({ scope: 'openid profile notes:read notes:write' })
  t.is(scope, 'openid profile notes:read')
  const refused = await person.code({ scope: 'openid email notes:read' })
  t.is(refused.landed.searchParams.get('error'), 'invalid_scope')
})

test('a client that registers no scope of an API is given none, and one that registers no scope may ask for all', async (t) => {
  const server = await start(t)
  const { body: closed } = await register(server, { scope: 'openid profile' })
  t.is(closed['scope'], 'openid profile')
  const { scope } = await createPerson(server.issuer, appOf(closed)).tokens()
  t.is(scope, 'openid profile')
  const { body: open } = await register(server, {})
  t.false('scope' in open)
  t.is((await createPerson(server.issuer, appOf(open)).tokens()).scope, 'openid profile notes:read')
})

test('a program registers scopes of APIs alone, and a scope that nobody has is refused', async (t) => {
  const server = await start(t)
  const program = {
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    scope: 'notes:read',
  }
  const { status, body } = await register(server, program)
  t.is(status, 201)
  t.is(body['scope'], 'notes:read')
  const ask = (scope: string) =>
    post(server.url('/oauth/token'), { grant_type: 'client_credentials', scope }, appOf(body))
  t.is((await ask('notes:read')).status, 200)
  t.is((await ask('notes:write')).body.error, 'invalid_scope')
  const unknown = await register(server, { ...program, scope: 'notes:raed' })
  t.deepEqual([unknown.status, unknown.body['error']], [400, 'invalid_client_metadata'])
})

test('a registration that is read and sent back with another scope is changed to it (RFC 7592 §2.2)', async (t) => {
  const server = await start(t)
  const { body } = await register(server, { scope: 'openid notes:read notes:write' })
  const { registration_client_uri: uri = '', registration_access_token: token = '' } = body
  const read = await fetch(uri, { headers: { authorization: `Bearer ${token}` } })
  const known = (await read.json()) as Registered
  t.is(known['scope'], 'openid notes:read notes:write')
  const { registration_access_token, registration_client_uri, client_id_issued_at, ...own } = known
  t.truthy([registration_access_token, registration_client_uri, client_id_issued_at])
  delete own['client_secret_expires_at']
  const changed = await send(uri, { ...own, scope: 'openid notes:read' }, token)
  t.deepEqual([changed.status, changed.body['scope']], [200, 'openid notes:read'])
  const { scope } = await createPerson(server.issuer, appOf(body)).tokens({
    scope: 'openid notes:read notes:write',
  })
  t.is(scope, 'openid notes:read')
  // Nothing else in what was read says the same once more.
  const none = await send(uri, { ...own, scope: 'openid' }, token)
  t.deepEqual([none.status, none.body['scope']], [200, 'openid'])
  const after = await createPerson(server.issuer, appOf(body)).tokens({
    scope: 'openid notes:read',
  })
  t.is(after.scope, 'openid')
})

test('a client that registers scopes of APIs alone is told that it has openid too, and has no more', async (t) => {
  const server = await start(t)
  const { body } = await register(server, { scope: 'notes:read' })
  t.is(body['scope'], 'openid notes:read')
  const person = createPerson(server.issuer, appOf(body))
  const refused = await person.code({ scope: 'openid email notes:read' })
  t.is(refused.landed.searchParams.get('error'), 'invalid_scope')
  t.is((await person.tokens({ scope: 'openid notes:read' })).scope, 'openid notes:read')
})
