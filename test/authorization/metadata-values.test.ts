/** Values of the server metadata that no other test uses: claims, secrets in the body, the APIs and the way back from them. */
import test from 'ava'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import { callApi, claimsOf, createPerson, WEB } from '../helpers/person.ts'
import { start, type TestServer } from '../helpers/start.ts'

const insecure = { [oauth.allowInsecureRequests]: true }

async function discovered(server: TestServer): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(server.issuer)
  const response = await oauth.discoveryRequest(issuer, insecure)
  return oauth.processDiscoveryResponse(issuer, response)
}

const ABOUT_ALICE = {
  name: 'Alice Liddell',
  given_name: 'Alice',
  family_name: 'Liddell',
  preferred_username: 'alice',
  picture: 'https://example.com/alice.png',
  email: 'alice@example.com',
  email_verified: true,
  roles: ['member'],
}

test('every claim that the metadata names is given, by its scope at userinfo or in the ID token, and one by one where it is asked for', async (t) => {
  const server = await start(t)
  const { picture } = ABOUT_ALICE
  await server.db.account.update({ where: { sub: 'alice' }, data: { picture } })
  const app = { id: 'told', secret: 'told-secret', redirectUri: WEB.redirectUri }
  await server.clients.add({
    client_id: app.id,
    client_secret: app.secret,
    redirect_uris: [app.redirectUri],
    backchannel_logout_uri: 'http://127.0.0.1:9/signed-out',
    backchannel_logout_session_required: true,
  })
  const person = createPerson(server.issuer, app)
  const { claims_supported: supported = [] } = await discovered(server)

  const wide = await person.tokens({ scope: 'openid profile email roles' })
  const { body: info } = await callApi(server.url('/oauth/userinfo'), wide.access_token)
  const { sub, updated_at, ...about } = info
  t.is(sub, 'alice')
  t.true(Number.isInteger(updated_at))
  t.deepEqual(about, ABOUT_ALICE)

  const wish = Object.fromEntries(supported.map((name) => [name, null]))
  const single = await person.tokens({
    scope: 'openid',
    max_age: '1000',
    claims: JSON.stringify({ id_token: wish }),
  })
  const told = claimsOf(single.id_token)
  t.like(told, { ...ABOUT_ALICE, sub: 'alice', iss: server.issuer, acr: 'urn:countersign:pwd' })
  for (const name of supported) t.not(told[name], undefined, name)
})

test('openid-client sends its secret in the body, at every endpoint where a client has one', async (t) => {
  const server = await start(t)
  const as = (id: string) =>
    client.discovery(
      new URL(server.issuer),
      id,
      undefined,
      client.ClientSecretPost(`${id}-secret`),
      {
        execute: [client.allowInsecureRequests],
      },
    )
  const [web, api, service] = [await as('web'), await as('api'), await as('service')]
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const url = await client.buildAuthorizationUrlWithPAR(web, {
    redirect_uri: WEB.redirectUri,
    scope: 'openid ledger:read',
    resource: server.url('/ledger'),
    state: 'the-state',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const person = createPerson(server.issuer)
  const landed = await person.answerPages(await person.browser.open(url))
  const checks = { pkceCodeVerifier, expectedState: 'the-state' }
  const resource = { resource: server.url('/ledger') }
  const first = await client.authorizationCodeGrant(web, landed, checks, resource)
  const fresh = await client.refreshTokenGrant(web, first.refresh_token ?? '', resource)
  t.true((await client.tokenIntrospection(api, fresh.access_token)).active)
  await client.tokenRevocation(web, fresh.access_token)
  t.false((await client.tokenIntrospection(api, fresh.access_token)).active)
  const own = await client.clientCredentialsGrant(service, { scope: 'notes:read' })
  t.is(own.scope, 'notes:read')
})

test('each API that the metadata names names this server, and scopes that are to be had here (RFC 9728 §4)', async (t) => {
  const server = await start(t)
  const as = await discovered(server)
  const apis = as['protected_resources'] as string[]
  t.is(apis.length, 2)
  for (const api of apis) {
    const resource = new URL(api)
    const document = await oauth.processResourceDiscoveryResponse(
      resource,
      await oauth.resourceDiscoveryRequest(resource, insecure),
    )
    t.deepEqual(document.authorization_servers, [as.issuer])
    for (const scope of document.scopes_supported ?? []) {
      t.true(as.scopes_supported?.includes(scope), scope)
      const person = createPerson(server.issuer)
      const tokens = await person.tokens({ scope, resource: api })
      t.is(tokens.scope, scope)
    }
    t.is((await fetch(document.resource_documentation ?? '')).status, 200)
  }
})
