import test from 'ava'
import { callApi, createPerson, SPA } from '../helpers/person.ts'
import { start } from '../helpers/start.ts'

const signOut = '/oauth/logout'

test('sign-out asks first, then ends the session and returns to the app with state', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const tokens = await person.tokens()
  const query = new URLSearchParams({
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: 'http://localhost:3000/',
    state: 'bye',
  })
  const asked = await person.browser.open(`${signOut}?${query}`)
  t.is(asked.page?.status, 200)
  t.is((await callApi(server.url('/api/whoami'), tokens.access_token)).status, 200)
  if (!asked.page) return
  const { landed } = await person.browser.submit(asked.page, {}, ['logout', 'yes'])
  t.is(landed?.href, 'http://localhost:3000/?state=bye')
  const again = await person.browser.open(person.request({ prompt: 'none' }).url)
  t.is(again.landed?.searchParams.get('error'), 'login_required')
})

test('signing out ends what the session gave out: the API refuses on the next call', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const tokens = await person.tokens()
  const elsewhere = await createPerson(server.issuer).tokens()
  const { page } = await person.browser.open(signOut)
  if (page) await person.browser.submit(page, {}, ['logout', 'yes'])
  const call = await callApi(server.url('/api/whoami'), tokens.access_token)
  t.is(call.status, 401)
  t.is(call.body['detail'], 'The access token was revoked')
  t.is((await person.refresh(tokens.refresh_token)).body.error, 'invalid_grant')
  // Another browser's session is none of its business.
  t.is((await callApi(server.url('/api/whoami'), elsewhere.access_token)).status, 200)
})

test('what was granted with offline_access outlives the sign-out', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const tokens = await person.tokens({
    scope: 'openid offline_access notes:read',
    prompt: 'consent',
  })
  t.true(tokens.scope.split(' ').includes('offline_access'))
  const { page } = await person.browser.open(signOut)
  if (page) await person.browser.submit(page, {}, ['logout', 'yes'])
  t.is((await callApi(server.url('/api/whoami'), tokens.access_token)).status, 200)
  t.is((await person.refresh(tokens.refresh_token)).status, 200)
})

test('the consent is still remembered after signing out', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  await person.tokens()
  const { page } = await person.browser.open(signOut)
  if (page) await person.browser.submit(page, {}, ['logout', 'yes'])
  const login = await person.browser.open(person.request().url)
  const landed = await person.answerPages(login, { decision: 'deny' })
  // Had the consent page come, it would have been denied.
  t.truthy(landed.searchParams.get('code'))
})

test('staying signed in leaves session and tokens as they were', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const tokens = await person.tokens()
  const { page } = await person.browser.open(`${signOut}?client_id=web`)
  if (page) await person.browser.submit(page, {})
  t.is((await callApi(server.url('/api/whoami'), tokens.access_token)).status, 200)
  t.is((await person.refresh(tokens.refresh_token)).status, 200)
  const again = await person.browser.open(person.request({ prompt: 'none' }).url)
  t.truthy(again.landed?.searchParams.get('code'))
  // The app is one that the session was used for, as before.
  t.is(await server.db.sessionClient.count({ where: { clientId: 'web' } }), 1)
})

test('a session that another request writes while it is signed out of does not come back', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  await person.tokens()
  const [row] = await server.db.artifact.findMany({
    where: { model: 'Session', accountId: 'alice' },
  })
  const out = await person.browser.open(signOut)
  const requests = Array.from({ length: 8 }, () =>
    person.browser.open(person.request({ prompt: 'none' }).url),
  )
  if (out.page) await person.browser.submit(out.page, {}, ['logout', 'yes'])
  await Promise.all(requests)
  const where = { model: 'Session', sessionUid: row?.sessionUid ?? '' }
  t.is(await server.db.artifact.count({ where }), 0)
})

test('an address that is not registered is not returned to', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const tokens = await person.tokens()
  const query = new URLSearchParams({
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: 'http://evil.example/',
  })
  const { page } = await person.browser.open(`${signOut}?${query}`)
  t.is(page?.status, 400)
  t.is((await callApi(server.url('/api/whoami'), tokens.access_token)).status, 200)
})

test('a sign-out form from another site is refused', async (t) => {
  const server = await start(t)
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ]) {
    const response = await fetch(server.url('/oauth/logout/confirm'), {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: 'logout=yes&xsrf=x',
    })
    t.is(response.status, 403, JSON.stringify(headers))
    const { type } = (await response.json()) as { type: string }
    t.is(type, server.url('/refusals/cross-site-form'))
  }
})

test('a public client gets a refresh token too, and it dies with the session', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer, SPA)
  const tokens = await person.tokens()
  t.is((await person.refresh(tokens.refresh_token)).status, 200)
  const fresh = await person.tokens()
  const { page } = await person.browser.open(signOut)
  if (page) await person.browser.submit(page, {}, ['logout', 'yes'])
  t.is((await person.refresh(fresh.refresh_token)).status, 400)
})
