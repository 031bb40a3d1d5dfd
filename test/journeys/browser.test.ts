import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Page } from 'playwright-core'
import { openBrowser } from '../helpers/browser.ts'
import { callApi, createPerson, type App } from '../helpers/person.ts'
import { start } from '../helpers/start.ts'

/** Set SCREENSHOTS to a folder to look at what a person sees. */
const folder = process.env['SCREENSHOTS']

async function look(page: Page, name: string): Promise<void> {
  if (folder === undefined) return
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}

/** An app on another port that shows what came back, as a client on a developer's machine does. */
async function startApp(t: ExecutionContext): Promise<string> {
  const server = createServer((req, res) => {
    res.setHeader('content-type', 'text/html')
    res.end(`<!doctype html><title>App</title><h1>App</h1><p id="url">${req.url?.length ?? 0}</p>`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return `http://localhost:${(server.address() as AddressInfo).port}`
}

for (const javaScriptEnabled of [false, true]) {
  test(`in Chromium a person signs in, consents in part, and signs out (JavaScript ${javaScriptEnabled ? 'on' : 'off'})`, async (t) => {
    const chromium = await openBrowser(t)
    if (!chromium) return
    const server = await start(t)
    const origin = await startApp(t)
    const redirectUri = `${origin}/callback`
    const { clientId, clientSecret } = await server.clients.add({
      client_name: 'Photo album',
      redirect_uris: [redirectUri],
      post_logout_redirect_uris: [`${origin}/`],
      grant_types: ['authorization_code', 'refresh_token'],
    })
    const app: App = { id: clientId, secret: clientSecret ?? '', redirectUri }
    const person = createPerson(server.issuer, app)
    const { url, pkce } = person.request({ scope: 'openid profile email notes:read notes:write' })
    const context = await chromium.newContext({ javaScriptEnabled })
    const page = await context.newPage()
    const outside: string[] = []
    page.on('request', (request) => {
      const { origin: asked } = new URL(request.url())
      if (asked !== server.issuer && asked !== origin) outside.push(request.url())
    })
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })

    await page.goto(url.href)
    await look(page, 'sign-in')
    t.true((await page.textContent('body'))?.includes('Photo album'))
    await page.fill('[name=login]', 'alice')
    await page.fill('[name=password]', 'wrong')
    await page.keyboard.press('Enter')
    await page.waitForSelector('[role=alert]')
    await look(page, 'sign-in-failed')
    t.is(await page.inputValue('[name=login]'), 'alice')
    await page.fill('[name=password]', 'wonderland')
    await page.keyboard.press('Enter')

    await page.waitForSelector('[name=scope]')
    await look(page, 'consent')
    await page.uncheck('[name=scope][value="notes:write"]')
    await page.click('button[value=allow]')
    await page.waitForURL(`${redirectUri}?**`)
    const landed = new URL(page.url())
    const answer = await person.redeem(landed.searchParams.get('code') ?? '', pkce)
    t.is(answer.status, 200)
    t.deepEqual(answer.body.scope?.split(' ').sort(), ['email', 'notes:read', 'openid', 'profile'])

    await page.goto(
      server.url(
        `/oauth/logout?${new URLSearchParams({
          id_token_hint: answer.body.id_token ?? '',
          post_logout_redirect_uri: `${origin}/`,
        })}`,
      ),
    )
    await look(page, 'sign-out')
    await page.click('button[value=yes]')
    await page.waitForURL(`${origin}/`)
    const call = await callApi(server.url('/api/whoami'), answer.body.access_token ?? '')
    t.is(call.status, 401)

    await page.goto(server.url('/oauth/logout/success'))
    await look(page, 'signed-out')
    t.deepEqual(outside, [])
    t.deepEqual(
      complaints.filter((text) => !/403|400/.test(text)),
      [],
    )
  })
}

test('in Chromium signing in as somebody else signs the first person out, and the app gets the second', async (t) => {
  const chromium = await openBrowser(t)
  if (!chromium) return
  const server = await start(t)
  const origin = await startApp(t)
  const redirectUri = `${origin}/callback`
  const { clientId, clientSecret } = await server.clients.add({ redirect_uris: [redirectUri] })
  const person = createPerson(server.issuer, {
    id: clientId,
    secret: clientSecret ?? '',
    redirectUri,
  })
  const page = await chromium.newPage()
  const signIn = async (login: string, password: string, params: Record<string, string>) => {
    const { url, pkce } = person.request({ scope: 'openid', ...params })
    await page.goto(url.href)
    await page.fill('[name=login]', login)
    await page.fill('[name=password]', password)
    await page.keyboard.press('Enter')
    await page.waitForSelector('button[value=allow]')
    await page.click('button[value=allow]')
    await page.waitForURL(`${redirectUri}?**`)
    const code = new URL(page.url()).searchParams.get('code') ?? ''
    return (await person.redeem(code, pkce)).body
  }
  const first = await signIn('alice', 'wonderland', {})
  t.is(
    (await callApi(server.url('/oauth/userinfo'), first.access_token ?? '')).body['sub'],
    'alice',
  )
  const second = await signIn('bob', 'builder', { prompt: 'login' })
  t.is((await callApi(server.url('/oauth/userinfo'), second.access_token ?? '')).body['sub'], 'bob')
  t.is((await callApi(server.url('/oauth/userinfo'), first.access_token ?? '')).status, 401)
})

test('in Chromium the error page says the plain sentence and keeps the rest folded', async (t) => {
  const chromium = await openBrowser(t)
  if (!chromium) return
  const server = await start(t)
  const page = await chromium.newPage()
  await page.goto(server.url('/oauth/authorize?client_id=nope&response_type=code'))
  await look(page, 'error')
  t.true(await page.isVisible('text=We do not know the app'))
  t.false((await page.getAttribute('details', 'open')) !== null)
  await page.goto(server.url('/'))
  await look(page, 'home')
  await page.goto(server.url('/refusals'))
  await look(page, 'refusals')
  await page.goto(server.url('/api/notes'))
  await look(page, 'refused')
  t.true(await page.isVisible('text=Please sign in'))
  await page.goto(server.url('/interaction/unknown'))
  await look(page, 'expired')
  await page.goto(server.url('/nothing-here'))
  await look(page, 'not-found')
})

test('in Chromium a page of another origin can read the challenge, and call the token endpoint as a public client', async (t) => {
  const chromium = await openBrowser(t)
  if (!chromium) return
  const server = await start(t)
  const origin = await startApp(t)
  const page = await chromium.newPage()
  await page.goto(origin)
  const seen = await page.evaluate(async (api) => {
    const response = await fetch(`${api}/api/notes`, { headers: { authorization: 'Bearer x.y' } })
    return {
      status: response.status,
      challenge: response.headers.get('www-authenticate'),
      requestId: response.headers.get('x-request-id'),
    }
  }, server.issuer)
  t.is(seen.status, 401)
  t.regex(seen.challenge ?? '', /error="invalid_token"/)
  t.truthy(seen.requestId)
  const person = createPerson(server.issuer, {
    id: 'spa',
    redirectUri: 'http://localhost:5173/callback',
  })
  const { code, pkce } = await person.code()
  const tokens = await page.evaluate(
    async ({ issuer, form }) => {
      const response = await fetch(`${issuer}/oauth/token`, {
        method: 'POST',
        body: new URLSearchParams(form),
      })
      return response.status
    },
    {
      issuer: server.issuer,
      form: {
        grant_type: 'authorization_code',
        client_id: 'spa',
        code,
        redirect_uri: 'http://localhost:5173/callback',
        code_verifier: pkce.verifier,
      },
    },
  )
  t.is(tokens, 200)
})
