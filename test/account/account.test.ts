import test from 'ava'
import type { Page } from '../../scripts/kit/browser.ts'
import { callApi, createPerson, isLogin, signIn, SPA, WEB } from '../helpers/person.ts'
import { start, type TestServer } from '../helpers/start.ts'

type Person = ReturnType<typeof createPerson>

async function accountOf({ browser }: Person): Promise<Page> {
  const { page } = await browser.open('/account')
  if (!page) throw new Error('no page')
  return page
}

/** The hidden fields of the form with this text in it. */
function fieldsOf(page: Page, action: string, holding: string): [string, string][] {
  const forms = page.text.split('<form').filter((form) => form.includes(`action="${action}"`))
  const form = forms.find((one) => one.includes(holding))
  if (!form) throw new Error(`no form for ${action} with ${holding}`)
  return [...form.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(
    ([, name = '', value = '']) => [name, value],
  )
}

/** Presses a button of the account page. */
async function press(
  person: Person,
  page: Page,
  action: string,
  decision: string,
  holding = decision,
): Promise<Page> {
  const fields = Object.fromEntries(fieldsOf(page, action, holding))
  const form = { ...page, text: `<form action="${action}">` }
  const { page: next } = await person.browser.submit(form, fields, ['decision', decision])
  if (!next) throw new Error('left the server')
  return next
}

const whoami = (server: TestServer, token: string) => callApi(server.url('/api/whoami'), token)

const isSignedOut = (page: Page) => page.text.includes('You are not signed in')

test('nobody signed in is told so, and led to a sign-in that leads back', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const page = await accountOf(person)
  t.is(page.status, 200)
  t.true(isSignedOut(page))
  t.is(page.headers.get('cache-control'), 'no-store')
  const href = /<a class="button" href="([^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&')
  let { page: next } = await person.browser.open(href ?? '')
  t.true(next && isLogin(next))
  if (!next) return
  ;({ page: next } = await signIn(person.browser, next))
  if (!next) return
  ;({ page: next } = await person.browser.submit(next, {}, ['decision', 'allow']))
  t.is(next?.url.pathname, '/demo/callback')
  t.true(next?.text.includes('href="/account"'))
  t.true((await accountOf(person)).text.includes('You are signed in as'))
  t.is(await server.db.artifact.count({ where: { model: 'Session', accountId: null } }), 0)
})

test('it shows each app with what it may do in words, by API, and since when', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  await person.tokens({ scope: 'openid email notes:read' })
  await createPerson(server.issuer, SPA).tokens({ scope: 'openid' }, { login: 'bob' })
  const { text } = await accountOf(person)
  const rows = await server.db.consent.findMany({ where: { sub: 'alice' } })
  t.is(rows.length, 2)
  for (const { grantedAt } of rows) t.true(text.includes(`datetime="${grantedAt.toISOString()}"`))
  for (const words of ['About you', 'See your email address', 'At Notes', 'Read your notes']) {
    t.true(text.includes(words), words)
  }
  t.true(text.includes('name="client_id" value="web"'))
  t.false(text.includes('value="spa"'), "bob's app is not alice's")
})

test('it shows each session with its browser, its time and its apps, and which is this one', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  await person.tokens()
  await createPerson(server.issuer, SPA).tokens()
  const { text } = await accountOf(person)
  t.is(text.match(/name="session"/g)?.length, 2)
  t.is(text.match(/\(this browser\)/g)?.length, 1)
  t.regex(text, /Signed in <time datetime="20/)
})

test('of each session it says with what browser, since when and for which apps', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  await createPerson(server.issuer, SPA).tokens()
  const row = await server.db.artifact.findFirstOrThrow({
    where: { model: 'Session', accountId: 'alice', consumedAt: null },
  })
  const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
  const payload = JSON.parse(row.payload) as Record<string, unknown>
  await server.db.artifact.update({
    where: { model_idHash: { model: row.model, idHash: row.idHash } },
    data: { payload: JSON.stringify({ ...payload, loginTs: 1_760_000_000, userAgent: firefox }) },
  })
  await person.tokens()
  const { text } = await accountOf(person)
  const [list = ''] = text.split('<h2>Where you are signed in').at(-1)?.split('<h2>') ?? []
  const sessions = list.split('<h3>').slice(1)
  t.is(sessions.length, 2)
  const [there = '', ...others] = sessions.filter((one) => one.includes('Firefox on Linux'))
  t.deepEqual(others, [])
  t.regex(there, /Signed in\s+<time datetime="2025-10-09T08:53:20\.000Z"[^]*Single-page app/)
  t.notRegex(there, /this browser|Web shop/)
  t.regex(sessions.find((one) => one !== there) ?? '', /this browser[^]*Web shop/)
})

test('the browser of a session is the one that its requests named', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  await person.tokens({ scope: 'openid' })
  const [session] = await server.db.artifact.findMany({
    where: { model: 'Session', accountId: 'alice' },
  })
  const payload = JSON.parse(session?.payload ?? '{}') as Record<string, unknown>
  // What Node's fetch calls itself.
  t.is(payload['userAgent'], 'node')
})

test('withdrawing an app ends all it has at once, and it must ask anew', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const tokens = await person.tokens({
    scope: 'openid offline_access notes:read',
    prompt: 'consent',
  })
  const other = createPerson(server.issuer, SPA)
  const kept = await other.tokens()
  t.is((await whoami(server, tokens.access_token)).status, 200)

  const after = await press(person, await accountOf(person), '/account/apps', 'withdraw', '"web"')
  t.is(after.url.pathname, '/account')
  t.false(after.text.includes('value="web"'))
  const refused = await whoami(server, tokens.access_token)
  t.is(refused.status, 401)
  t.is(refused.body['type'], server.url('/refusals/token-revoked'))
  t.regex(refused.headers.get('www-authenticate') ?? '', /^Bearer .*error="invalid_token"/)
  t.is((await person.refresh(tokens.refresh_token)).body.error, 'invalid_grant')
  // Other apps and the sign-in are as they were.
  t.is((await whoami(server, kept.access_token)).status, 200)
  const silent = await person.browser.open(person.request({ prompt: 'none' }).url)
  t.is(silent.landed?.searchParams.get('error'), 'consent_required')
})

test('ending another session ends what it gave out, and leaves this one', async (t) => {
  const server = await start(t)
  const here = createPerson(server.issuer)
  const there = createPerson(server.issuer, SPA)
  const [mine, other] = [await here.tokens(), await there.tokens()]
  const page = await accountOf(here)
  const theirs = await server.db.sessionClient.findFirstOrThrow({ where: { clientId: 'spa' } })
  await press(here, page, '/account/sessions', 'sign-out', theirs.sessionUid)
  const refused = await whoami(server, other.access_token)
  t.is(refused.status, 401)
  t.is(refused.body['type'], server.url('/refusals/token-revoked'))
  t.is((await there.refresh(other.refresh_token)).body.error, 'invalid_grant')
  t.true(isSignedOut(await accountOf(there)))
  t.is((await whoami(server, mine.access_token)).status, 200)
  t.is((await accountOf(here)).text.match(/name="session"/g)?.length, 1)
})

test('ending this session signs this browser out', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const tokens = await person.tokens()
  const page = await accountOf(person)
  t.true(isSignedOut(await press(person, page, '/account/sessions', 'sign-out')))
  t.is((await whoami(server, tokens.access_token)).status, 401)
})

test('a session of somebody else cannot be ended', async (t) => {
  const server = await start(t)
  const bob = createPerson(server.issuer)
  const tokens = await bob.tokens({}, { login: 'bob' })
  const { sessionUid } = await server.db.sessionClient.findFirstOrThrow()
  const alice = createPerson(server.issuer, SPA)
  await alice.tokens()
  const page = await accountOf(alice)
  const fields = { person: 'alice', session: sessionUid }
  const form = { ...page, text: '<form action="/account/sessions">' }
  await alice.browser.submit(form, fields, ['decision', 'sign-out'])
  t.is((await whoami(server, tokens.access_token)).status, 200)
  t.false(isSignedOut(await accountOf(bob)))
})

test('signing out everywhere ends every session and family, and keeps the consent', async (t) => {
  const server = await start(t)
  const [here, there] = [createPerson(server.issuer), createPerson(server.issuer, SPA)]
  const bob = createPerson(server.issuer)
  const offline = { scope: 'openid offline_access notes:read', prompt: 'consent' }
  const [mine, other] = [await here.tokens(), await there.tokens(offline)]
  const bobs = await bob.tokens({}, { login: 'bob' })
  const page = await accountOf(here)
  t.true(isSignedOut(await press(here, page, '/account/sign-out', 'sign-out-everywhere')))
  t.true(isSignedOut(await accountOf(there)))
  for (const { access_token } of [mine, other]) {
    const refused = await whoami(server, access_token)
    t.is(refused.status, 401)
    t.is(refused.body['type'], server.url('/refusals/token-revoked'))
  }
  t.is((await there.refresh(other.refresh_token)).body.error, 'invalid_grant')
  t.is((await whoami(server, bobs.access_token)).status, 200)
  t.is(await server.db.artifact.count({ where: { accountId: 'alice' } }), 0)
  // A code after the password alone: nothing is asked again.
  const login = await here.browser.open(here.request().url)
  t.true(login.page && isLogin(login.page))
  const back = login.page && (await signIn(here.browser, login.page))
  t.truthy(back?.landed?.searchParams.get('code'))
})

test('a code that was given just before is worth nothing after signing out everywhere', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const scope = 'openid offline_access notes:read'
  const { code, pkce } = await person.code({ scope, prompt: 'consent' })
  const models = ['AuthorizationCode', 'Grant']
  const rows = await server.db.artifact.findMany({ where: { model: { in: models } } })
  t.is(rows.length, 2)
  const page = await accountOf(person)
  await press(person, page, '/account/sign-out', 'sign-out-everywhere')
  // As if both had been stored a moment later.
  for (const data of rows) await server.db.artifact.create({ data })
  t.is((await person.redeem(code, pkce)).body.error, 'invalid_grant')
})

test('a form of one person is not answered for another who signed in since', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const alices = await person.tokens()
  const page = await accountOf(person)
  const out = await person.browser.open('/oauth/logout')
  if (out.page) await person.browser.submit(out.page, {}, ['logout', 'yes'])
  const bobs = await person.tokens({}, { login: 'bob' })
  const late = await press(person, page, '/account/apps', 'withdraw', '"web"')
  t.is(late.status, 400)
  t.true(late.text.includes('Nothing was changed'))
  t.is((await whoami(server, bobs.access_token)).status, 200)
  t.is((await whoami(server, alices.access_token)).status, 401)
})

test('a form from another site is refused', async (t) => {
  const server = await start(t)
  for (const path of ['/account/apps', '/account/sessions', '/account/sign-out']) {
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      const response = await fetch(server.url(path), {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: 'decision=sign-out-everywhere&person=alice',
      })
      t.is(response.status, 403, path)
      const { type } = (await response.json()) as { type: string }
      t.is(type, server.url('/refusals/cross-site-form'))
    }
  }
})

test('a disabled person sees nothing and can do nothing', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer, WEB)
  await person.tokens()
  await server.db.account.update({ where: { sub: 'alice' }, data: { disabledAt: new Date() } })
  t.true(isSignedOut(await accountOf(person)))
})

test('in production there is no demo to sign in with', async (t) => {
  const { signedOutAccountPage } = await import('../../src/account/page.ts')
  t.notRegex(signedOutAccountPage({}), /class="button"/)
})
