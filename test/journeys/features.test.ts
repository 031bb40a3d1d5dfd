import test from 'ava'
import * as client from 'openid-client'
import { createPerson, WEB } from '../helpers/person.ts'
import { start, type TestServer } from '../helpers/start.ts'

const insecure = { execute: [client.allowInsecureRequests] }

const discover = (server: TestServer, id: string, auth: client.ClientAuth) =>
  client.discovery(new URL(server.issuer), id, undefined, auth, insecure)

const asWeb = (server: TestServer) =>
  discover(server, 'web', client.ClientSecretBasic('web-secret'))

/** Signs in as alice at this address, and redeems what comes back. */
async function signIn(
  server: TestServer,
  config: client.Configuration,
  url: (params: Record<string, string>) => URL | Promise<URL>,
  options: Parameters<typeof client.authorizationCodeGrant>[4] = {},
) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const expectedState = client.randomState()
  const target = await url({
    redirect_uri: WEB.redirectUri,
    scope: 'openid notes:read',
    state: expectedState,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const person = createPerson(server.issuer)
  const landed = await person.answerPages(await person.browser.open(target))
  const checks = { pkceCodeVerifier, expectedState }
  return client.authorizationCodeGrant(config, landed, checks, undefined, options)
}

test('openid-client pushes its request (RFC 9126)', async (t) => {
  const server = await start(t)
  const config = await asWeb(server)
  const tokens = await signIn(server, config, (params) =>
    client.buildAuthorizationUrlWithPAR(config, params),
  )
  t.is(tokens.claims()?.sub, 'alice')
})

test('openid-client signs its request (RFC 9101), and another key is refused', async (t) => {
  const server = await start(t)
  const keys = await client.randomDPoPKeyPair('ES256', { extractable: true })
  const stranger = await client.randomDPoPKeyPair('ES256')
  const jwk = (await crypto.subtle.exportKey('jwk', keys.publicKey)) as Record<string, unknown>
  const { kty, crv, x, y } = jwk as Record<string, string>
  await server.clients.add({
    client_id: 'signer',
    client_secret: 'signer-secret',
    redirect_uris: [WEB.redirectUri],
    jwks: { keys: [{ kty: kty ?? '', crv, x, y, use: 'sig', alg: 'ES256' }] },
  })
  const config = await discover(server, 'signer', client.ClientSecretBasic('signer-secret'))
  const signed = (key: CryptoKeyPair) => (params: Record<string, string>) =>
    client.buildAuthorizationUrlWithJAR(config, params, key.privateKey)
  const tokens = await signIn(server, config, signed(keys))
  t.is(tokens.claims()?.sub, 'alice')
  // What the request says of where to go back to is not to be trusted, so this is a page.
  const forged = await signed(stranger)({ redirect_uri: WEB.redirectUri, scope: 'openid' })
  const { page } = await createPerson(server.issuer).browser.open(forged)
  t.is(page?.status, 400)
  t.regex(page?.text ?? '', /The app’s request could not be verified\./)
})

test('openid-client binds its tokens to a key (RFC 9449), at the token endpoint, the API and userinfo', async (t) => {
  const server = await start(t, { settings: { DPOP_NONCE: 'required' } })
  const config = await asWeb(server)
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
  const tokens = await signIn(server, config, (p) => client.buildAuthorizationUrl(config, p), {
    DPoP,
  })
  t.is(tokens.token_type, 'dpop')
  const call = (options?: client.DPoPOptions) =>
    client.fetchProtectedResource(
      config,
      tokens.access_token,
      new URL(server.url('/api/notes')),
      'GET',
      undefined,
      undefined,
      options,
    )
  t.is((await call({ DPoP })).status, 200)
  t.is((await client.fetchUserInfo(config, tokens.access_token, 'alice', { DPoP })).sub, 'alice')
  const asBearer = await t.throwsAsync(() => call(), {
    instanceOf: client.WWWAuthenticateChallengeError,
  })
  t.like(asBearer.cause[0]?.parameters, {
    error: 'invalid_token',
    error_description: 'The token is bound to a key; use the DPoP scheme',
  })
  const other = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
  const stolen = await t.throwsAsync(() => call({ DPoP: other }), {
    instanceOf: client.WWWAuthenticateChallengeError,
  })
  t.is(
    stolen.cause.find(({ scheme }) => scheme === 'dpop')?.parameters['error_description'],
    'Invalid DPoP key binding',
  )
})

test('openid-client registers itself and signs a person in (RFC 7591)', async (t) => {
  const server = await start(t)
  const config = await client.dynamicClientRegistration(
    new URL(server.issuer),
    { redirect_uris: [WEB.redirectUri], client_name: 'Registered by itself' },
    undefined,
    insecure,
  )
  const tokens = await signIn(server, config, (params) =>
    client.buildAuthorizationUrl(config, params),
  )
  t.is(tokens.claims()?.aud, config.clientMetadata().client_id)
})

test('openid-client exchanges a person’s token for one of the service (RFC 8693): less scope, the same life, the same family', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { access_token: subject } = await person.tokens({ scope: 'openid notes:read notes:write' })
  const config = await discover(server, 'service', client.ClientSecretBasic('service-secret'))
  const exchange = (params: Record<string, string>) =>
    client.genericGrantRequest(config, 'urn:ietf:params:oauth:grant-type:token-exchange', {
      subject_token: subject,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource: server.url('/api'),
      ...params,
    })
  const tokens = await exchange({ scope: 'notes:read' })
  t.is(tokens['issued_token_type'], 'urn:ietf:params:oauth:token-type:access_token')
  const call = (path: string) =>
    client.fetchProtectedResource(config, tokens.access_token, new URL(server.url(path)), 'GET')
  t.like(await (await call('/api/whoami')).json(), {
    sub: 'alice',
    client_id: 'service',
    scope: 'notes:read',
  })
  for (const [params, error] of [
    [{ scope: 'transfers:write' }, 'invalid_scope'],
    [{ resource: 'https://nope' }, 'invalid_target'],
    [{ subject_token: 'nonsense' }, 'invalid_request'],
  ] as const) {
    const refused = await t.throwsAsync(() => exchange(params), {
      instanceOf: client.ResponseBodyError,
    })
    t.is(refused.error, error)
  }
  // What came from a token ends with it.
  await server.families.withdrawConsent('alice', 'web')
  await t.throwsAsync(() => call('/api/whoami'), {
    instanceOf: client.WWWAuthenticateChallengeError,
  })
  await t.throwsAsync(() => exchange({}), { instanceOf: client.ResponseBodyError })
})

test('a transfer is granted in words, and the API holds the token to it (RFC 9396)', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const details = [{ type: 'transfer', amount: 1250, currency: 'EUR', payee: 'bob' }]
  const { url, pkce } = person.request({
    scope: 'openid transfers:write',
    acr_values: 'urn:countersign:mfa',
    authorization_details: JSON.stringify(details),
  })
  let next = await person.browser.open(url)
  while (next.page && !next.page.text.includes('value="deny"')) {
    const { page } = next
    const code = /<code class="copy">(\d{6})</.exec(page.text)?.[1]
    const fields = code ? { code } : { login: 'alice', password: 'wonderland' }
    next = await person.browser.submit(page, fields)
  }
  t.regex(next.page?.text ?? '', /Transfer EUR\s12\.50 to bob/)
  const landed = await person.answerPages(next)
  const { body } = await person.redeem(landed.searchParams.get('code') ?? '', pkce)
  t.deepEqual(body['authorization_details'], details)
  const send = (transfer: object) =>
    fetch(server.url('/api/transfers'), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${body.access_token ?? ''}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(transfer),
    })
  t.is((await send({ to: 'bob', amount: 1250, currency: 'EUR' })).status, 201)
  const more = await send({ to: 'bob', amount: 125_000, currency: 'EUR' })
  t.is(more.status, 403)
  t.is(((await more.json()) as { type: string }).type, server.url('/refusals/transfer-not-granted'))
})
