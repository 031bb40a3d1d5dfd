/** Attacks on the code flow (RFC 9700 §4): each comes to nothing, and the person or the client is told. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import type { Arrival } from '../../scripts/kit/browser.ts'
import { createPkce } from '../../scripts/kit/client.ts'
import {
  callApi,
  createPerson,
  isConsent,
  isLogin,
  post,
  signIn,
  SPA,
  WEB,
  type Answered,
} from '../helpers/person.ts'
import { start, type TestServer } from '../helpers/start.ts'

/** Id, status and header of a refusal at the token endpoint. */
function refusedWith(t: ExecutionContext, answer: Answered, id: string, error: string): void {
  const { status, headers, body } = answer
  const uri = typeof body['error_uri'] === 'string' ? body['error_uri'] : ''
  t.deepEqual(
    [status, body.error, uri.split('/').at(-1), headers.get('cache-control')],
    [400, error, id, 'no-store'],
  )
}

/** A page for the person, and nothing sent to any app. */
function toldOnPage(t: ExecutionContext, arrival: Arrival, says: RegExp): void {
  t.is(arrival.landed, undefined)
  t.is(arrival.page?.status, 400)
  t.is(arrival.page?.headers.get('cache-control'), 'no-store')
  t.regex(arrival.page?.text ?? '', says)
}

const metadataOf = async (server: TestServer): Promise<oauth.AuthorizationServer> => {
  const issuer = new URL(server.issuer)
  const response = await oauth.discoveryRequest(issuer, { [oauth.allowInsecureRequests]: true })
  return oauth.processDiscoveryResponse(issuer, response)
}

test('mixed-up issuer: an answer of another server is known by iss, and its code is worth nothing here', async (t) => {
  const [honest, other] = [await start(t), await start(t)]
  const { landed, code, pkce } = await createPerson(other.issuer).code()
  const as = await metadataOf(honest)
  t.true(as.authorization_response_iss_parameter_supported)
  const mixedUp = t.throws(
    () => oauth.validateAuthResponse(as, { client_id: WEB.id }, landed, 'the-state'),
    { instanceOf: oauth.OperationProcessingError },
  )
  t.regex(mixedUp.message, /"iss"/)
  // Errors carry it as well.
  const { url } = createPerson(other.issuer).request({ prompt: 'none' })
  const error = (await createPerson(other.issuer).browser.open(url)).landed
  t.is(error?.searchParams.get('error'), 'login_required')
  t.is(error?.searchParams.get('iss'), other.issuer)
  const answer = await createPerson(honest.issuer).redeem(code, pkce)
  refusedWith(t, answer, 'grant-code-invalid', 'invalid_grant')
})

test('code injection: a code of another session does not go with one’s own verifier, and is burnt', async (t) => {
  const server = await start(t)
  const victim = createPerson(server.issuer)
  const stolen = await victim.code()
  const attacker = createPerson(server.issuer)
  const own = await attacker.code({}, { login: 'bob' })
  const injected = await attacker.redeem(stolen.code, own.pkce)
  refusedWith(t, injected, 'grant-pkce-mismatch', 'invalid_grant')
  // The victim's app does not get tokens for it either: somebody else has had the code.
  const late = await victim.redeem(stolen.code, stolen.pkce)
  t.deepEqual([late.status, late.body.error], [400, 'invalid_grant'])
  t.is((await attacker.redeem(own.code, own.pkce)).status, 200)
})

test('code injection into openid-client fails by state, and by nonce where the state was stolen too', async (t) => {
  const server = await start(t)
  const config = await client.discovery(
    new URL(server.issuer),
    WEB.id,
    undefined,
    client.ClientSecretBasic('web-secret'),
    { execute: [client.allowInsecureRequests] },
  )
  const attacker = createPerson(server.issuer)
  const { landed, pkce } = await attacker.code({ nonce: 'of-the-attacker', state: 'his' })
  const redeem = (expectedState: string, expectedNonce: string) =>
    client.authorizationCodeGrant(config, landed, {
      pkceCodeVerifier: pkce.verifier,
      expectedState,
      expectedNonce,
    })
  const faultOf = async (attempt: Promise<unknown>) => {
    const [result] = await Promise.allSettled([attempt])
    if (result.status === 'fulfilled') return 'none'
    const { message, cause } = result.reason as Error
    return `${message}: ${String((cause as Error | undefined)?.message)}`
  }
  t.regex(await faultOf(redeem('hers', 'of-the-victim')), /"state"/)
  t.regex(await faultOf(redeem('his', 'of-the-victim')), /"nonce"/)
})

test('replayed code: even without its verifier, a second redemption ends what the first one gave', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer, SPA)
  const { code, pkce } = await person.code()
  const { body } = await person.redeem(code, pkce)
  const replay = await post(server.url('/oauth/token'), {
    grant_type: 'authorization_code',
    client_id: SPA.id,
    redirect_uri: SPA.redirectUri,
    code,
    code_verifier: createPkce().verifier,
  })
  refusedWith(t, replay, 'grant-pkce-mismatch', 'invalid_grant')
  const call = await callApi(server.url('/api/whoami'), body.access_token ?? '')
  t.is(call.status, 401)
  t.regex(call.headers.get('www-authenticate') ?? '', /error="invalid_token"/)
})

test('downgraded PKCE: without a verifier, with the challenge for one, or after plain, there are no tokens', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const bare = await person.code()
  const without = await person.tokenRequest({
    grant_type: 'authorization_code',
    code: bare.code,
    redirect_uri: WEB.redirectUri,
  })
  refusedWith(t, without, 'grant-pkce-mismatch', 'invalid_grant')
  const seen = await person.code()
  const { challenge } = seen.pkce
  const asPlain = await person.redeem(seen.code, { ...seen.pkce, verifier: challenge })
  refusedWith(t, asPlain, 'grant-pkce-mismatch', 'invalid_grant')
  const { url } = person.request({ code_challenge_method: 'plain' })
  const { landed } = await person.browser.open(url)
  t.is(landed?.searchParams.get('error'), 'invalid_request')
  t.is(landed?.searchParams.get('error_uri'), server.url('/refusals/authz-pkce-required'))
})

test('swapped redirect_uri: another one of the same client does not redeem the code, a foreign one gets none', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { code, pkce } = await person.code()
  const elsewhere = server.url('/demo/callback')
  const swapped = await person.redeem(code, pkce, { redirect_uri: elsewhere })
  refusedWith(t, swapped, 'grant-code-invalid', 'invalid_grant')
  for (const redirect_uri of [
    'http://localhost:3000/callback/',
    'http://localhost:3000/callback?next=https://evil.example',
    'http://localhost:3000/callback/../x',
    'http://localhost:3001/callback',
    'https://evil.example/callback',
  ]) {
    const { url } = person.request({ redirect_uri })
    toldOnPage(t, await person.browser.open(url), /authz-redirect-uri-mismatch/)
  }
})

test('a pushed request is of use to nobody but the client that pushed it', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  await person.tokens()
  const { url } = person.request()
  const form = Object.fromEntries(url.searchParams)
  const { body } = await post(server.url('/oauth/par'), form, WEB)
  const stolen = new URL(server.url('/oauth/authorize'))
  stolen.searchParams.set('client_id', SPA.id)
  stolen.searchParams.set('request_uri', String(body['request_uri']))
  const arrival = await person.browser.open(stolen)
  t.is(arrival.landed?.searchParams.get('code') ?? null, null)
  t.is(arrival.page?.status, 400)
})

test('two tabs: a consent page of one person is not answered after another signed in in the other tab', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const login = await person.browser.open(person.request({ state: 'first' }).url)
  const consent = login.page && (await signIn(person.browser, login.page, 'alice'))
  if (!consent?.page || !isConsent(consent.page)) return t.fail()
  const other = await person.browser.open(person.request({ prompt: 'login', state: 'second' }).url)
  if (!other.page || !isLogin(other.page)) return t.fail()
  // The engine signs alice out first, on a page with a button.
  const next = await signIn(person.browser, other.page, 'bob')
  if (next.page && !isConsent(next.page)) await person.browser.submit(next.page, {})
  const late = await person.browser.submit(consent.page, { scope: ['notes:read'] }, [
    'decision',
    'allow',
  ])
  toldOnPage(t, late, /start|again/i)
  t.is(await server.db.consent.count({ where: { sub: 'alice' } }), 0)
})

test('back button: the same yes again gives no second code, and the first one works', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { url, pkce } = person.request()
  const login = await person.browser.open(url)
  const consent = login.page && (await signIn(person.browser, login.page))
  if (!consent?.page || !isConsent(consent.page)) return t.fail()
  const yes = ['decision', 'allow'] as [string, string]
  const first = await person.browser.submit(consent.page, { scope: ['notes:read'] }, yes)
  const again = await person.browser.submit(consent.page, { scope: ['notes:read'] }, yes)
  toldOnPage(t, again, /start|again/i)
  const code = first.landed?.searchParams.get('code') ?? ''
  t.is((await person.redeem(code, pkce)).status, 200)
})

test('expired sign-in: a form that lay open for two hours is refused, with a way to begin again', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { page } = await person.browser.open(person.request().url)
  if (!page) return t.fail()
  const aged = await fetch(server.url('/lab/age'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ seconds: 7200 }),
  })
  t.is(aged.status, 200)
  const late = await signIn(person.browser, page)
  toldOnPage(t, late, /href="\/oauth\/authorize\?/)
})

test('session fixation: a cookie that was planted before does not become signed in', async (t) => {
  const server = await start(t)
  const silent = createPerson(server.issuer).request({ prompt: 'none', scope: 'openid' }).url
  const person = createPerson(server.issuer)
  const { page } = await person.browser.open(person.request({ scope: 'openid' }).url)
  if (!page) return t.fail()
  const cookieHeader = () =>
    person.browser
      .cookies()
      .filter(({ path }) => path === '/')
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
  // What an attacker knows, as it is their own visit that the person goes on with.
  const planted = cookieHeader()
  await person.answerPages(await signIn(person.browser, page))
  const asked = async (cookie: string) => {
    const response = await fetch(silent, { headers: { cookie }, redirect: 'manual' })
    return new URL(response.headers.get('location') ?? '').searchParams
  }
  t.is((await asked(planted)).get('error'), 'login_required')
  t.truthy((await asked(cookieHeader())).get('code'))
  // A name and a value of one's own are no session at all.
  const name = /^(\w+_session)=/.exec(cookieHeader())?.[1] ?? 'countersign_session'
  t.is((await asked(`${name}=chosen; ${name}.sig=chosen`)).get('error'), 'login_required')
})

test('a replaced session identifier counts ten seconds more, for another tab, and no longer', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  await person.code({ scope: 'openid' })
  const cookie = person.browser
    .cookies()
    .filter(({ path }) => path === '/')
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ')
  await person.code({ scope: 'openid', prompt: 'consent' })
  const silent = person.request({ prompt: 'none', scope: 'openid' }).url
  const asked = async () => {
    const response = await fetch(silent, { headers: { cookie }, redirect: 'manual' })
    return new URL(response.headers.get('location') ?? '').searchParams
  }
  t.truthy((await asked()).get('code'))
  const { count } = await server.db.artifact.updateMany({
    where: { model: 'Session', expiresAt: { lte: new Date(Date.now() + 10_000) } },
    data: { expiresAt: new Date(0) },
  })
  // One for each of the two consents.
  t.is(count, 2)
  t.is((await asked()).get('error'), 'login_required')
})

test('consent for another account: a yes is taken from the browser that was asked, and for its person', async (t) => {
  const server = await start(t)
  const [alice, bob] = [createPerson(server.issuer), createPerson(server.issuer)]
  const login = await alice.browser.open(alice.request().url)
  const consent = login.page && (await signIn(alice.browser, login.page, 'alice'))
  if (!consent?.page || !isConsent(consent.page)) return t.fail()
  await bob.tokens({ scope: 'openid' }, { login: 'bob' })
  const foreign = await bob.browser.submit(consent.page, { scope: ['notes:read'] }, [
    'decision',
    'allow',
  ])
  toldOnPage(t, foreign, /start|again/i)
  t.is(await server.db.consent.count({ where: { resource: { not: '' } } }), 0)
  // She was not disturbed.
  const landed = await alice.answerPages(consent)
  t.truthy(landed.searchParams.get('code'))
})
