import test from 'ava'
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import type { Provocation } from '../../src/lab/lab.ts'
import { rowOf, type RefusalId } from '../../src/refusals/catalogue.ts'
import { diagnosed } from '../helpers/device.ts'
import { createPerson, isConsent, isLogin, signIn, WEB } from '../helpers/person.ts'
import { start, type TestServer } from '../helpers/start.ts'

const algorithms = ['RS256', 'ES256', 'PS256', 'EdDSA'] as const

const addApp = (server: TestServer, alg: (typeof algorithms)[number], id = 'jarm') =>
  server.clients.add({
    client_id: id,
    client_secret: 'jarm-secret',
    redirect_uris: [WEB.redirectUri],
    authorization_signed_response_alg: alg,
  })

const APP = { ...WEB, id: 'jarm', secret: 'jarm-secret' }

/** What a signed response says; throws unless we signed it for this client. */
async function read(server: TestServer, response: string | null, alg: string) {
  const keys = (await (await fetch(server.url('/oauth/jwks'))).json()) as JSONWebKeySet
  const { payload } = await jwtVerify(response ?? '', createLocalJWKSet(keys), {
    issuer: server.issuer,
    audience: 'jarm',
    algorithms: [alg],
    requiredClaims: ['exp'],
  })
  return payload
}

/** The fields of the form that a page sends by itself. */
const fieldsOf = (html = '') =>
  Object.fromEntries(
    [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(
      ([, name = '', value]) => [name, value],
    ),
  )

for (const alg of algorithms) {
  test(`openid-client signs a person in with a signed response (JARM, ${alg})`, async (t) => {
    const server = await start(t)
    await addApp(server, alg)
    const config = await client.discovery(
      new URL(server.issuer),
      APP.id,
      { authorization_signed_response_alg: alg },
      client.ClientSecretBasic(APP.secret),
      { execute: [client.allowInsecureRequests, client.useJwtResponseMode] },
    )
    const pkceCodeVerifier = client.randomPKCECodeVerifier()
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: WEB.redirectUri,
      scope: 'openid',
      state: 'mine',
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    })
    t.is(url.searchParams.get('response_mode'), 'jwt')
    const person = createPerson(server.issuer, APP)
    const landed = await person.answerPages(await person.browser.open(url))
    t.deepEqual([...landed.searchParams.keys()], ['response'])
    const checks = { pkceCodeVerifier, expectedState: 'mine' }
    const tokens = await client.authorizationCodeGrant(config, landed, checks)
    t.is(tokens.claims()?.sub, 'alice')
  })

  test(`oauth4webapi validates a signed response, and refuses one for another client (${alg})`, async (t) => {
    const server = await start(t)
    await addApp(server, alg)
    const insecurely = { [oauth.allowInsecureRequests]: true }
    const issuer = new URL(server.issuer)
    const as = await oauth
      .discoveryRequest(issuer, insecurely)
      .then((response) => oauth.processDiscoveryResponse(issuer, response))
    const person = createPerson(server.issuer, APP)
    const { landed } = await person.code({ response_mode: 'query.jwt' })
    const app = (client_id: string) => ({ client_id, authorization_signed_response_alg: alg })
    const params = await oauth.validateJwtAuthResponse(
      as,
      app('jarm'),
      landed,
      'the-state',
      insecurely,
    )
    t.is(typeof params.get('code'), 'string')
    await t.throwsAsync(() =>
      oauth.validateJwtAuthResponse(as, app('web'), landed, 'the-state', insecurely),
    )
  })

  test(`an error is signed too, in the words of the catalogue (${alg})`, async (t) => {
    const server = await start(t)
    await addApp(server, alg)
    const person = createPerson(server.issuer, APP)
    const words = async (params: Record<string, string>) => {
      const { landed } = await person.browser.open(person.request(params).url)
      t.deepEqual([...(landed?.searchParams.keys() ?? [])], ['response'])
      return read(server, landed?.searchParams.get('response') ?? '', alg)
    }
    const silent = await words({ response_mode: 'jwt', prompt: 'none' })
    t.like(silent, {
      error: 'login_required',
      error_description: 'The person is not signed in and prompt=none forbids asking',
      error_uri: server.url('/refusals/authz-login-required'),
      state: 'the-state',
      iss: server.issuer,
    })
    t.like(await words({ response_mode: 'query.jwt', acr_values: 'urn:nope', scope: 'openid' }), {
      error: 'unmet_authentication_requirements',
      error_uri: server.url('/refusals/authz-acr-unmet'),
    })
    t.like(await words({ response_mode: 'jwt', code_challenge_method: 'plain' }), {
      error: 'invalid_request',
      error_uri: server.url('/refusals/authz-pkce-required'),
    })
    t.like(await words({ response_mode: 'jwt', resource: 'https://nope.example' }), {
      error: 'invalid_target',
      error_uri: server.url('/refusals/authz-invalid-target'),
    })
  })
}

test('a no on the consent page comes back signed', async (t) => {
  const server = await start(t)
  await addApp(server, 'ES256')
  const person = createPerson(server.issuer, APP)
  const login = await person.browser.open(person.request({ response_mode: 'jwt' }).url)
  t.true(login.page && isLogin(login.page))
  const consent = login.page && (await signIn(person.browser, login.page))
  if (!consent?.page || !isConsent(consent.page)) return t.fail()
  const { landed } = await person.browser.submit(consent.page, {}, ['decision', 'deny'])
  t.like(await read(server, landed?.searchParams.get('response') ?? '', 'ES256'), {
    error: 'access_denied',
    error_uri: server.url('/refusals/authz-access-denied'),
  })
})

test('in the fragment, and in a form that sends itself, codes and errors are signed as well', async (t) => {
  const server = await start(t)
  await addApp(server, 'ES256')
  const person = createPerson(server.issuer, APP)
  await person.tokens()
  const ask = async (params: Record<string, string>) =>
    person.browser.open(person.request(params).url)

  const fragment = (await ask({ response_mode: 'fragment.jwt' })).landed?.hash.slice(1)
  const inFragment = new URLSearchParams(fragment).get('response')
  t.is(typeof (await read(server, inFragment, 'ES256'))['code'], 'string')

  const form = (await ask({ response_mode: 'form_post.jwt' })).page
  const { response, ...further } = fieldsOf(form?.text)
  t.deepEqual(further, {})
  t.is(typeof (await read(server, response ?? '', 'ES256'))['code'], 'string')

  const failed = (await ask({ response_mode: 'form_post.jwt', scope: 'openid', acr_values: 'x' }))
    .page
  t.is(failed?.headers.get('cache-control'), 'no-store')
  t.like(await read(server, fieldsOf(failed?.text)['response'] ?? '', 'ES256'), {
    error: 'unmet_authentication_requirements',
    error_uri: server.url('/refusals/authz-acr-unmet'),
    state: 'the-state',
  })
})

test('the doctor knows a refusal that was sent signed', async (t) => {
  const server = await start(t)
  await addApp(server, 'ES256')
  const { url } = createPerson(server.issuer, APP).request({ response_mode: 'jwt', prompt: 'none' })
  const refused = await fetch(url, { redirect: 'manual' })
  t.is(refused.status, 303)
  t.is(refused.headers.get('cache-control'), 'no-store')
  const told = await fetch(server.url(`/doctor/${refused.headers.get('x-request-id') ?? ''}`))
  t.regex(await told.text(), /authz-login-required/)
})

test('with nowhere it may go an error is a page, signed or not', async (t) => {
  const server = await start(t)
  await addApp(server, 'ES256')
  const person = createPerson(server.issuer, APP)
  const request = { response_mode: 'jwt', redirect_uri: 'https://evil.example/cb' }
  const { page, landed } = await person.browser.open(person.request(request).url)
  t.is(landed, undefined)
  t.is(page?.status, 400)
})

test('a fault of the server and an outage go to the app in the response mode it asked for', async (t) => {
  const server = await start(t)
  await addApp(server, 'ES256')
  const { url } = createPerson(server.issuer, APP).request()
  const ask = async (mode: string, id: RefusalId) => {
    const prepared = await fetch(server.url(`/lab/break/${id}`))
    const { request } = (await prepared.json()) as Provocation
    const fault = request.headers.filter(([name]) => name === 'Countersign-Fault')
    url.searchParams.set('response_mode', mode)
    const response = await fetch(url, { headers: new Headers(fault as never), redirect: 'manual' })
    const text = await response.text()
    const { searchParams, hash } = new URL(response.headers.get('location') ?? url)
    const inAddress = mode.startsWith('fragment')
      ? new URLSearchParams(hash.slice(1))
      : searchParams
    const all = mode.startsWith('form_post') ? fieldsOf(text) : Object.fromEntries(inAddress)
    const told = mode.endsWith('jwt')
      ? await read(server, (all as Record<string, string>)['response'] ?? '', 'ES256')
      : all
    return { status: response.status, told, response }
  }
  for (const id of ['authz-server-error', 'authz-temporarily-unavailable'] as const) {
    const { error, description } = rowOf(id)
    for (const mode of ['query', 'fragment', 'form_post']) {
      for (const signed of [mode, `${mode}.jwt`, ...(mode === 'query' ? ['jwt'] : [])]) {
        const { status, told, response } = await ask(signed, id)
        t.is(status, mode === 'form_post' ? 500 : 303, signed)
        t.like(
          told,
          {
            error,
            error_description: description,
            error_uri: server.url(`/refusals/${id}`),
            state: 'the-state',
            iss: server.issuer,
          },
          signed,
        )
        t.is(response.headers.get('cache-control'), 'no-store')
        t.is(await diagnosed(server, response.headers), id)
      }
    }
  }
  url.searchParams.set('redirect_uri', 'https://evil.example/cb')
  const { response } = await ask('form_post', 'authz-server-error')
  t.is(response.status, 400)
  t.is(response.headers.get('location'), null)
})
