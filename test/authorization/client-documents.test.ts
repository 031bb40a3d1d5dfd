/**
 * Clients whose id is the address of a document (draft-ietf-oauth-client-id-metadata-document-02).
 * One after the other: the engine gives a document 2.5 seconds, which many servers starting at once can use up.
 */
import test from 'ava'
import { exportJWK, generateKeyPair } from 'jose'
import * as client from 'openid-client'
import { commandLine } from '../cli/run.ts'
import { appOf, DOCUMENT, redirectUri, refusedAt } from '../helpers/document-app.ts'
import { startDocumentHost } from '../helpers/document-host.ts'
import { callApi, claimsOf, createPerson, isConsent, signIn } from '../helpers/person.ts'
import { start, type TestServer } from '../helpers/start.ts'

test.serial(
  'openid-client signs a person in as the app at an address, and the consent page says which address that is',
  async (t) => {
    const documents = await startDocumentHost(t)
    if (!documents) return
    const server = await start(t)
    const id = documents.serve('/app.json', DOCUMENT)
    const config = await client.discovery(
      new URL(server.issuer),
      id,
      { redirect_uris: [redirectUri] },
      client.None(),
      { execute: [client.allowInsecureRequests] },
    )
    t.true(config.serverMetadata()['client_id_metadata_document_supported'])
    const pkceCodeVerifier = client.randomPKCECodeVerifier()
    const target = client.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: 'openid profile notes:read',
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    })
    const person = createPerson(server.issuer, appOf(id))
    const login = await person.browser.open(target)
    const consent = login.page && (await signIn(person.browser, login.page))
    const page = consent?.page
    t.true(page && isConsent(page))
    t.regex(page?.text ?? '', /Notes on the Go/)
    t.true(page?.text.includes(`<strong>${documents.host}</strong>`))
    const landed = consent && (await person.answerPages(consent))
    const tokens = await client.authorizationCodeGrant(config, landed ?? new URL(target), {
      pkceCodeVerifier,
    })
    t.is(tokens.claims()?.aud, id)
    const whoami = await client.fetchProtectedResource(
      config,
      tokens.access_token,
      new URL(server.url('/api/whoami')),
      'GET',
    )
    t.like(await whoami.json(), { sub: 'alice', client_id: id })
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
    t.is((await client.fetchUserInfo(config, refreshed.access_token, 'alice')).sub, 'alice')
    await client.tokenRevocation(config, refreshed.refresh_token ?? '')
    await t.throwsAsync(client.refreshTokenGrant(config, refreshed.refresh_token ?? ''))
    // All of this with one look at the document.
    t.deepEqual(documents.asked, ['/app.json'])
  },
)

test.serial('such an app may push its request (RFC 9126)', async (t) => {
  const documents = await startDocumentHost(t)
  if (!documents) return
  const server = await start(t)
  const id = documents.serve('/app.json', DOCUMENT)
  const execute = [client.allowInsecureRequests]
  const config = await client.discovery(new URL(server.issuer), id, {}, client.None(), { execute })
  const { browser, answerPages, request, redeem } = createPerson(server.issuer, appOf(id))
  const { url, pkce } = request()
  const parameters = Object.fromEntries(url.searchParams)
  const pushed = await client.buildAuthorizationUrlWithPAR(config, parameters)
  t.true(pushed.searchParams.has('request_uri'))
  const landed = await answerPages(await browser.open(pushed))
  t.is((await redeem(landed.searchParams.get('code') ?? '', pkce)).status, 200)
})

test.serial(
  'consent is remembered for the address, can be taken back at /account, and signing out ends the tokens',
  async (t) => {
    const documents = await startDocumentHost(t)
    if (!documents) return
    const server = await start(t)
    const id = documents.serve('/app.json', DOCUMENT)
    const person = createPerson(server.issuer, appOf(id))
    const first = await person.tokens()
    // Nobody is asked again, and another document of the same host is another app.
    t.truthy((await person.browser.open(person.request().url)).landed?.searchParams.get('code'))
    const other = createPerson(server.issuer, appOf(documents.serve('/other.json', DOCUMENT)))
    const asked = await person.browser.open(other.request().url)
    t.true(asked.page && isConsent(asked.page))

    const account = (await person.browser.open('/account')).page
    t.true(account?.text.includes(id))
    const logout = await person.browser.open(
      `/oauth/logout?${new URLSearchParams({ id_token_hint: first.id_token })}`,
    )
    t.truthy(logout.page)
    if (logout.page) await person.browser.submit(logout.page, {}, ['logout', 'yes'])
    t.is((await person.refresh(first.refresh_token)).body.error, 'invalid_grant')

    const again = await person.tokens()
    const apps = (await person.browser.open('/account')).page
    const form = apps?.text.split('<form').find((one) => one.includes('/account/apps'))
    t.true(form?.includes(id))
    if (apps && form) {
      const text = `<form${form}`
      await person.browser.submit({ ...apps, text }, {}, ['decision', 'withdraw'])
    }
    t.is((await person.refresh(again.refresh_token)).body.error, 'invalid_grant')
  },
)

test.serial(
  'an app at an address that any app may take is asked for every time, whatever document it names',
  async (t) => {
    const documents = await startDocumentHost(t)
    if (!documents) return
    const server = await start(t)
    for (const redirectUri of ['http://localhost:3000/callback', 'com.example.app:/callback']) {
      const redirect_uris = [redirectUri]
      const document = { ...DOCUMENT, redirect_uris, application_type: 'native' }
      const id = documents.serve(`/${redirectUri.length}.json`, document)
      const person = createPerson(server.issuer, { id, redirectUri })
      await person.tokens()
      const { page } = await person.browser.open(person.request().url)
      t.true(page && isConsent(page), redirectUri)
      const silent = await person.browser.open(person.request({ prompt: 'none' }).url)
      t.is(silent.landed?.searchParams.get('error'), 'interaction_required')
    }
  },
)

test.serial(
  'a document cannot give an app what an operator gives: it needs PKCE, has no token of its own, and introspects nothing',
  async (t) => {
    const documents = await startDocumentHost(t)
    if (!documents) return
    const server = await start(t)
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = { ...(await exportJWK(publicKey)), alg: 'ES256', kid: 'one' }
    const id = documents.serve('/app.json', {
      ...DOCUMENT,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [jwk] },
      grant_types: [
        ...['authorization_code', 'refresh_token', 'client_credentials'],
        'urn:ietf:params:oauth:grant-type:device_code',
        'urn:ietf:params:oauth:grant-type:token-exchange',
      ],
      audiences: [server.url('/api')],
      token_exchange: { subjects: 'any', audiences: [server.url('/api')] },
      may_act: 'service',
      require_pkce: false,
      access_token_ttl: 86_400,
      software_statement: 'a.b.c',
    })
    const person = createPerson(server.issuer, appOf(id))
    const { url } = person.request()
    url.searchParams.delete('code_challenge')
    url.searchParams.delete('code_challenge_method')
    const { page } = await person.browser.open(url)
    t.is(page?.status, 400)
    t.regex(page?.text ?? '', /authz-pkce-required/)

    const key = { key: privateKey, kid: 'one' }
    const config = await client.discovery(
      new URL(server.issuer),
      id,
      {},
      client.PrivateKeyJwt(key),
      {
        execute: [client.allowInsecureRequests],
      },
    )
    const { code, pkce } = await person.code()
    const callback = new URL(
      `${redirectUri}?${new URLSearchParams({ code, iss: server.issuer, state: 'the-state' })}`,
    )
    const tokens = await client.authorizationCodeGrant(config, callback, {
      pkceCodeVerifier: pkce.verifier,
      expectedState: 'the-state',
    })
    t.true((tokens.expires_in ?? Infinity) <= 300)
    t.false('may_act' in claimsOf(tokens.access_token))
    t.false((await client.tokenIntrospection(config, tokens.access_token)).active)
    await t.throwsAsync(client.clientCredentialsGrant(config), {
      message: /./,
      code: 'OAUTH_RESPONSE_BODY_ERROR',
    })
    await t.throwsAsync(client.initiateDeviceAuthorization(config, {}), {
      code: 'OAUTH_RESPONSE_BODY_ERROR',
    })
    await t.throwsAsync(
      client.genericGrantRequest(config, 'urn:ietf:params:oauth:grant-type:token-exchange', {
        subject_token: tokens.access_token,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      }),
      { code: 'OAUTH_RESPONSE_BODY_ERROR' },
    )
  },
)

test.serial(
  'a document that changed counts once the old copy is forgotten, and one that is gone holds nobody up',
  async (t) => {
    const documents = await startDocumentHost(t)
    if (!documents) return
    const first = await start(t)
    const id = documents.serve('/app.json', DOCUMENT, { 'cache-control': 'max-age=60' })
    const person = createPerson(first.issuer, appOf(id))
    await person.tokens()
    const moved = 'https://app.example/moved'
    documents.serve('/app.json', { ...DOCUMENT, redirect_uris: [moved] })
    t.regex(
      (await refusedAt(first, id, { redirect_uri: moved })).text,
      /authz-redirect-uri-mismatch/,
    )
    t.is(documents.asked.length, 1)

    // A new process has no copy.
    const restart = async (before: TestServer) => {
      await before.close()
      const { config, port } = before
      return start(t, { settings: { DATA_DIR: config.dataDir, PORT: String(port) } })
    }
    const second = await restart(first)
    t.regex((await refusedAt(second, id)).text, /authz-redirect-uri-mismatch/)
    const now = createPerson(second.issuer, { id, redirectUri: moved })
    const tokens = await now.tokens()

    documents.answer('/app.json', (_req, res) => res.writeHead(404).end())
    const third = await restart(second)
    t.is((await callApi(third.url('/api/whoami'), tokens.access_token)).status, 200)
    const userinfo = await callApi(third.url('/oauth/userinfo'), tokens.access_token)
    t.deepEqual([userinfo.status, userinfo.headers.get('www-authenticate')], [503, null])
    const refreshed = await now.refresh(tokens.refresh_token)
    t.deepEqual([refreshed.status, refreshed.body.error], [401, 'invalid_client'])
    // Neither does one that is broken keep a person signed in.
    documents.answer('/app.json', (_req, res) => res.end('{}'))
    const { page } = await now.browser.open('/oauth/logout')
    t.truthy(page)
    const out = page && (await now.browser.submit(page, {}, ['logout', 'yes']))
    t.is(out?.page?.status, 200)
    t.is((await callApi(third.url('/api/whoami'), tokens.access_token)).status, 401)
  },
)

test.serial('a document that breaks between two pages is told on the second', async (t) => {
  const documents = await startDocumentHost(t)
  if (!documents) return
  const first = await start(t)
  const id = documents.serve('/app.json', DOCUMENT)
  const { browser, request } = createPerson(first.issuer, appOf(id))
  const { page } = await browser.open(request().url)
  documents.answer('/app.json', (_req, res) => res.end('{}'))
  await first.close()
  await start(t, { settings: { DATA_DIR: first.dataDir, PORT: String(first.port) } })
  const next = await browser.open(page?.url ?? '')
  t.is(next.page?.status, 400)
  t.regex(next.page?.text ?? '', /authz-document-refused/)
})

test.serial(
  'pages of an app may call the server from its own origin, once the app was seen',
  async (t) => {
    const documents = await startDocumentHost(t)
    if (!documents) return
    const server = await start(t)
    const preflight = async () => {
      const response = await fetch(server.url('/oauth/token'), {
        method: 'OPTIONS',
        headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
      })
      return response.headers.get('access-control-allow-origin')
    }
    t.is(await preflight(), null)
    await createPerson(server.issuer, appOf(documents.serve('/app.json', DOCUMENT))).code()
    t.is(await preflight(), 'https://app.example')
  },
)

test.serial(
  'a certificate of one’s own is trusted by NODE_EXTRA_CA_CERTS, and refused without',
  async (t) => {
    const documents = await startDocumentHost(t, { trusted: false })
    if (!documents) return
    const { start: begin } = await commandLine(t)
    const id = documents.serve('/app.json', DOCUMENT)
    const ask = async (env: Record<string, string>) => {
      const { issuer } = await begin(env)
      const { url } = createPerson(issuer, appOf(id)).request()
      const response = await fetch(url, { headers: { accept: 'text/html' }, redirect: 'manual' })
      const doctor = `${issuer}/doctor/${response.headers.get('x-request-id') ?? ''}`
      const why = await fetch(doctor, { headers: { accept: 'application/json' } })
      return { status: response.status, why: await why.text() }
    }
    const refused = await ask({})
    t.is(refused.status, 400)
    t.regex(refused.why, /self-signed certificate/)
    const trusted = await ask({ NODE_EXTRA_CA_CERTS: documents.certificate.certFile })
    t.is(trusted.status, 303)
  },
)

test.serial(
  'nothing else is fetched for a document: no subject here depends on a sector',
  async (t) => {
    const documents = await startDocumentHost(t)
    if (!documents) return
    const server = await start(t)
    const sector_identifier_uri = documents.id('/sector.json')
    const id = documents.serve('/app.json', { ...DOCUMENT, sector_identifier_uri })
    await createPerson(server.issuer, appOf(id)).tokens()
    t.deepEqual(documents.asked, ['/app.json'])
  },
)

test.serial('a document may name scopes of APIs, and the app gets no others there', async (t) => {
  const documents = await startDocumentHost(t)
  if (!documents) return
  const server = await start(t)
  const id = documents.serve('/app.json', { ...DOCUMENT, scope: 'openid notes:read' })
  const person = createPerson(server.issuer, appOf(id))
  const { access_token } = await person.tokens({ scope: 'openid notes:read notes:write' })
  t.is(claimsOf(access_token)['scope'], 'openid notes:read')
})
