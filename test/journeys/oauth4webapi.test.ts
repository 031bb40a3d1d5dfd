import test from 'ava'
import * as oauth from 'oauth4webapi'
import { callApi, createPerson, SPA } from '../helpers/person.ts'
import { start } from '../helpers/start.ts'

const insecure = { [oauth.allowInsecureRequests]: true }

test('from a bare 401 oauth4webapi finds the way to the tokens, and its validator accepts ours', async (t) => {
  const server = await start(t)
  const api = new URL(server.url('/api'))
  const challenge = await t.throwsAsync(
    async () =>
      oauth.protectedResourceRequest(
        'none',
        'GET',
        new URL(server.url('/api/notes')),
        undefined,
        undefined,
        insecure,
      ),
    { instanceOf: oauth.WWWAuthenticateChallengeError },
  )
  t.is(challenge.status, 401)
  const metadataUrl = challenge.cause[0]?.parameters.resource_metadata
  t.is(metadataUrl, server.url('/.well-known/oauth-protected-resource/api'))

  const resource = await oauth.processResourceDiscoveryResponse(
    api,
    await oauth.resourceDiscoveryRequest(api, insecure),
  )
  const issuer = new URL(resource.authorization_servers?.[0] ?? '')
  const as = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { ...insecure, algorithm: 'oauth2' }),
  )

  const client: oauth.Client = { client_id: SPA.id }
  const person = createPerson(server.issuer, SPA)
  const { landed, pkce } = await person.code({ scope: 'openid notes:read', nonce: 'the-nonce' })
  const params = oauth.validateAuthResponse(as, client, landed, 'the-state')
  const answer = await oauth.authorizationCodeGrantRequest(
    as,
    client,
    oauth.None(),
    params,
    SPA.redirectUri,
    pkce.verifier,
    insecure,
  )
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer, {
    expectedNonce: 'the-nonce',
    requireIdToken: true,
  })
  t.is(oauth.getValidatedIdTokenClaims(tokens)?.sub, 'alice')

  const request = new Request(server.url('/api/notes'), {
    headers: { authorization: `Bearer ${tokens.access_token}` },
  })
  const claims = await oauth.validateJwtAccessToken(as, request, api.href, insecure)
  t.like(claims, { sub: 'alice', client_id: 'spa' })
  t.is((await callApi(request.url, tokens.access_token)).status, 200)

  const refreshed = await oauth.processRefreshTokenResponse(
    as,
    client,
    await oauth.refreshTokenGrantRequest(
      as,
      client,
      oauth.None(),
      tokens.refresh_token ?? '',
      insecure,
    ),
  )
  const revoked = await oauth.revocationRequest(
    as,
    client,
    oauth.None(),
    refreshed.access_token,
    insecure,
  )
  await oauth.processRevocationResponse(revoked)
  t.is((await callApi(request.url, refreshed.access_token)).status, 401)
})

test('oauth4webapi introspects as the API does', async (t) => {
  const server = await start(t)
  const issuer = new URL(server.issuer)
  const as = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, insecure),
  )
  const client: oauth.Client = { client_id: 'api' }
  const tokens = await createPerson(server.issuer).tokens({ scope: 'ledger:read' })
  const response = await oauth.introspectionRequest(
    as,
    client,
    oauth.ClientSecretPost('api-secret'),
    tokens.access_token,
    insecure,
  )
  const answer = await oauth.processIntrospectionResponse(as, client, response)
  t.like(answer, { active: true, client_id: 'web', scope: 'ledger:read' })
})
