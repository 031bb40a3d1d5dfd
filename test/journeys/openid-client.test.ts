import test from 'ava'
import * as client from 'openid-client'
import { createPerson, isLogin, WEB } from '../helpers/person.ts'
import { start } from '../helpers/start.ts'

test('openid-client walks the whole way: discovers, signs in, calls, refreshes, is refused a scope, signs out', async (t) => {
  const server = await start(t)
  const config = await client.discovery(
    new URL(server.issuer),
    'web',
    undefined,
    client.ClientSecretBasic('web-secret'),
    { execute: [client.allowInsecureRequests] },
  )
  t.is(config.serverMetadata().issuer, server.issuer)

  const code_verifier = client.randomPKCECodeVerifier()
  const nonce = client.randomNonce()
  const state = client.randomState()
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: WEB.redirectUri,
    scope: 'openid profile email notes:read',
    code_challenge: await client.calculatePKCECodeChallenge(code_verifier),
    code_challenge_method: 'S256',
    nonce,
    state,
  })
  const person = createPerson(server.issuer)
  const landed = await person.answerPages(await person.browser.open(url))
  const tokens = await client.authorizationCodeGrant(config, landed, {
    pkceCodeVerifier: code_verifier,
    expectedNonce: nonce,
    expectedState: state,
    idTokenExpected: true,
  })
  const claims = tokens.claims()
  t.like(claims, { sub: 'alice', email_verified: true, name: 'Alice Liddell' })

  const notes = await client.fetchProtectedResource(
    config,
    tokens.access_token,
    new URL(server.url('/api/notes')),
    'GET',
  )
  t.is(notes.status, 200)
  const info = await client.fetchUserInfo(config, tokens.access_token, 'alice')
  t.is(info.name, 'Alice Liddell')

  const refused = await t.throwsAsync(
    () =>
      client.fetchProtectedResource(
        config,
        tokens.access_token,
        new URL(server.url('/api/notes')),
        'POST',
        JSON.stringify({ text: 'x' }),
        new Headers({ 'content-type': 'application/json' }),
      ),
    { instanceOf: client.WWWAuthenticateChallengeError },
  )
  t.is(refused.status, 403)
  t.like(refused.cause[0], {
    scheme: 'bearer',
    parameters: { error: 'insufficient_scope', scope: 'notes:write' },
  })

  const fresh = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
  t.not(fresh.refresh_token, tokens.refresh_token)
  const reused = await t.throwsAsync(
    () => client.refreshTokenGrant(config, tokens.refresh_token ?? ''),
    { instanceOf: client.ResponseBodyError },
  )
  t.is(reused.error, 'invalid_grant')
  const dead = await t.throwsAsync(
    () =>
      client.fetchProtectedResource(
        config,
        fresh.access_token,
        new URL(server.url('/api/notes')),
        'GET',
      ),
    { instanceOf: client.WWWAuthenticateChallengeError },
  )
  t.like(dead.cause[0]?.parameters, {
    error: 'invalid_token',
    error_description: 'The access token was revoked',
  })

  const out = client.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token ?? '',
    post_logout_redirect_uri: 'http://localhost:3000/',
  })
  const asked = await person.browser.open(out)
  if (!asked.page) return t.fail()
  const { landed: back } = await person.browser.submit(asked.page, {}, ['logout', 'yes'])
  t.is(back?.href, 'http://localhost:3000/')
  const again = await person.browser.open(person.request().url)
  t.true(again.page && isLogin(again.page))
})

test('openid-client refuses an answer whose iss is not ours, and ours passes', async (t) => {
  const server = await start(t)
  const config = await client.discovery(new URL(server.issuer), 'spa', undefined, client.None(), {
    execute: [client.allowInsecureRequests],
  })
  const person = createPerson(server.issuer, {
    id: 'spa',
    redirectUri: 'http://localhost:5173/callback',
  })
  const { landed, pkce } = await person.code({ scope: 'openid' })
  const mixedUp = new URL(landed)
  mixedUp.searchParams.set('iss', 'https://evil.example')
  const checks = { pkceCodeVerifier: pkce.verifier, expectedState: 'the-state' }
  await t.throwsAsync(() => client.authorizationCodeGrant(config, mixedUp, checks))
  const tokens = await client.authorizationCodeGrant(config, landed, checks)
  t.is(tokens.claims()?.sub, 'alice')
})

test('openid-client gets tokens in its own name', async (t) => {
  const server = await start(t)
  const config = await client.discovery(
    new URL(server.issuer),
    'service',
    'service-secret',
    undefined,
    {
      execute: [client.allowInsecureRequests],
    },
  )
  const tokens = await client.clientCredentialsGrant(config, {
    scope: 'notes:read',
    resource: server.url('/api'),
  })
  t.is(tokens.token_type, 'bearer')
  const answer = await client.fetchProtectedResource(
    config,
    tokens.access_token,
    new URL(server.url('/api/whoami')),
    'GET',
  )
  t.like(await answer.json(), { sub: 'service', client_id: 'service', scope: 'notes:read' })
})
