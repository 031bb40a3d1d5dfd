import test from 'ava'
import { checkboxesOf } from '../../scripts/kit/browser.ts'
import { createPerson, claimsOf, isConsent, isLogin, signIn } from '../helpers/person.ts'
import { start } from '../helpers/start.ts'

test('the consent page names the app and each scope in words, all checked at first', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { url } = person.request({ scope: 'openid email notes:read notes:write' })
  const login = await person.browser.open(url)
  t.true(login.page && isLogin(login.page))
  const { page } = login.page ? await signIn(person.browser, login.page) : login
  t.true(page && isConsent(page))
  if (!page) return
  t.deepEqual(checkboxesOf(page, 'scope'), [
    { value: 'email', checked: true },
    { value: 'notes:read', checked: true },
    { value: 'notes:write', checked: true },
  ])
  for (const words of ['Know who you are', 'See your email address', 'Read your notes']) {
    t.true(page.text.includes(words), words)
  }
})

test('a person may grant a part, and the token has that part', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const tokens = await person.tokens(
    { scope: 'openid email notes:read notes:write' },
    { scope: ['notes:read'] },
  )
  t.deepEqual(tokens.scope.split(' ').sort(), ['notes:read', 'openid'])
  t.false('email' in claimsOf(tokens.id_token))
})

test('what was allowed is not asked again, what was left out is', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  await person.tokens({ scope: 'openid notes:read notes:write' }, { scope: ['notes:read'] })
  const again = await person.browser.open(person.request({ scope: 'openid notes:read' }).url)
  t.truthy(again.landed?.searchParams.get('code'))
  const more = await person.browser.open(
    person.request({ scope: 'openid notes:read notes:write' }).url,
  )
  t.true(more.page && isConsent(more.page))
  // Also in another browser, where the person has to sign in but not to consent.
  const elsewhere = createPerson(server.issuer)
  const login = await elsewhere.browser.open(elsewhere.request({ scope: 'openid notes:read' }).url)
  t.true(login.page && isLogin(login.page))
  const back = login.page && (await signIn(elsewhere.browser, login.page))
  t.truthy(back?.landed?.searchParams.get('code'))
})

test('who asks for more asks for that alone, and the page says what was allowed before', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  await person.tokens({ scope: 'openid email notes:read' })
  const since = async () =>
    Object.fromEntries(
      (await server.db.consent.findMany()).map((row) => [row.resource, row.grantedAt.getTime()]),
    )
  const before = await since()
  const { url, pkce } = person.request({ scope: 'openid email notes:read notes:write' })
  const { page } = await person.browser.open(url)
  t.true(page && isConsent(page))
  if (!page) return
  t.deepEqual(checkboxesOf(page, 'scope'), [{ value: 'notes:write', checked: true }])
  const [, settled = ''] = page.text.split('You allowed this before')
  for (const words of ['See your email address', 'Read your notes']) {
    t.true(settled.includes(words), words)
  }
  // Leaving the new one out takes nothing away.
  const { landed } = await person.browser.submit(page, {}, ['decision', 'allow'])
  const { body } = await person.redeem(landed?.searchParams.get('code') ?? '', pkce)
  t.deepEqual(body.scope?.split(' ').sort(), ['email', 'notes:read', 'openid'])
  t.deepEqual(await since(), before)
  const more = await person.tokens({ scope: 'openid email notes:read notes:write' })
  t.deepEqual(more.scope.split(' ').sort(), ['email', 'notes:read', 'notes:write', 'openid'])
  const after = await since()
  t.is(after[''], before[''])
  t.true((after[`${server.issuer}/api`] ?? 0) > (before[`${server.issuer}/api`] ?? 0))
})

test('an API that an app knows already is not asked for again beside another one', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  await person.tokens({ scope: 'openid notes:read' })
  const { page } = await person.browser.open(
    person.request({ scope: 'openid notes:read ledger:read' }).url,
  )
  t.deepEqual(page && checkboxesOf(page, 'scope'), [{ value: 'ledger:read', checked: true }])
  // Without the old ones a request is for what is new alone, and takes nothing away.
  const { url } = person.request({ scope: 'openid email' })
  const alone = await person.browser.open(url)
  t.deepEqual(alone.page && checkboxesOf(alone.page, 'scope'), [{ value: 'email', checked: true }])
  if (alone.page) await person.browser.submit(alone.page, { scope: 'email' }, ['decision', 'allow'])
  const back = await person.browser.open(person.request({ scope: 'openid email notes:read' }).url)
  t.truthy(back.landed?.searchParams.get('code'))
})

test('prompt=consent asks again, and what is left out then is forgotten', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  await person.tokens({ scope: 'openid email notes:read' })
  const narrowed = await person.tokens(
    { scope: 'openid email notes:read', prompt: 'consent' },
    { scope: ['notes:read'] },
  )
  t.deepEqual(narrowed.scope.split(' ').sort(), ['notes:read', 'openid'])
  const again = await person.browser.open(person.request({ scope: 'openid email' }).url)
  t.true(again.page && isConsent(again.page))
})

test('Deny sends access_denied with state and iss, and nothing is remembered', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { landed } = await person.code({}, { decision: 'deny' })
  t.is(landed.searchParams.get('error'), 'access_denied')
  t.is(landed.searchParams.get('state'), 'the-state')
  t.is(landed.searchParams.get('iss'), server.issuer)
  t.is(await server.db.consent.count(), 0)
})

test('leaving out every scope where no openid was asked is a no as well', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { landed } = await person.code({ scope: 'notes:read' }, { scope: [] })
  t.is(landed.searchParams.get('error'), 'access_denied')
})

test('prompt=none never shows a page: login_required, then consent_required, then a code', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const silent = async (scope: string) => {
    const { landed } = await person.browser.open(person.request({ scope, prompt: 'none' }).url)
    return landed?.searchParams
  }
  t.is((await silent('openid'))?.get('error'), 'login_required')
  await person.tokens({ scope: 'openid' })
  t.is((await silent('openid notes:read'))?.get('error'), 'consent_required')
  t.truthy((await silent('openid'))?.get('code'))
})

test('prompt=login and an exceeded max_age ask for the password again', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  await person.tokens({ scope: 'openid' })
  const login = await person.browser.open(person.request({ scope: 'openid', prompt: 'login' }).url)
  t.true(login.page && isLogin(login.page))
  const zero = await person.browser.open(person.request({ scope: 'openid', max_age: '0' }).url)
  t.true(zero.page && isLogin(zero.page))
  const young = await person.browser.open(person.request({ scope: 'openid', max_age: '600' }).url)
  t.truthy(young.landed?.searchParams.get('code'))
})

test('login_hint fills in the name', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { page } = await person.browser.open(person.request({ login_hint: 'bo"b<' }).url)
  t.regex(
    page?.text ?? '',
    /name="login"[^>]*value="bo&quot;b(<|&lt;)"|value="bo&quot;b(<|&lt;)"[^>]*name="login"/,
  )
})

test('an id_token_hint of somebody else asks for a sign-in', async (t) => {
  const server = await start(t)
  const bob = await createPerson(server.issuer).tokens({ scope: 'openid' }, { login: 'bob' })
  const person = createPerson(server.issuer)
  const alice = await person.tokens({ scope: 'openid' })
  const own = await person.browser.open(
    person.request({ scope: 'openid', id_token_hint: alice.id_token, prompt: 'none' }).url,
  )
  t.truthy(own.landed?.searchParams.get('code'))
  const foreign = await person.browser.open(
    person.request({ scope: 'openid', id_token_hint: bob.id_token, prompt: 'none' }).url,
  )
  t.is(foreign.landed?.searchParams.get('error'), 'login_required')
})

test('every authorization is a family of its own', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const [one, two] = [await person.tokens(), await person.tokens()]
  t.not(claimsOf(one.access_token)['grant_id'], claimsOf(two.access_token)['grant_id'])
})

test('a consent page left open is not answered for the person who signed in since', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const login = await person.browser.open(person.request().url)
  const consent = login.page && (await signIn(person.browser, login.page, 'alice'))
  t.true(consent?.page && isConsent(consent.page))
  // Another tab: sign out, and bob signs in.
  const out = await person.browser.open('/oauth/logout')
  if (out.page) await person.browser.submit(out.page, {}, ['logout', 'yes'])
  await person.tokens({ scope: 'openid' }, { login: 'bob' })
  if (!consent?.page) return
  const late = await person.browser.submit(consent.page, { scope: ['notes:read'] }, [
    'decision',
    'allow',
  ])
  t.is(late.page?.status, 400)
  t.is(await server.db.consent.count({ where: { sub: 'alice' } }), 0)
})
