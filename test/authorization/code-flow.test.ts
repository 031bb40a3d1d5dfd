import test from 'ava'
import {
  createPerson,
  BRIEF,
  claimsOf,
  headerOf,
  callApi,
  post,
  SPA,
  WEB,
} from '../helpers/person.ts'
import { start } from '../helpers/start.ts'

test('a code gives an RFC 9068 access token of five minutes, an RS256 ID token and a refresh token', async (t) => {
  const server = await start(t)
  const tokens = await createPerson(server.issuer).tokens()
  t.is(tokens.token_type, 'Bearer')
  t.is(tokens.expires_in, 300)
  t.deepEqual(tokens.scope.split(' ').sort(), ['notes:read', 'openid', 'profile'])
  const header = headerOf(tokens.access_token)
  t.like(header, { alg: 'ES256', typ: 'at+jwt' })
  const claims = claimsOf(tokens.access_token)
  t.like(claims, {
    iss: server.issuer,
    sub: 'alice',
    client_id: 'web',
    acr: 'urn:countersign:pwd',
  })
  t.deepEqual(claims['aud'], [server.url('/api'), server.url('/oauth/userinfo')])
  t.is(Number(claims['exp']) - Number(claims['iat']), 300)
  for (const name of ['jti', 'grant_id']) t.is(typeof claims[name], 'string', name)
  t.is(typeof claims['auth_time'], 'number')
  t.is(headerOf(tokens.id_token)['alg'], 'RS256')
  t.like(claimsOf(tokens.id_token), {
    iss: server.issuer,
    sub: 'alice',
    aud: 'web',
    name: 'Alice Liddell',
  })
  t.is(typeof tokens.refresh_token, 'string')
})

test('an API scope without `resource` means that API, and the ledger gets opaque tokens', async (t) => {
  const server = await start(t)
  const api = await createPerson(server.issuer).tokens({ scope: 'notes:read' })
  t.is(claimsOf(api.access_token)['aud'], server.url('/api'))
  const ledger = await createPerson(server.issuer).tokens({ scope: 'ledger:read' })
  t.false(ledger.access_token.includes('.'))
  t.is((await callApi(server.url('/ledger/entries'), ledger.access_token)).status, 200)
  t.is((await callApi(server.url('/api/notes'), ledger.access_token)).status, 401)
})

test('every client must use PKCE with S256', async (t) => {
  const server = await start(t)
  for (const app of [WEB, SPA]) {
    const person = createPerson(server.issuer, app)
    const { url } = person.request()
    url.searchParams.delete('code_challenge')
    url.searchParams.delete('code_challenge_method')
    const without = await person.browser.open(url)
    t.is(without.landed?.searchParams.get('error'), 'invalid_request', app.id)
    t.is(without.landed?.searchParams.get('state'), 'the-state')
    t.is(without.landed?.searchParams.get('iss'), server.issuer)
    const plain = await person.browser.open(person.request({ code_challenge_method: 'plain' }).url)
    t.is(plain.landed?.searchParams.get('error'), 'invalid_request', app.id)
  }
})

test('a confidential client may be registered without PKCE, a public one may not', async (t) => {
  const server = await start(t)
  const redirectUri = 'http://localhost:9100/cb'
  const { clientId, clientSecret } = await server.clients.add({
    redirect_uris: [redirectUri],
    require_pkce: false,
  })
  const person = createPerson(server.issuer, {
    id: clientId,
    secret: clientSecret ?? '',
    redirectUri,
  })
  const { url } = person.request({ scope: 'openid' })
  url.searchParams.delete('code_challenge')
  url.searchParams.delete('code_challenge_method')
  const landed = await person.answerPages(await person.browser.open(url))
  const answer = await person.tokenRequest({
    grant_type: 'authorization_code',
    code: landed.searchParams.get('code') ?? '',
    redirect_uri: redirectUri,
  })
  t.is(answer.status, 200)
  await t.throwsAsync(() =>
    server.clients.add({
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'none',
      require_pkce: false,
    }),
  )
})

test('a wrong code_verifier, redirect_uri or client does not get the tokens', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const wrongVerifier = await person.code()
  const verifier = 'a'.repeat(43)
  const first = await person.redeem(wrongVerifier.code, { ...wrongVerifier.pkce, verifier })
  t.deepEqual([first.status, first.body.error], [400, 'invalid_grant'])
  const wrongUri = await person.code()
  const second = await person.redeem(wrongUri.code, wrongUri.pkce, {
    redirect_uri: 'http://localhost:3000/other',
  })
  t.deepEqual([second.status, second.body.error], [400, 'invalid_grant'])
  const wrongClient = await person.code()
  const thief = createPerson(server.issuer, { ...BRIEF })
  const third = await thief.redeem(wrongClient.code, wrongClient.pkce)
  t.deepEqual([third.status, third.body.error], [400, 'invalid_grant'])
})

test('an ID token is ES256 where the client wishes so, and both keys are published', async (t) => {
  const server = await start(t)
  const redirectUri = 'http://localhost:9101/cb'
  const { clientId, clientSecret } = await server.clients.add({
    redirect_uris: [redirectUri],
    id_token_signed_response_alg: 'ES256',
  })
  const app = { id: clientId, secret: clientSecret ?? '', redirectUri }
  const tokens = await createPerson(server.issuer, app).tokens({ scope: 'openid' })
  t.is(headerOf(tokens.id_token)['alg'], 'ES256')
  const { keys } = (await (await fetch(server.url('/oauth/jwks'))).json()) as {
    keys: Record<string, unknown>[]
  }
  t.deepEqual([...new Set(keys.map((key) => key['alg']))].sort(), [
    'ES256',
    'EdDSA',
    'PS256',
    'RS256',
  ])
  for (const key of keys) {
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi']) t.false(secret in key, secret)
  }
})

test('userinfo answers the access token of the API, by the scopes that were granted', async (t) => {
  const server = await start(t)
  const withProfile = await createPerson(server.issuer).tokens({
    scope: 'openid profile notes:read',
  })
  const answer = await callApi(server.url('/oauth/userinfo'), withProfile.access_token)
  t.is(answer.status, 200)
  t.like(answer.body, { sub: 'alice', name: 'Alice Liddell', preferred_username: 'alice' })
  t.false('email' in answer.body)
  const onlyOpenid = await createPerson(server.issuer).tokens({ scope: 'openid email roles' })
  const opaque = await callApi(server.url('/oauth/userinfo'), onlyOpenid.access_token)
  t.like(opaque.body, { sub: 'alice', email_verified: true })
  t.deepEqual(opaque.body['roles'], ['member'])
  const withoutOpenid = await createPerson(server.issuer).tokens({ scope: 'notes:read' })
  const refused = await callApi(server.url('/oauth/userinfo'), withoutOpenid.access_token)
  t.true([401, 403].includes(refused.status))
})

test('a refresh may narrow the scope, not widen it', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const tokens = await person.tokens({ scope: 'openid notes:read notes:write' })
  const narrow = await person.refresh(tokens.refresh_token, { scope: 'notes:read' })
  t.is(narrow.status, 200)
  t.is(claimsOf(narrow.body.access_token ?? '')['scope'], 'notes:read')
  const wide = await person.refresh(narrow.body.refresh_token ?? '', { scope: 'notes:read email' })
  t.deepEqual([wide.status, wide.body.error], [400, 'invalid_scope'])
})

test('client_credentials gives a token in the name of the client, with its own scopes only', async (t) => {
  const server = await start(t)
  const service = { id: 'service', secret: 'service-secret', redirectUri: '' }
  const answer = await post(
    server.url('/oauth/token'),
    { grant_type: 'client_credentials', scope: 'notes:read' },
    service,
  )
  t.is(answer.status, 200)
  t.like(claimsOf(answer.body.access_token ?? ''), {
    sub: 'service',
    client_id: 'service',
    scope: 'notes:read',
    aud: server.url('/api'),
  })
  t.is(answer.body.refresh_token, undefined)
  for (const scope of ['transfers:write', 'notes:read transfers:write', 'nope', 'constructor']) {
    const refused = await post(
      server.url('/oauth/token'),
      { grant_type: 'client_credentials', scope },
      service,
    )
    t.deepEqual([refused.status, refused.body.error], [400, 'invalid_scope'], scope)
  }
})

test('the lifetime of access tokens is the client’s own where it has one', async (t) => {
  const server = await start(t)
  const tokens = await createPerson(server.issuer, BRIEF).tokens()
  t.is(tokens.expires_in, 5)
})

test('a wrong client secret is 401 with a Basic challenge, the same for a client that does not exist', async (t) => {
  const server = await start(t)
  const answers = []
  for (const id of ['web', 'nobody']) {
    answers.push(
      await post(
        server.url('/oauth/token'),
        { grant_type: 'authorization_code', code: 'x', redirect_uri: 'x' },
        { id, secret: 'wrong', redirectUri: '' },
      ),
    )
  }
  for (const { status, headers, body } of answers) {
    t.is(status, 401)
    t.is(headers.get('www-authenticate'), 'Basic realm="as", charset="UTF-8"')
    t.is(headers.get('cache-control'), 'no-store')
    t.deepEqual(body, {
      error: 'invalid_client',
      error_description: 'Client authentication failed',
      error_uri: server.url('/refusals/token-invalid-client'),
    })
  }
})

test('an endpoint of the authorization server answers other verbs with 405 and Allow', async (t) => {
  const server = await start(t)
  for (const [path, allow] of [
    ['/oauth/token', 'POST, OPTIONS'],
    ['/oauth/introspect', 'POST, OPTIONS'],
    ['/oauth/jwks', 'GET, HEAD, OPTIONS'],
  ] as const) {
    const method = path === '/oauth/jwks' ? 'DELETE' : 'GET'
    const response = await fetch(server.url(path), { method })
    t.is(response.status, 405, path)
    t.is(response.headers.get('allow'), allow)
    t.is(
      ((await response.json()) as { type: string }).type,
      server.url('/refusals/method-not-allowed'),
    )
  }
})

test('no client may have the id of a person, as its own tokens would pass for theirs', async (t) => {
  const server = await start(t)
  const fault = await t.throwsAsync(() =>
    server.clients.add({ client_id: 'alice', grant_types: ['client_credentials'] }),
  )
  t.regex(fault.message, /that is the id of a person/)
})
