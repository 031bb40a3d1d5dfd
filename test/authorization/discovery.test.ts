import { existsSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT } from 'jose'
import * as client from 'openid-client'
import { claimsOf, createPerson, WEB } from '../helpers/person.ts'
import { PRODUCTION_ISSUER, productionFetch, startProduction } from '../helpers/production.ts'
import { start } from '../helpers/start.ts'

type Member = [name: string, value: unknown, shownBy: string]

const CLIENT_DOCUMENTS = 'client_id_metadata_document_supported'

/** Every member of the server metadata, its value on a local server, and the test that uses what it promises. */
const metadata = (issuer: string): Member[] => [
  ['issuer', issuer, 'journeys/openid-client'],
  ['authorization_endpoint', `${issuer}/oauth/authorize`, 'journeys/openid-client'],
  ['token_endpoint', `${issuer}/oauth/token`, 'journeys/openid-client'],
  ['userinfo_endpoint', `${issuer}/oauth/userinfo`, 'journeys/openid-client'],
  ['jwks_uri', `${issuer}/oauth/jwks`, 'authorization/jarm'],
  ['introspection_endpoint', `${issuer}/oauth/introspect`, 'authorization/introspection'],
  ['revocation_endpoint', `${issuer}/oauth/revoke`, 'authorization/introspection'],
  ['end_session_endpoint', `${issuer}/oauth/logout`, 'authorization/sign-out'],
  ['registration_endpoint', `${issuer}/oauth/register`, 'journeys/features'],
  [CLIENT_DOCUMENTS, true, 'authorization/client-documents'],
  ['pushed_authorization_request_endpoint', `${issuer}/oauth/par`, 'journeys/features'],
  ['device_authorization_endpoint', `${issuer}/oauth/device`, 'journeys/device'],
  ['backchannel_logout_supported', true, 'authorization/backchannel'],
  ['backchannel_logout_session_supported', true, 'authorization/backchannel'],
  ['prompt_values_supported', ['none', 'login', 'consent'], 'authorization/prompt'],

  [
    'scopes_supported',
    [
      ...['openid', 'profile', 'email', 'roles', 'offline_access'],
      ...['notes:read', 'notes:write', 'transfers:write', 'ledger:read'],
    ],
    'authorization/consent',
  ],
  [
    'claims_supported',
    [
      ...['sub', 'name', 'given_name', 'family_name', 'preferred_username', 'picture'],
      ...['updated_at', 'email', 'email_verified', 'roles', 'acr', 'sid', 'auth_time', 'iss'],
    ],
    'authorization/metadata-values',
  ],
  ['claims_parameter_supported', true, 'authorization/claims-parameter'],
  ['claim_types_supported', ['normal'], 'authorization/claims-parameter'],
  ['acr_values_supported', ['urn:countersign:pwd', 'urn:countersign:mfa'], 'authorization/step-up'],
  ['subject_types_supported', ['public'], 'journeys/openid-client'],
  ['authorization_details_types_supported', ['transfer'], 'authorization/rich-authorization'],
  ['protected_resources', [`${issuer}/api`, `${issuer}/ledger`], 'authorization/metadata-values'],

  ['response_types_supported', ['code'], 'authorization/code-flow'],
  [
    'response_modes_supported',
    ['form_post', 'fragment', 'query', 'jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt'],
    'authorization/jarm',
  ],
  ['authorization_response_iss_parameter_supported', true, 'journeys/openid-client'],
  ['code_challenge_methods_supported', ['S256'], 'authorization/code-flow'],
  [
    'grant_types_supported',
    [
      ...['authorization_code', 'refresh_token', 'client_credentials'],
      'urn:ietf:params:oauth:grant-type:device_code',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ],
    'journeys/features',
  ],
  [
    'token_endpoint_auth_methods_supported',
    ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    'authorization/private-key-jwt',
  ],

  // Each of these algorithms is used by the test that is named, or below.
  [
    'token_endpoint_auth_signing_alg_values_supported',
    ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'],
    'authorization/private-key-jwt',
  ],
  [
    'id_token_signing_alg_values_supported',
    ['RS256', 'ES256', 'PS256', 'EdDSA'],
    'authorization/discovery',
  ],
  [
    'authorization_signing_alg_values_supported',
    ['RS256', 'ES256', 'PS256', 'EdDSA'],
    'authorization/jarm',
  ],
  [
    'introspection_signing_alg_values_supported',
    ['RS256', 'ES256', 'PS256', 'EdDSA'],
    'authorization/jwt-introspection',
  ],
  ['dpop_signing_alg_values_supported', ['ES256', 'EdDSA'], 'resource/dpop-clients'],
  ['request_parameter_supported', true, 'journeys/features'],
  ['request_uri_parameter_supported', false, 'lab/every-refusal'],
  [
    'request_object_signing_alg_values_supported',
    ['ES256', 'RS256', 'PS256', 'EdDSA'],
    'authorization/discovery',
  ],
]

/** Lists of metadata are sets; that of the algorithms follows the order of the keys. */
const sorted = (value: unknown): unknown =>
  Array.isArray(value) ? (value as string[]).toSorted() : value

const documents = ['openid-configuration', 'oauth-authorization-server']

for (const name of documents) {
  test(`${name} says what there is, member by member, and nothing more`, async (t) => {
    const server = await start(t)
    const response = await fetch(server.url(`/.well-known/${name}`))
    t.is(response.status, 200)
    t.is(response.headers.get('cache-control'), 'public, max-age=60')
    const document = (await response.json()) as Record<string, unknown>
    const members = metadata(server.issuer)
    for (const [member, value] of members) {
      t.deepEqual(sorted(document[member]), sorted(value), member)
    }
    t.deepEqual(Object.keys(document).toSorted(), members.map(([member]) => member).toSorted())
  })
}

for (const name of documents) {
  test(`in production ${name} says the same of its https issuer, and nothing more`, async (t) => {
    const server = await startProduction(t)
    const get = productionFetch(server)
    const response = await get(`${PRODUCTION_ISSUER}/.well-known/${name}`)
    const document = (await response.json()) as Record<string, unknown>
    // No stranger's web page is a client there, unless the operator says so.
    const members = metadata(PRODUCTION_ISSUER).filter(([member]) => member !== CLIENT_DOCUMENTS)
    for (const [member, value] of members) {
      t.deepEqual(sorted(document[member]), sorted(value), member)
    }
    t.deepEqual(Object.keys(document).toSorted(), members.map(([member]) => member).toSorted())
  })
}

test('CLIENT_DOCUMENTS decides whether clients may be documents, in either profile', async (t) => {
  const supported = async (response: Response) =>
    ((await response.json()) as Record<string, unknown>)[CLIENT_DOCUMENTS]
  const path = '/.well-known/openid-configuration'
  const local = await start(t, { settings: { CLIENT_DOCUMENTS: 'no' } })
  t.is(await supported(await fetch(local.url(path))), undefined)
  const production = await startProduction(t, { CLIENT_DOCUMENTS: 'yes' })
  t.is(await supported(await productionFetch(production)(`${PRODUCTION_ISSUER}${path}`)), true)
})

test('every member is shown by a test', (t) => {
  for (const [member, , shownBy] of metadata('')) {
    t.true(existsSync(join(import.meta.dirname, '..', `${shownBy}.test.ts`)), member)
  }
})

test('the API has a document of its own (RFC 9728), and nothing more is in it', async (t) => {
  const server = await start(t)
  const response = await fetch(server.url('/.well-known/oauth-protected-resource/api'))
  t.deepEqual(await response.json(), {
    authorization_servers: [server.issuer],
    bearer_methods_supported: ['header', 'body'],
    dpop_signing_alg_values_supported: ['ES256', 'EdDSA'],
    resource_documentation: server.url('/'),
    resource: server.url('/api'),
    resource_name: 'Notes',
    scopes_supported: ['notes:read', 'notes:write', 'transfers:write'],
  })
})

test('so has the ledger, which takes tokens in the header alone', async (t) => {
  const server = await start(t)
  const response = await fetch(server.url('/.well-known/oauth-protected-resource/ledger'))
  t.is(response.status, 200)
  t.deepEqual(await response.json(), {
    authorization_servers: [server.issuer],
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: ['ES256', 'EdDSA'],
    resource_documentation: server.url('/'),
    resource: server.url('/ledger'),
    resource_name: 'Ledger',
    scopes_supported: ['ledger:read'],
  })
})

for (const alg of ['ES256', 'RS256', 'PS256', 'EdDSA']) {
  test(`a request object is taken when it is signed with ${alg} (RFC 9101)`, async (t) => {
    const server = await start(t)
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
    const { kty = '', ...jwk } = await exportJWK(publicKey)
    await server.clients.add({
      client_id: 'signer',
      client_secret: 'signer-secret',
      redirect_uris: [WEB.redirectUri],
      jwks: { keys: [{ kty, ...jwk, use: 'sig' }] },
    })
    const person = createPerson(server.issuer, { ...WEB, id: 'signer', secret: 'signer-secret' })
    const { url, pkce } = person.request({ scope: 'openid' })
    const request = await new SignJWT(Object.fromEntries(url.searchParams))
      .setProtectedHeader({ alg, typ: 'oauth-authz-req+jwt' })
      .setIssuer('signer')
      .setAudience(server.issuer)
      .setExpirationTime('1m')
      .sign(privateKey)
    url.search = new URLSearchParams({ client_id: 'signer', request }).toString()
    const landed = await person.answerPages(await person.browser.open(url))
    const { body } = await person.redeem(landed.searchParams.get('code') ?? '', pkce)
    t.is(claimsOf(body.id_token ?? '')['sub'], 'alice')
  })
}

for (const alg of ['RS256', 'ES256', 'PS256', 'EdDSA'] as const) {
  test(`openid-client proves an ID token that is signed as the client registered it (${alg})`, async (t) => {
    const server = await start(t)
    const app = { ...WEB, id: 'app', secret: 'app-secret' }
    await server.clients.add({
      client_id: app.id,
      client_secret: app.secret,
      redirect_uris: [app.redirectUri],
      id_token_signed_response_alg: alg,
    })
    const config = await client.discovery(
      new URL(server.issuer),
      app.id,
      { id_token_signed_response_alg: alg },
      client.ClientSecretBasic(app.secret),
      { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] },
    )
    const person = createPerson(server.issuer, app)
    const { landed, pkce } = await person.code({ scope: 'openid' })
    const tokens = await client.authorizationCodeGrant(config, landed, {
      pkceCodeVerifier: pkce.verifier,
      expectedState: landed.searchParams.get('state') ?? '',
    })
    t.is(tokens.claims()?.sub, 'alice')
    t.is(decodeProtectedHeader(tokens.id_token ?? '').alg, alg)
  })
}

test('a code comes in the fragment where it is asked for', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { landed, pkce } = await person.code({ scope: 'openid', response_mode: 'fragment' })
  t.is(landed.search, '')
  const fragment = new URLSearchParams(landed.hash.slice(1))
  t.is(fragment.get('iss'), server.issuer)
  const { body } = await person.redeem(fragment.get('code') ?? '', pkce)
  t.is(claimsOf(body.id_token ?? '')['sub'], 'alice')
})

test('a client may register any of the four algorithms for what is signed for it, and no other', async (t) => {
  const server = await start(t)
  for (const [alg, status] of [
    ...['RS256', 'ES256', 'PS256', 'EdDSA'].map((alg) => [alg, 201] as const),
    ...['none', 'HS256', 'ES384', 'PS384', 'Ed25519'].map((alg) => [alg, 400] as const),
  ]) {
    for (const name of ['id_token', 'authorization', 'introspection']) {
      const response = await fetch(server.url('/oauth/register'), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          redirect_uris: ['https://app.example/cb'],
          [`${name}_signed_response_alg`]: alg,
        }),
      })
      t.is(response.status, status, `${name} ${alg}`)
    }
  }
})
