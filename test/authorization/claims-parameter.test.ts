import test from 'ava'
import * as client from 'openid-client'
import { checkboxesOf } from '../../scripts/kit/browser.ts'
import {
  callApi,
  claimsOf,
  createPerson,
  isConsent,
  isLogin,
  isSecondStep,
  post,
  shownCode,
  signIn,
} from '../helpers/person.ts'
import { start } from '../helpers/start.ts'

const claims = (request: object): string => JSON.stringify(request)

test('openid-client asks for single claims, and gets them where it asked: in the ID token, at userinfo', async (t) => {
  const server = await start(t)
  const config = await client.discovery(
    new URL(server.issuer),
    'web',
    undefined,
    client.ClientSecretBasic('web-secret'),
    { execute: [client.allowInsecureRequests] },
  )
  t.true(config.serverMetadata()['claims_parameter_supported'])
  const asked = claims({ id_token: { email: null }, userinfo: { name: { essential: true } } })
  // With a JWT of the API, with an opaque token of its own, and after a refresh.
  for (const scope of ['openid notes:read', 'openid']) {
    const person = createPerson(server.issuer)
    const { landed, pkce } = await person.code({ scope, claims: asked })
    const checks = { pkceCodeVerifier: pkce.verifier, expectedState: 'the-state' }
    const tokens = await client.authorizationCodeGrant(config, landed, checks)
    t.is(tokens.claims()?.['email'], 'alice@example.com')
    t.is(tokens.claims()?.['name'], undefined)
    const fresh = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
    t.is(fresh.claims()?.['email'], 'alice@example.com')
    for (const { access_token } of [tokens, fresh]) {
      const info = await client.fetchUserInfo(config, access_token, 'alice')
      t.deepEqual(info, { sub: 'alice', name: 'Alice Liddell' })
    }
  }
})

test('the consent page shows what single claims tell, in the words of the scope they belong to; a no is a no', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const request = {
    scope: 'openid notes:read',
    claims: claims({
      id_token: { email: { essential: true }, acr: null, nonsense: null },
      userinfo: { roles: null },
    }),
  }
  const { url, pkce } = person.request(request)
  const login = await person.browser.open(url)
  const consent = login.page && (await signIn(person.browser, login.page))
  if (!consent?.page || !isConsent(consent.page)) return t.fail()
  const shown = checkboxesOf(consent.page, 'scope').map(({ value }) => value)
  t.deepEqual(shown.toSorted(), ['email', 'notes:read', 'roles'])
  t.regex(consent.page.text, /See your email address\s*<small>The app says it cannot do without/)
  const { landed } = await person.browser.submit(consent.page, { scope: ['notes:read', 'roles'] }, [
    'decision',
    'allow',
  ])
  const { body } = await person.redeem(landed?.searchParams.get('code') ?? '', pkce)
  t.is(claimsOf(body.id_token ?? '')['email'], undefined)
  t.is(body.scope, 'openid notes:read', 'the scope itself was not asked for')
  const info = await callApi(server.url('/oauth/userinfo'), body.access_token ?? '')
  t.deepEqual(info.body, { sub: 'alice', roles: ['member'] })

  // Remembered: what was allowed, and that the rest was not.
  const again = await person.code({ ...request, claims: claims({ userinfo: { roles: null } }) })
  t.true(again.code.length > 0)
  const silent = await person.browser.open(person.request({ ...request, prompt: 'none' }).url)
  t.is(silent.landed?.searchParams.get('error'), 'consent_required')
})

test('claims in a request that is no sign-in are refused', async (t) => {
  const server = await start(t)
  const asked = { scope: 'notes:read', claims: claims({ userinfo: { email: null } }) }
  const person = createPerson(server.issuer)
  const { landed } = await person.browser.open(person.request(asked).url)
  t.is(landed?.searchParams.get('error_uri'), server.url('/refusals/authz-invalid-request'))
})

test('an access token names what userinfo is to tell, but neither values nor what nobody knows; introspection leaves it out', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const asked = { userinfo: { email: { value: 'a@b.example' }, ['x'.repeat(100)]: null } }
  const tokens = await person.tokens({ scope: 'openid notes:read', claims: claims(asked) })
  t.deepEqual(claimsOf(tokens.access_token)['userinfo_claims'], ['email'])
  const api = { id: 'api', secret: 'api-secret', redirectUri: '' }
  const { body } = await post(server.url('/oauth/introspect'), { token: tokens.access_token }, api)
  t.false('userinfo_claims' in body)
})

const mfa = { essential: true, value: 'urn:countersign:mfa' }

for (const acr of [mfa, { essential: true, values: ['urn:nope', 'urn:countersign:mfa'] }]) {
  const kind = 'value' in acr ? 'one value' : 'one of several'
  test(`an essential acr (${kind}) leads to the second step, as acr_values does, and stands in the ID token`, async (t) => {
    const server = await start(t)
    const person = createPerson(server.issuer)
    await person.tokens({ scope: 'openid' })
    const request = { scope: 'openid', claims: claims({ id_token: { acr } }) }
    const { url, pkce } = person.request(request)
    const { page } = await person.browser.open(url)
    if (!page || !isSecondStep(page)) return t.fail()
    const { landed } = await person.browser.submit(page, { code: shownCode(page) })
    const { body } = await person.redeem(landed?.searchParams.get('code') ?? '', pkce)
    t.is(claimsOf(body.id_token ?? '')['acr'], 'urn:countersign:mfa')
  })
}

test('an essential acr is asked for right after the password', async (t) => {
  const server = await start(t)
  const tokens = await createPerson(server.issuer).tokens({
    scope: 'openid',
    claims: claims({ id_token: { acr: mfa } }),
  })
  t.is(claimsOf(tokens.id_token)['acr'], 'urn:countersign:mfa')
})

test('an essential acr is met exactly: a second step is no password sign-in', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  await person.tokens({ scope: 'openid', claims: claims({ id_token: { acr: mfa } }) })
  const exactly = { essential: true, value: 'urn:countersign:pwd' }
  const { url, pkce } = person.request({
    scope: 'openid',
    claims: claims({ id_token: { acr: exactly } }),
  })
  const { page } = await person.browser.open(url)
  if (!page || !isLogin(page)) return t.fail()
  const { landed } = await signIn(person.browser, page)
  const { body } = await person.redeem(landed?.searchParams.get('code') ?? '', pkce)
  t.is(claimsOf(body.id_token ?? '')['acr'], 'urn:countersign:pwd')
})

test('an acr that nobody can meet, alone or beside acr_values, fails at once; a voluntary one is let go', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  await person.tokens({ scope: 'openid' })
  const ask = async (acr: object, further: Record<string, string> = {}) => {
    const params = { scope: 'openid', claims: claims({ id_token: { acr } }), ...further }
    return (await person.browser.open(person.request(params).url)).landed?.searchParams
  }
  const pwd = { essential: true, value: 'urn:countersign:pwd' }
  for (const [acr, further] of [
    [{ essential: true, value: 'urn:nope' }, {}],
    [{ essential: true, values: [] }, {}],
    [pwd, { acr_values: 'urn:countersign:mfa' }],
  ] as const) {
    const refused = await ask(acr, further)
    t.is(refused?.get('error'), 'unmet_authentication_requirements')
    t.is(refused?.get('error_uri'), server.url('/refusals/authz-acr-unmet'))
  }
  t.is((await ask(mfa, { prompt: 'none' }))?.get('error'), 'interaction_required')
  for (const acr of [{ value: 'urn:nope' }, { essential: true }]) {
    t.true((await ask(acr))?.has('code'), JSON.stringify(acr))
  }
})

test('auth_time comes when it is asked for, and a sub that is not the one signed in is not answered with another', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const tokens = await person.tokens({
    scope: 'openid',
    claims: claims({ id_token: { auth_time: { essential: true }, sub: { value: 'alice' } } }),
  })
  t.is(typeof claimsOf(tokens.id_token)['auth_time'], 'number')
  const bob = { scope: 'openid', claims: claims({ id_token: { sub: { value: 'bob' } } }) }
  const silent = await person.browser.open(person.request({ ...bob, prompt: 'none' }).url)
  t.is(silent.landed?.searchParams.get('error'), 'login_required')
  const { page } = await person.browser.open(person.request(bob).url)
  t.true(page && isLogin(page))
})

test('claims that are no JSON, or of another shape, are refused before anybody signs in', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  for (const bad of [
    'nonsense',
    '[]',
    '{}',
    '{"id_token":1}',
    '{"userinfo":[]}',
    '{"id_token":{"acr":{"essential":true,"values":"urn:countersign:mfa"}}}',
    '{"id_token":{"acr":{"essential":true,"values":[1]}}}',
    '{"id_token":{"acr":{"essential":true,"value":["urn:countersign:mfa"]}}}',
  ]) {
    const { landed } = await person.browser.open(
      person.request({ scope: 'openid', claims: bad }).url,
    )
    t.is(landed?.searchParams.get('error'), 'invalid_request', bad)
    t.is(landed?.searchParams.get('error_uri'), server.url('/refusals/authz-invalid-request'))
  }
  // What is no request for a claim is none, and does no harm.
  for (const odd of ['{"id_token":{"acr":"x","email":"y"}}', '{"userinfo":{"__proto__":null}}']) {
    const { code } = await person.code({ scope: 'openid', claims: odd })
    t.true(code.length > 0, odd)
  }
})
