/** Ten at once for what counts once: at most one wins, the others get the RFC's error, on both databases. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { createBrowser } from '../../scripts/kit/browser.ts'
import { basicCredentials, formRequest } from '../../scripts/kit/client.ts'
import { createProofKey, proofFor } from '../../src/lab/proof.ts'
import { allowDevice, assertRefused, startDevice, TV } from '../helpers/device.ts'
import { callApi, createPerson, isConsent, post, signIn, WEB, type App } from '../helpers/person.ts'
import { postgresTests } from '../helpers/postgres.ts'
import { start, type TestServer } from '../helpers/start.ts'

const postgres = await postgresTests(test)

/** The same on SQLite and PostgreSQL. */
function race(title: string, run: (t: ExecutionContext, server: TestServer) => Promise<void>) {
  test(`SQLite: ${title}`, async (t) => run(t, await start(t)))
  postgres.test(title, async (t) => {
    const DATABASE_URL = await postgres.empty(t)
    await run(t, await start(t, { settings: { DATABASE_URL } }))
  })
}

const ten = <Result>(attempt: (index: number) => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: 10 }, (_, index) => attempt(index)))

const cookiesOf = (browser: ReturnType<typeof createBrowser>, path: string): string =>
  browser
    .cookies()
    .filter((cookie) => path.startsWith(cookie.path))
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ')

// On SQLite one code and one refresh token race in single-use.test.ts.
postgres.test('of ten uses of one code, at most one wins and the family ends', async (t) => {
  const server = await start(t, { settings: { DATABASE_URL: await postgres.empty(t) } })
  const person = createPerson(server.issuer)
  const { code, pkce } = await person.code()
  const answers = await ten(() => person.redeem(code, pkce))
  const won = answers.filter(({ status }) => status === 200)
  t.true(won.length <= 1)
  for (const { status, body } of answers) {
    if (status !== 200) t.deepEqual([status, body.error], [400, 'invalid_grant'])
  }
  for (const { body } of won) {
    t.is((await callApi(server.url('/api/whoami'), body.access_token ?? '')).status, 401)
    t.is((await person.refresh(body.refresh_token ?? '')).body.error, 'invalid_grant')
  }
})

postgres.test(
  'of ten uses of one refresh token, at most one wins and the family ends',
  async (t) => {
    const server = await start(t, { settings: { DATABASE_URL: await postgres.empty(t) } })
    const person = createPerson(server.issuer)
    const tokens = await person.tokens()
    const answers = await ten(() => person.refresh(tokens.refresh_token))
    const won = answers.filter(({ status }) => status === 200)
    t.true(won.length <= 1)
    for (const { status, body } of answers) {
      if (status !== 200) t.deepEqual([status, body.error], [400, 'invalid_grant'])
    }
    for (const { access_token } of [tokens, ...won.map(({ body }) => body)]) {
      t.is((await callApi(server.url('/api/whoami'), access_token ?? '')).status, 401)
    }
  },
)

race(
  'of ten uses of one pushed request, one gives a code, and that code works',
  async (t, server) => {
    const person = createPerson(server.issuer)
    await person.tokens()
    const { url, pkce } = person.request()
    const pushed = await post(server.url('/oauth/par'), Object.fromEntries(url.searchParams), WEB)
    t.is(pushed.status, 201)
    const target = new URL(server.url('/oauth/authorize'))
    target.searchParams.set('client_id', WEB.id)
    target.searchParams.set('request_uri', String(pushed.body['request_uri']))
    const cookie = cookiesOf(person.browser, '/oauth/authorize')
    const answers = await ten(async () => {
      const response = await fetch(target, { headers: { cookie }, redirect: 'manual' })
      return {
        status: response.status,
        location: response.headers.get('location') ?? '',
        text: await response.text(),
      }
    })
    const codes = answers.flatMap(
      ({ location }) => URL.parse(location)?.searchParams.get('code') ?? [],
    )
    t.is(codes.length, 1)
    for (const { status, location, text } of answers) {
      if (location.includes('code=')) continue
      t.is(status, 400)
      t.regex(text, /authz-par-expired/)
    }
    t.is((await person.redeem(codes[0] ?? '', pkce)).status, 200)
  },
)

// RFC 8628 has no rule for a second use: a device that polled twice is no thief, so the winner keeps what it was given.
race(
  'of ten polls with one device code after a yes, one is given tokens, and they work, also after one more',
  async (t, server) => {
    const device = await startDevice(server.issuer)
    await allowDevice(server.issuer, device)
    const answers = await ten(() => device.poll())
    const [won, ...more] = answers.filter(({ status }) => status === 200)
    t.deepEqual(more, [])
    for (const answer of [...answers, await device.poll()]) {
      if (answer !== won) assertRefused(t, server, answer, 'device-code-invalid')
    }
    const tokens = won?.body
    t.is((await callApi(server.url('/api/notes'), tokens?.access_token ?? '')).status, 200)
    const tv = createPerson(server.issuer, TV)
    t.is((await tv.refresh(tokens?.refresh_token ?? '')).status, 200)
  },
)

race('of ten uses of one proof at the token endpoint, one counts', async (t, server) => {
  const url = server.url('/oauth/token')
  const proof = proofFor({ method: 'POST', url, key: createProofKey() })
  const form = { grant_type: 'client_credentials', scope: 'notes:read' }
  const authorization = basicCredentials('service', 'service-secret')
  const answers = await ten(async () => {
    const response = await fetch(url, formRequest(form, { authorization, dpop: proof }))
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  })
  t.is(answers.filter(({ status }) => status === 200).length, 1)
  for (const { status, body } of answers) {
    if (status === 200) t.is(body['token_type'], 'DPoP')
    else t.deepEqual([status, body['error']], [400, 'invalid_dpop_proof'])
  }
})

race('of ten uses of one proof at the API, one counts', async (t, server) => {
  const key = createProofKey()
  const tokenUrl = server.url('/oauth/token')
  const issued = await fetch(
    tokenUrl,
    formRequest(
      { grant_type: 'client_credentials', scope: 'notes:read' },
      {
        authorization: basicCredentials('service', 'service-secret'),
        dpop: proofFor({ method: 'POST', url: tokenUrl, key }),
      },
    ),
  )
  const { access_token: token } = (await issued.json()) as { access_token: string }
  const url = server.url('/api/whoami')
  const headers = {
    authorization: `DPoP ${token}`,
    dpop: proofFor({ method: 'GET', url, key, token }),
  }
  const answers = await ten(async () => fetch(url, { headers }))
  t.is(answers.filter(({ status }) => status === 200).length, 1)
  for (const { status, headers } of answers) {
    if (status === 200) continue
    t.is(status, 401)
    t.regex(headers.get('www-authenticate') ?? '', /DPoP .*error="invalid_dpop_proof"/)
  }
})

/** A client that somebody registers, and what its management takes (RFC 7592). */
async function register(server: TestServer) {
  const response = await fetch(server.url('/oauth/register'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: [WEB.redirectUri] }),
  })
  if (response.status !== 201) throw new Error(await response.text())
  const registered = (await response.json()) as Record<string, string>
  const clientId = registered['client_id'] ?? ''
  const uri = registered['registration_client_uri'] ?? ''
  const authorization = `Bearer ${registered['registration_access_token'] ?? ''}`
  const change = (name: string) =>
    fetch(uri, {
      method: 'PUT',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({
        client_id: clientId,
        client_name: name,
        redirect_uris: [WEB.redirectUri],
      }),
    })
  return { clientId, uri, authorization, change }
}

race(
  'an update of a registration that ends while it is checked finds it gone, and does not bring it back',
  async (t, server) => {
    const { clientId, change } = await register(server)
    t.is((await change('before')).status, 200)
    const update = server.clients.update.bind(server.clients)
    server.clients.update = async (...args) => {
      await server.clients.remove(clientId)
      return update(...args)
    }
    const late = await change('after')
    t.is(late.status, 401)
    const { error_uri: row } = (await late.json()) as { error_uri: string }
    t.is(row, server.url('/refusals/registration-gone'))
    t.is(await server.clients.find(clientId), undefined)
    t.is(await server.db.client.count({ where: { clientId } }), 0)
  },
)

race(
  'of nine updates of one registration and its end at once, the end is what stays',
  async (t, server) => {
    const { clientId, uri, authorization, change } = await register(server)
    const answers = await ten((index) =>
      index === 4
        ? fetch(uri, { method: 'DELETE', headers: { authorization } })
        : change(`name ${index}`),
    )
    t.is(answers[4]?.status, 204)
    for (const { status } of answers) t.true([200, 204, 401].includes(status), String(status))
    t.is(await server.clients.find(clientId), undefined)
  },
)

race(
  'of ten ends of one registration, one does it, and the others find it gone',
  async (t, server) => {
    const { clientId, uri, authorization } = await register(server)
    const answers = await ten(() => fetch(uri, { method: 'DELETE', headers: { authorization } }))
    t.is(answers.filter(({ status }) => status === 204).length, 1)
    for (const { status, headers } of answers) {
      if (status === 204) continue
      t.is(status, 401)
      t.regex(headers.get('www-authenticate') ?? '', /error="invalid_token"/)
    }
    t.is(await server.clients.find(clientId), undefined)
  },
)

race('of ten resumes of one sign-in, one gives a code, and that code works', async (t, server) => {
  const person = createPerson(server.issuer)
  const { url, pkce } = person.request({ scope: 'openid notes:read' })
  const login = await person.browser.open(url)
  const consent = login.page && (await signIn(person.browser, login.page))
  if (!consent?.page || !isConsent(consent.page)) return t.fail()
  const path = consent.page.url.pathname
  const answered = await fetch(server.url(`${path}/consent`), {
    method: 'POST',
    headers: {
      cookie: cookiesOf(person.browser, path),
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'scope=notes%3Aread&decision=allow',
    redirect: 'manual',
  })
  const resume = new URL(answered.headers.get('location') ?? '', server.issuer)
  const cookie = cookiesOf(person.browser, resume.pathname)
  const answers = await ten(() => fetch(resume, { headers: { cookie }, redirect: 'manual' }))
  const codes = answers.flatMap(
    ({ headers }) => URL.parse(headers.get('location') ?? '')?.searchParams.get('code') ?? [],
  )
  t.is(codes.length, 1)
  for (const response of answers) {
    if (response.status === 303) continue
    t.is(response.status, 400)
    t.regex(await response.text(), /start|again/i)
  }
  t.is((await person.redeem(codes[0] ?? '', pkce)).status, 200)
})

race(
  'two apps that are new to a session come in at once, and both are remembered in it',
  async (t, server) => {
    const apps: App[] = []
    for (const id of ['one', 'two']) {
      const redirectUri = `http://localhost:9000/${id}`
      await server.clients.add({
        client_id: id,
        client_secret: `${id}-secret`,
        redirect_uris: [redirectUri],
      })
      apps.push({ id, secret: `${id}-secret`, redirectUri })
    }
    const person = createPerson(server.issuer)
    await person.code()
    const codes = await Promise.all(
      apps.map(async (app) => {
        const { url, pkce } = person.request({ client_id: app.id, redirect_uri: app.redirectUri })
        const landed = await person.answerPages(await person.browser.open(url))
        return { app, pkce, code: landed.searchParams.get('code') ?? '' }
      }),
    )
    for (const { app, code, pkce } of codes) {
      t.is((await createPerson(server.issuer, app).redeem(code, pkce)).status, 200, app.id)
    }
    const rows = await server.db.sessionClient.findMany({ select: { clientId: true } })
    t.deepEqual(rows.map(({ clientId }) => clientId).sort(), ['one', 'two', 'web'])
  },
)
