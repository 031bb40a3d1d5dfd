/** Apache signs people in with mod_auth_openidc, configured as the README says. */
import test, { type ExecutionContext } from 'ava'
import type { Page } from 'playwright-core'
import { openBrowser } from '../helpers/browser.ts'
import { isInstalled } from '../helpers/installed.ts'
import { start, type TestServer } from '../helpers/start.ts'
import { APACHE, APACHE_MODULES, freePort, startApache } from '../helpers/web-server.ts'
import { asShown, runShown } from './as-shown.ts'

const NEEDED = {
  [APACHE]: 'apache2-bin',
  [`${APACHE_MODULES}/mod_auth_openidc.so`]: 'libapache2-mod-auth-openidc',
}

const echo = (name: string) => `<dt>${name}</dt><dd id="${name}"><!--#echo var="${name}" --></dd>`

const members = (origin: string) => `<!doctype html><title>Members</title><dl>
${['REMOTE_USER', 'OIDC_CLAIM_sub', 'OIDC_CLAIM_name', 'OIDC_CLAIM_email'].map(echo).join('\n')}
</dl><a href="/callback?logout=${encodeURIComponent(`${origin}/`)}">Sign out</a>`

async function startSite(t: ExecutionContext, server: TestServer): Promise<string> {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const app = { 'http://localhost:8080': origin }
  await runShown(server, asShown('mod_auth_openidc.sh', app))
  await startApache(t, {
    port,
    modules: ['auth_openidc'],
    site: asShown('mod_auth_openidc.conf', { ...app, 'http://localhost:4010': server.issuer }),
    files: {
      'index.html': '<!doctype html><title>Welcome</title>',
      'members/index.html': members(origin),
    },
  })
  return origin
}

async function signIn(page: Page, origin: string): Promise<void> {
  await page.goto(`${origin}/members/`)
  await page.fill('[name=login]', 'alice')
  await page.fill('[name=password]', 'wonderland')
  await page.keyboard.press('Enter')
  await page.click('button[value=allow]')
  await page.waitForURL(`${origin}/members/`)
}

test('mod_auth_openidc signs a person in with PKCE, state and nonce, and out at both ends', async (t) => {
  if (!isInstalled(t, NEEDED)) return
  const chromium = await openBrowser(t)
  if (!chromium) return
  const server = await start(t)
  const origin = await startSite(t, server)
  const page = await chromium.newPage()
  const asked: URL[] = []
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.href.startsWith(server.url('/oauth/authorize?'))) asked.push(url)
  })

  await signIn(page, origin)
  const params = Object.fromEntries(asked[0]?.searchParams ?? [])
  t.like(params, { response_type: 'code', client_id: 'apache', code_challenge_method: 'S256' })
  t.deepEqual(
    ['state', 'nonce', 'code_challenge'].filter((name) => !params[name]),
    [],
  )
  t.is(await page.textContent('#REMOTE_USER'), `alice@${server.issuer}`)
  t.is(await page.textContent('#OIDC_CLAIM_sub'), 'alice')
  t.is(await page.textContent('#OIDC_CLAIM_name'), 'Alice Liddell')
  t.is(await page.textContent('#OIDC_CLAIM_email'), 'alice@example.com')

  await page.click('a')
  t.true(page.url().startsWith(server.url('/oauth/logout?')))
  await page.click('button[value=yes]')
  await page.waitForURL(`${origin}/`)
  await page.goto(`${origin}/members/`)
  t.true(page.url().startsWith(server.url('/interaction/')))
  t.true(await page.isVisible('[name=password]'))
})

test('mod_auth_openidc is told of a sign-out elsewhere, and asks for a new sign-in', async (t) => {
  if (!isInstalled(t, NEEDED)) return
  const chromium = await openBrowser(t)
  if (!chromium) return
  const delivered = Promise.withResolvers<string>()
  const server = await start(t, {
    settings: { LOG_LEVEL: 'info' },
    logDestination: {
      write(line: string) {
        const { msg, clientId } = JSON.parse(line) as Record<string, unknown>
        if (msg === 'logout token delivered' && clientId === 'apache') delivered.resolve(line)
        if (String(msg).startsWith('logout token not')) delivered.reject(new Error(line))
      },
    },
  })
  const origin = await startSite(t, server)
  const context = await chromium.newContext()
  const app = await context.newPage()
  await signIn(app, origin)
  const page = await context.newPage()
  await page.goto(server.url('/account'))
  await page.click('button[value=sign-out-everywhere]')
  await delivered.promise
  await app.goto(`${origin}/members/`)
  t.true(app.url().startsWith(server.url('/interaction/')))
})
