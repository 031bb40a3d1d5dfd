/** "Age everything", against a whole server: what was issued before is older, what is issued after is not. */
import test from 'ava'
import { age } from '../helpers/age.ts'
import {
  callApi,
  claimsOf,
  createPerson,
  isConsent,
  isLogin,
  post,
  signIn,
  type App,
} from '../helpers/person.ts'
import { start, type TestServer } from '../helpers/start.ts'

const MINUTE = 60
const DAY = 86_400

const API: App = { id: 'api', secret: 'api-secret', redirectUri: '' }
const SERVICE: App = { id: 'service', secret: 'service-secret', redirectUri: '' }

const introspect = async (server: TestServer, token: string) =>
  (await post(server.url('/oauth/introspect'), { token }, API)).body

const opaqueToken = async (server: TestServer, app = SERVICE): Promise<string> => {
  const form = { grant_type: 'client_credentials', scope: 'ledger:read' }
  return (await post(server.url('/oauth/token'), form, app)).body.access_token ?? ''
}

test('a code that was aged past its life is refused, and the next one is not', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { code, pkce } = await person.code()
  await age(server, MINUTE)
  const { status, body } = await person.redeem(code, pkce)
  t.deepEqual([status, body.error], [400, 'invalid_grant'])
  t.truthy((await person.tokens()).access_token)
})

test('a code that was aged within its life is redeemed', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { code, pkce } = await person.code()
  await age(server, MINUTE / 2)
  t.is((await person.redeem(code, pkce)).status, 200)
})

test('a refresh token older than its life is refused; so is what a rotation made of an old one', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const tokens = await person.tokens()
  await age(server, 20 * DAY)
  const second = await person.refresh(tokens.refresh_token)
  t.is(second.status, 200)
  await age(server, 9 * DAY)
  // 29 of 30 days: what the first ageing took is taken once.
  const third = await person.refresh(second.body.refresh_token ?? '')
  t.is(third.status, 200)
  await age(server, DAY)
  const { status, body } = await person.refresh(third.body.refresh_token ?? '')
  t.deepEqual([status, body.error], [400, 'invalid_grant'])
})

test('a session older than max_age asks for the password again, and prompt=none says so', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  await person.tokens()
  const asked = (params = {}) => person.browser.open(person.request(params).url)
  t.truthy((await asked({ max_age: '300' })).landed?.searchParams.get('code'))
  await age(server, 301)
  const silent = await asked({ max_age: '300', prompt: 'none' })
  t.is(silent.landed?.searchParams.get('error'), 'login_required')
  t.truthy((await asked()).landed?.searchParams.get('code'), 'without max_age it is still good')
  const { page } = await asked({ max_age: '300' })
  t.true(page && isLogin(page))
  if (!page) return
  const back = await person.answerPages(await signIn(person.browser, page))
  t.truthy(back.searchParams.get('code'))
  t.truthy((await asked({ max_age: '300' })).landed?.searchParams.get('code'))
})

test('a session that was aged past its life is over', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  await person.tokens()
  await age(server, 31 * DAY)
  const silent = await person.browser.open(person.request({ prompt: 'none' }).url)
  t.is(silent.landed?.searchParams.get('error'), 'login_required')
  const { page } = await person.browser.open(person.request().url)
  t.true(page && isLogin(page))
})

test('auth_time is that of the older session, and an ageing is taken off once, however often it is rewritten', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const authTimes = async () => {
    const { id_token, access_token } = await person.tokens({ max_age: '100000' })
    return [id_token, access_token].map((token) => Number(claimsOf(token)['auth_time']))
  }
  const [typed = 0] = await authTimes()
  // Enough for the session to be written back each time.
  await age(server, 1000)
  for (let i = 0; i < 3; i++) t.deepEqual(await authTimes(), [typed - 1000, typed - 1000])
  await age(server, 2000)
  for (let i = 0; i < 3; i++) t.deepEqual(await authTimes(), [typed - 3000, typed - 3000])
})

test('a sign-in under way grows older, once, and with it the moment the password was typed', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { url, pkce } = person.request()
  const login = await person.browser.open(url)
  // Of the hour it has. The form writes it back.
  await age(server, 50 * MINUTE)
  const consent = login.page && (await signIn(person.browser, login.page))
  t.true(consent?.page && isConsent(consent.page))
  if (!consent?.page) return
  const typedBefore = Math.floor(Date.now() / 1000)
  await age(server, 30 * MINUTE)
  const back = await person.answerPages(consent)
  const { body } = await person.redeem(back.searchParams.get('code') ?? '', pkce)
  const authTime = Number(claimsOf(body.access_token ?? '')['auth_time'])
  t.true(authTime <= typedBefore - 30 * MINUTE && authTime > typedBefore - 40 * MINUTE)
})

test('a sign-in that was left for longer than an hour is over, and says so', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { page } = await person.browser.open(person.request().url)
  await age(server, 60 * MINUTE)
  const late = page && (await signIn(person.browser, page))
  t.is(late?.page?.status, 400)
  t.regex(late?.page?.text ?? '', /Start again/)
})

test('a JWT is older for the API, introspection and userinfo; one that is issued after is good', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const called = async (token: string) => [
    (await callApi(server.url('/api/whoami'), token)).status,
    (await callApi(server.url('/oauth/userinfo'), token)).status,
    (await introspect(server, token))['active'],
  ]
  const { access_token: token } = await person.tokens()
  t.deepEqual(await called(token), [200, 200, true])
  await age(server, 200)
  const { exp, iat, auth_time } = claimsOf(token)
  t.like(await introspect(server, token), {
    active: true,
    exp: Number(exp) - 200,
    iat: Number(iat) - 200,
    auth_time: Number(auth_time) - 200,
  })
  await age(server, 3600)
  t.deepEqual(await called(token), [401, 401, false])
  const { headers, body } = await callApi(server.url('/api/whoami'), token)
  t.is(body['type'], server.url('/refusals/token-expired'))
  t.regex(
    headers.get('www-authenticate') ?? '',
    /error="invalid_token".*error_description="The access token expired"/,
  )
  const { access_token: next } = await person.tokens()
  t.deepEqual(await called(next), [200, 200, true])
})

test('an opaque token is older, and one that is issued after is good', async (t) => {
  const server = await start(t)
  const called = async (token: string) => [
    (await callApi(server.url('/ledger/entries'), token)).status,
    (await introspect(server, token))['active'],
  ]
  await server.clients.remove('api')
  await server.clients.add({
    client_id: 'api',
    client_secret: 'api-secret',
    redirect_uris: [],
    grant_types: ['client_credentials'],
    audiences: ['<issuer>/ledger'],
  })
  const token = await opaqueToken(server)
  const exp = Number((await introspect(server, token))['exp'])
  t.deepEqual(await called(token), [200, true])
  await age(server, 100)
  t.deepEqual(await called(token), [200, true])
  t.is((await introspect(server, token))['exp'], exp - 100)
  await age(server, 200)
  const { body } = await callApi(server.url('/ledger/entries'), token)
  t.is(body['type'], server.url('/refusals/token-unknown'))
  t.deepEqual(await called(token), [401, false])
  t.deepEqual(await called(await opaqueToken(server)), [200, true])
})

test('a client that was registered again keeps its opaque tokens when they grow older', async (t) => {
  const server = await start(t)
  const input = {
    client_id: 'again',
    client_secret: 'again-secret',
    redirect_uris: [],
    grant_types: ['client_credentials' as const],
  }
  await server.clients.add(input)
  await server.clients.remove('again')
  await server.clients.add(input)
  const token = await opaqueToken(server, { ...API, id: 'again', secret: 'again-secret' })
  await age(server, MINUTE)
  t.is((await callApi(server.url('/ledger/entries'), token)).status, 200)
})

test('two ageings add up', async (t) => {
  const server = await start(t)
  const { access_token } = await createPerson(server.issuer).tokens()
  const whoami = async () => (await callApi(server.url('/api/whoami'), access_token)).status
  await age(server, 200)
  t.is(await whoami(), 200)
  await age(server, 200)
  t.is(await whoami(), 401)
})

test('a used code that comes again after an ageing still ends the family', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { code, pkce } = await person.code()
  const { body } = await person.redeem(code, pkce)
  // Longer than a code lives, shorter than the token.
  await age(server, 2 * MINUTE)
  t.is((await callApi(server.url('/api/whoami'), body.access_token ?? '')).status, 200)
  const replay = await person.redeem(code, pkce)
  t.deepEqual([replay.status, replay.body.error], [400, 'invalid_grant'])
  const call = await callApi(server.url('/api/whoami'), body.access_token ?? '')
  t.is(call.body['type'], server.url('/refusals/token-revoked'))
  t.is((await person.refresh(body.refresh_token ?? '')).body.error, 'invalid_grant')
})

test('a used refresh token that comes again after an ageing still ends the family', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const first = await person.tokens()
  await person.refresh(first.refresh_token)
  await age(server, 29 * DAY)
  const { body } = await person.tokens().then(() => person.refresh(first.refresh_token))
  t.is(body.error, 'invalid_grant')
  t.is(await server.db.artifact.count({ where: { model: 'RefreshToken' } }), 1, 'the new family’s')
})

test('values used once, counted failures, denials, people, clients and keys are not touched', async (t) => {
  const server = await start(t)
  const { db } = server
  const person = createPerson(server.issuer)
  const { access_token } = await person.tokens()
  await person.revoke(access_token)
  const expiresAt = new Date(Date.now() + 60_000)
  await db.onceValue.create({ data: { key: 'proof', highest: 0, expiresAt } })
  await db.throttle.create({ data: { key: 'guess', count: 3, expiresAt } })
  const kept = async () => ({
    once: await db.onceValue.findMany(),
    throttles: await db.throttle.findMany(),
    denials: await db.denial.findMany(),
    accounts: await db.account.findMany(),
    clients: await db.client.findMany(),
    keys: await db.signingKey.findMany(),
    consents: await db.consent.findMany(),
  })
  const before = await kept()
  t.true(before.denials.some(({ key }) => key.startsWith('jti:')))
  await age(server, MINUTE)
  t.deepEqual(await kept(), before)
  const { body } = await callApi(server.url('/api/whoami'), access_token)
  t.is(body['type'], server.url('/refusals/token-revoked'))
})

test('the answer counts what is older now, kind by kind', async (t) => {
  const server = await start(t)
  const nothing = await age(server, 1)
  t.is(nothing.artifacts, 0)
  t.true(Object.values(nothing).every((count) => count === 0))
  await createPerson(server.issuer).tokens()
  await createPerson(server.issuer).code()
  await createPerson(server.issuer).browser.open(createPerson(server.issuer).request().url)
  await opaqueToken(server)
  t.deepEqual(await age(server, 1), {
    artifacts: 8,
    sessions: 2,
    interactions: 1,
    grants: 2,
    codes: 1,
    refresh_tokens: 1,
    opaque_access_tokens: 1,
    device_codes: 0,
    pushed_requests: 0,
  })
})
