import { setTimeout as pause } from 'node:timers/promises'
import test from 'ava'
import { checkboxesOf } from '../../scripts/kit/browser.ts'
import {
  callApi,
  claimsOf,
  createPerson,
  isConsent,
  isLogin,
  post,
  signIn,
} from '../helpers/person.ts'
import type { ClientInput } from '../../src/directory/clients.ts'
import { start, type TestServer } from '../helpers/start.ts'

/** Makes every session look as if the password had been typed this many seconds earlier. */
async function ageSessions({ db }: TestServer, seconds: number): Promise<void> {
  for (const row of await db.artifact.findMany({ where: { model: 'Session' } })) {
    const payload = row.payload.replace(/"loginTs":(\d+)/, (_, at: string) => {
      return `"loginTs":${Number(at) - seconds}`
    })
    await db.artifact.update({
      where: { model_idHash: { model: row.model, idHash: row.idHash } },
      data: { payload },
    })
  }
}

test('a yes counts for the person who gave it, not for whoever signs in before the code is issued', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  await person.tokens({ scope: 'openid' }, { login: 'alice' })
  const consent = await person.browser.open(person.request({ max_age: '60' }).url)
  t.true(consent.page && isConsent(consent.page))
  if (!consent.page) return
  await ageSessions(server, 120)
  // The sign-in is too old by now, so after the yes the password is asked for again.
  const again = await person.browser.submit(consent.page, { scope: ['profile', 'notes:read'] }, [
    'decision',
    'allow',
  ])
  t.true(again.page && isLogin(again.page))
  if (!again.page) return
  let next = await signIn(person.browser, again.page, 'bob')
  // The engine's page signs alice out first; it sends itself with JavaScript, or with a button.
  if (next.page && !isConsent(next.page)) next = await person.browser.submit(next.page, {})
  t.true(next.page && isConsent(next.page), 'bob is asked himself')
  t.is(await server.db.consent.count({ where: { sub: 'bob' } }), 0)
})

test('auth_time is when the password was typed, not when the consent page was answered', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { url, pkce } = person.request({ scope: 'openid notes:read' })
  const login = await person.browser.open(url)
  const consent = login.page && (await signIn(person.browser, login.page))
  if (!consent?.page) return t.fail()
  // An hour passes at the consent page.
  const rows = await server.db.artifact.findMany({ where: { model: 'Interaction' } })
  const pending = rows.find(({ consumedAt }) => consumedAt === null)
  const typed = Number(/"ts":(\d+)/.exec(pending?.payload ?? '')?.[1])
  t.true(Number.isInteger(typed))
  await server.db.artifact.updateMany({
    where: { model: 'Interaction', consumedAt: null },
    data: { payload: pending?.payload.replace(/"ts":\d+/, `"ts":${typed - 3600}`) ?? '' },
  })
  const back = await person.answerPages(consent)
  const { body } = await person.redeem(back.searchParams.get('code') ?? '', pkce)
  t.is(claimsOf(body.access_token ?? '')['auth_time'], typed - 3600)
})

test('what is under way while a person signs out comes to nothing', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  await person.tokens()
  const asked = await person.browser.open('/oauth/logout')
  if (!asked.page) return t.fail()
  const confirm = person.browser.submit(asked.page, {}, ['logout', 'yes'])
  const underWay = Array.from({ length: 6 }, async () => {
    const { url, pkce } = person.request()
    const { landed } = await person.browser.open(url)
    return { code: landed?.searchParams.get('code') ?? '', pkce }
  })
  const codes = (await Promise.all(underWay)).filter(({ code }) => code !== '')
  await confirm
  for (const { code, pkce } of codes) {
    const answer = await person.redeem(code, pkce)
    t.deepEqual([answer.status, answer.body.error], [400, 'invalid_grant'])
  }
  t.is(await server.db.artifact.count({ where: { model: 'RefreshToken', consumedAt: null } }), 0)
})

test('a code of a session that was signed out of is not redeemed', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { code, pkce } = await person.code()
  const session = await server.db.artifact.findFirstOrThrow({ where: { model: 'Session' } })
  const grant = await server.db.artifact.findFirstOrThrow({ where: { model: 'Grant' } })
  await server.families.endSession(session.sessionUid ?? '')
  // As if this Grant had been stored a moment after the others were ended.
  await server.db.artifact.create({ data: grant })
  t.is((await person.redeem(code, pkce)).body.error, 'invalid_grant')
})

test('a refresh that is refused for its resource leaves the token as it was', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const tokens = await person.tokens()
  for (const resource of ['https://unknown.example/', server.url('/ledger')]) {
    const refused = await person.refresh(tokens.refresh_token, { resource })
    t.deepEqual([refused.status, refused.body.error], [400, 'invalid_target'])
  }
  t.is((await callApi(server.url('/api/whoami'), tokens.access_token)).status, 200)
  t.is((await person.refresh(tokens.refresh_token)).status, 200)
})

test('a refresh that meets a database out of reach is 503, and the same token works later', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const tokens = await person.tokens()
  // New rows cannot be written; everything else goes on.
  await server.db.$executeRawUnsafe(
    `CREATE TRIGGER full BEFORE INSERT ON "Artifact" BEGIN INSERT INTO "Gone" VALUES (1); END`,
  )
  const refused = await person.refresh(tokens.refresh_token)
  t.is(refused.status, 503)
  t.is(refused.headers.get('retry-after'), '30')
  await server.db.$executeRawUnsafe('DROP TRIGGER full')
  t.is((await person.refresh(tokens.refresh_token)).status, 200)
})

test('scopes that nobody defined are not on the consent page, whatever their names', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { url } = person.request({ scope: 'openid constructor __proto__ toString nope notes:read' })
  const login = await person.browser.open(url)
  const consent = login.page && (await signIn(person.browser, login.page))
  if (!consent?.page) return t.fail()
  t.deepEqual(
    checkboxesOf(consent.page, 'scope').map(({ value }) => value),
    ['notes:read'],
  )
})

test('the pages the engine makes have a policy as ours do', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  await person.tokens()
  const pages = [
    await createPerson(server.issuer).browser.open('/oauth/logout'),
    await person.browser.open(person.request({ response_mode: 'form_post' }).url),
  ]
  for (const { page } of pages) {
    const policy = page?.headers.get('content-security-policy') ?? ''
    t.regex(policy, /default-src 'none'; script-src 'sha256-[^']+'/)
    t.is(page?.headers.get('x-frame-options'), 'DENY')
  }
  const formPost = pages[1]?.page?.headers.get('content-security-policy') ?? ''
  t.true(formPost.includes('http://localhost:3000'))
})

test('looking with HEAD gives out no code, and OPTIONS tells what there is', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  await person.tokens()
  const before = await server.db.artifact.count({ where: { model: 'Grant' } })
  const cookie = person.browser
    .cookies()
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ')
  const head = await fetch(person.request().url, {
    method: 'HEAD',
    headers: { cookie },
    redirect: 'manual',
  })
  t.is(head.status, 405)
  t.is(head.headers.get('allow'), 'GET')
  t.is(await server.db.artifact.count({ where: { model: 'Grant' } }), before)
  const options = await fetch(server.url('/oauth/token'), { method: 'OPTIONS' })
  t.is(options.status, 204)
  t.is(options.headers.get('allow'), 'POST, OPTIONS')
  t.is((await fetch(server.url('/oauth/jwks'), { method: 'HEAD' })).status, 200)
})

test('two servers on two ports leave each other’s cookies alone', async (t) => {
  const [one, two] = [await start(t), await start(t)]
  const names = async (server: TestServer) => {
    const person = createPerson(server.issuer)
    await person.code()
    return person.browser.cookies().map(({ name }) => name)
  }
  const [ours, theirs] = [await names(one), await names(two)]
  t.true(ours.length > 0)
  t.deepEqual(
    ours.filter((name) => theirs.includes(name)),
    [],
  )
})

test('a client registered again under its old id does not bring old tokens back to life', async (t) => {
  const server = await start(t)
  const input: ClientInput = {
    client_id: 'again',
    grant_types: ['client_credentials'],
    redirect_uris: [],
  }
  const tokenOf = async (secret: string) => {
    const app = { id: 'again', secret, redirectUri: '' }
    const form = { grant_type: 'client_credentials', scope: 'notes:read' }
    return (await post(server.url('/oauth/token'), form, app)).body.access_token ?? ''
  }
  const first = await server.clients.add(input)
  const old = await tokenOf(first.clientSecret ?? '')
  t.is((await callApi(server.url('/api/whoami'), old)).status, 200)
  // Tokens tell their time in whole seconds.
  await pause(1000 - (Date.now() % 1000))
  await server.clients.remove('again')
  t.is((await callApi(server.url('/api/whoami'), old)).status, 401)
  const second = await server.clients.add(input)
  const fresh = await tokenOf(second.clientSecret ?? '')
  t.is((await callApi(server.url('/api/whoami'), fresh)).status, 200)
  t.is((await callApi(server.url('/api/whoami'), old)).status, 401)
})

test('an ID token sent as a hint does not stand in the database', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const tokens = await person.tokens({ scope: 'openid' })
  await person.browser.open(person.request({ id_token_hint: tokens.id_token, prompt: 'login' }).url)
  const rows = JSON.stringify(await server.db.artifact.findMany())
  t.true(rows.includes('id_token_hint'))
  t.false(rows.includes(tokens.id_token))
})
