/** DPoP from the pushed request to the refreshed token (RFC 9449), with a nonce asked for everywhere, by clients of others. */
import test from 'ava'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import { callApi, claimsOf, createPerson, post, SPA } from '../helpers/person.ts'
import { start, type TestServer } from '../helpers/start.ts'

const nonces = { settings: { DPOP_NONCE: 'required' } }

const API = { id: 'api', secret: 'api-secret', redirectUri: '' }

/** The key that a token is bound to, as the API is told of it. */
async function boundTo(server: TestServer, token: string): Promise<unknown> {
  const { body } = await post(server.url('/oauth/introspect'), { token }, API)
  if (body['token_type'] !== 'DPoP') throw new Error(JSON.stringify(body))
  return (body['cnf'] as { jkt?: string } | undefined)?.jkt
}

for (const [what, scope, path] of [
  ['a JWT', 'openid notes:read', '/api/notes'],
  ['an opaque token', 'openid ledger:read', '/ledger/entries'],
] as const) {
  test(`openid-client pushes with a proof, and is given ${what} and a refresh token of a public client, both of use with its key alone`, async (t) => {
    const server = await start(t, nonces)
    const config = await client.discovery(
      new URL(server.issuer),
      SPA.id,
      undefined,
      client.None(),
      {
        execute: [client.allowInsecureRequests],
      },
    )
    const keys = await client.randomDPoPKeyPair('ES256')
    const DPoP = client.getDPoPHandle(config, keys)
    const jkt = await DPoP.calculateThumbprint()
    const pkceCodeVerifier = client.randomPKCECodeVerifier()
    const asked = {
      redirect_uri: SPA.redirectUri,
      scope,
      state: 'the-state',
      ...(path.startsWith('/ledger') && { resource: server.url('/ledger') }),
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    }
    const url = await client.buildAuthorizationUrlWithPAR(config, asked, { DPoP })
    t.deepEqual([...url.searchParams.keys()].toSorted(), ['client_id', 'request_uri'])
    const person = createPerson(server.issuer, SPA)
    const landed = await person.answerPages(await person.browser.open(url))
    const checks = { pkceCodeVerifier, expectedState: 'the-state' }
    const resource = path.startsWith('/ledger') ? { resource: server.url('/ledger') } : {}
    const tokens = await client.authorizationCodeGrant(config, landed, checks, resource, { DPoP })
    t.is(tokens.token_type, 'dpop')

    const call = (token: string, options?: client.DPoPOptions) =>
      client.fetchProtectedResource(
        ...([
          config,
          token,
          new URL(server.url(path)),
          'GET',
          undefined,
          undefined,
          options,
        ] as const),
      )
    const other = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
    const refresh = (options?: client.DPoPOptions) =>
      client.refreshTokenGrant(config, tokens.refresh_token ?? '', resource, options)
    for (const options of [undefined, { DPoP: other }]) {
      await t.throwsAsync(call(tokens.access_token, options), {
        instanceOf: client.WWWAuthenticateChallengeError,
      })
      const refused = await t.throwsAsync(refresh(options), {
        instanceOf: client.ResponseBodyError,
      })
      t.true(['invalid_grant', 'invalid_dpop_proof'].includes(refused.error), refused.error)
    }
    t.is((await call(tokens.access_token, { DPoP })).status, 200)
    t.is(await boundTo(server, tokens.access_token), jkt)
    // Nobody else's attempt used the refresh token up.
    const fresh = await refresh({ DPoP })
    t.is(fresh.token_type, 'dpop')
    t.is(await boundTo(server, fresh.access_token), jkt)
    t.is((await call(fresh.access_token, { DPoP })).status, 200)
    t.is((await callApi(server.url(path), fresh.access_token)).status, 401)
  })
}

test('oauth4webapi does the same, and keeps the nonces of both servers', async (t) => {
  const server = await start(t, nonces)
  const insecure = { [oauth.allowInsecureRequests]: true }
  const issuer = new URL(server.issuer)
  const as = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, insecure),
  )
  const app: oauth.Client = { client_id: SPA.id }
  const DPoP = oauth.DPoP(app, await oauth.generateKeyPair('ES256'))
  let told = 0
  /** Once more, when a server says which nonce it wants. */
  const patient = async <Result>(attempt: () => Promise<Result>): Promise<Result> =>
    attempt().catch((error: unknown) => {
      if (!oauth.isDPoPNonceError(error)) throw error
      told++
      return attempt()
    })
  const options = { ...insecure, DPoP }
  const verifier = oauth.generateRandomCodeVerifier()
  const params = new URLSearchParams({
    response_type: 'code',
    client_id: SPA.id,
    redirect_uri: SPA.redirectUri,
    scope: 'openid notes:read',
    state: 'the-state',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  const pushed = await patient(async () =>
    oauth.processPushedAuthorizationResponse(
      as,
      app,
      await oauth.pushedAuthorizationRequest(as, app, oauth.None(), params, options),
    ),
  )
  const url = new URL(as.authorization_endpoint ?? '')
  url.search = new URLSearchParams({
    client_id: SPA.id,
    request_uri: pushed.request_uri,
  }).toString()
  const person = createPerson(server.issuer, SPA)
  const landed = await person.answerPages(await person.browser.open(url))
  const answer = oauth.validateAuthResponse(as, app, landed, 'the-state')
  const tokens = await patient(async () =>
    oauth.processAuthorizationCodeResponse(
      as,
      app,
      await oauth.authorizationCodeGrantRequest(
        ...([as, app, oauth.None(), answer, SPA.redirectUri, verifier, options] as const),
      ),
    ),
  )
  t.is(tokens.token_type, 'dpop')
  t.deepEqual(claimsOf(tokens.access_token)['cnf'], { jkt: await DPoP.calculateThumbprint() })
  const fresh = await patient(async () =>
    oauth.processRefreshTokenResponse(
      as,
      app,
      await oauth.refreshTokenGrantRequest(
        ...([as, app, oauth.None(), tokens.refresh_token ?? '', options] as const),
      ),
    ),
  )
  t.is(told, 1, 'the authorization server had to say it once')
  const called = await patient(async () =>
    oauth.protectedResourceRequest(
      fresh.access_token,
      'GET',
      new URL(server.url('/api/notes')),
      undefined,
      undefined,
      options,
    ),
  )
  t.deepEqual([called.status, told], [200, 2])
})
