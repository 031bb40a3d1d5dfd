import test from 'ava'
import { createPerson, isConsent, isLogin, signIn } from '../helpers/person.ts'
import { start } from '../helpers/start.ts'

test('a wrong password shows the form again with what was typed, and says no more than that', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { page } = await person.browser.open(person.request().url)
  if (!page) return t.fail()
  const texts = []
  for (const login of ['alice', 'nobody']) {
    const again = await person.browser.submit(page, { login, password: 'wrong' })
    t.true(again.page && isLogin(again.page))
    t.is(again.page?.status, 403)
    t.true(again.page?.text.includes(`value="${login}"`))
    // The list of made-up people is the same anyway.
    texts.push(again.page?.text.replace(/<aside[^]*<\/aside>/, '').replaceAll(login, 'X'))
  }
  t.is(texts[0], texts[1])
  const back = await signIn(person.browser, page)
  t.true(back.page && isConsent(back.page))
})

test('a disabled account is told so after the right password, and not before', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { page } = await person.browser.open(person.request().url)
  if (!page) return t.fail()
  const wrong = await person.browser.submit(page, { login: 'carol', password: 'wrong' })
  t.false(wrong.page?.text.includes('switched off'))
  const right = await person.browser.submit(page, { login: 'carol', password: 'choir' })
  t.true(right.page?.text.includes('switched off'))
  t.true(right.page && isLogin(right.page))
})

test('cancelling the sign-in returns to the app with access_denied', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { page } = await person.browser.open(person.request().url)
  if (!page) return t.fail()
  const { landed } = await person.browser.submit(page, {}, ['decision', 'cancel'])
  t.is(landed?.searchParams.get('error'), 'access_denied')
  t.is(landed?.searchParams.get('state'), 'the-state')
})

test('an expired sign-in offers to start the same request again, and that leads back to the app', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { url, pkce } = person.request()
  const { page } = await person.browser.open(url)
  if (!page) return t.fail()
  // An hour later.
  const past = new Date(Date.parse('2020-01-01'))
  const rows = await server.db.artifact.findMany({ where: { model: 'Interaction' } })
  for (const row of rows) {
    await server.db.artifact.update({
      where: { model_idHash: { model: row.model, idHash: row.idHash } },
      data: { expiresAt: past, payload: row.payload.replace(/"exp":\d+/, '"exp":1') },
    })
  }
  const expired = await signIn(person.browser, page)
  t.is(expired.page?.status, 400)
  const restart = /href="(\/oauth\/authorize\?[^"]+)"/.exec(expired.page?.text ?? '')?.[1]
  const again = await person.browser.open((restart ?? '').replaceAll('&amp;', '&'))
  t.true(again.page && isLogin(again.page))
  const landed = await person.answerPages(again)
  t.is(landed.searchParams.get('state'), 'the-state')
  t.is((await person.redeem(landed.searchParams.get('code') ?? '', pkce)).status, 200)
})

test('the back button after signing in leads on, not to a dead end', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { page } = await person.browser.open(person.request().url)
  if (!page) return t.fail()
  await person.answerPages(await signIn(person.browser, page))
  const again = await signIn(person.browser, page)
  const restart = /href="(\/oauth\/authorize\?[^"]+)"/.exec(again.page?.text ?? '')?.[1]
  const { landed } = await person.browser.open((restart ?? '').replaceAll('&amp;', '&'))
  t.truthy(landed?.searchParams.get('code'))
})

test('an interaction is of use only to the browser that began it', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { page } = await person.browser.open(person.request().url)
  if (!page) return t.fail()
  const stranger = createPerson(server.issuer)
  const seen = await stranger.browser.open(page.url)
  t.is(seen.page?.status, 400)
  t.false(seen.page && isLogin(seen.page))
  const tried = await signIn(stranger.browser, page)
  t.is(tried.page?.status, 400)
})

test('a sign-in form from another site is refused', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { page } = await person.browser.open(person.request().url)
  if (!page) return t.fail()
  const response = await fetch(`${page.url.href}/login`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      origin: 'http://localhost:3000',
      'sec-fetch-site': 'same-site',
    },
    body: 'login=alice&password=wonderland',
  })
  t.is(response.status, 403)
})

test('two tabs can sign in at the same time', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const one = await person.browser.open(person.request({ state: 'one' }).url)
  const two = await person.browser.open(person.request({ state: 'two' }).url)
  const second = await person.answerPages(two)
  t.is(second.searchParams.get('state'), 'two')
  t.truthy(second.searchParams.get('code'))
  const first = await person.answerPages(one)
  t.is(first.searchParams.get('state'), 'one')
  t.truthy(first.searchParams.get('code'))
})

test('signing in replaces the session cookie', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  await person.code()
  const session = () =>
    person.browser.cookies().find(({ name }) => name.endsWith('_session'))?.value
  const before = session()
  await person.code({ prompt: 'login' })
  t.truthy(before)
  t.not(session(), before)
})

test('cookies have names of our own, are HttpOnly and SameSite', async (t) => {
  const server = await start(t)
  const response = await fetch(createPerson(server.issuer).request().url, { redirect: 'manual' })
  const cookies = response.headers.getSetCookie()
  t.true(cookies.length > 0)
  for (const cookie of cookies) {
    t.regex(cookie, /^countersign_/)
    t.regex(cookie, /; httponly/i)
    t.regex(cookie, /; samesite=lax/i)
  }
})

test('when the address to return to is not registered, a page says so and nothing is sent there', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  for (const redirect_uri of [
    'https://evil.example/cb',
    'http://localhost:3000/callback/',
    'http://localhost:3001/callback',
    'http://localhost:3000/callback@evil.example',
  ]) {
    const { page } = await person.browser.open(person.request({ redirect_uri }).url)
    t.is(page?.status, 400, redirect_uri)
    t.true(page?.text.includes('return address is not registered'))
    t.regex(page?.headers.get('content-security-policy') ?? '', /default-src 'none'/)
  }
  const { page } = await person.browser.open(person.request({ client_id: 'nope' }).url)
  t.is(page?.status, 400)
  t.true(page?.text.includes('We do not know the app'))
})
