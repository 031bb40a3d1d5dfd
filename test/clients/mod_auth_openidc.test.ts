/** Apache signs people in with mod_auth_openidc, configured as the README says. */
import test, { type ExecutionContext } from 'ava'
import type { Page } from 'playwright-core'
import { openBrowser } from '../helpers/browser.ts'
import { isInstalled } from '../helpers/installed.ts'
import { headerOf } from '../helpers/person.ts'
import { start, type TestServer } from '../helpers/start.ts'
import { APACHE, APACHE_MODULES, freePort, startApache } from '../helpers/web-server.ts'
import { asShown, runShown } from './as-shown.ts'

const NEEDED = {
  [APACHE]: 'apache2-bin',
  [`${APACHE_MODULES}/mod_auth_openidc.so`]: 'libapache2-mod-auth-openidc',
}

const SHOWN = [
  ...['REMOTE_USER', 'OIDC_CLAIM_sub', 'OIDC_CLAIM_name', 'OIDC_CLAIM_email'],
  'OIDC_id_token',
]

const echo = (name: string) => `<dt>${name}</dt><dd id="${name}"><!--#echo var="${name}" --></dd>`

const members = (origin: string) => `<!doctype html><title>Members</title><dl>
${SHOWN.map(echo).join('\n')}
</dl><a href="/callback?logout=${encodeURIComponent(`${origin}/`)}">Sign out</a>`

const registerAsShown = (server: TestServer, origin: string): Promise<unknown> =>
  runShown(server, asShown('mod_auth_openidc.sh', { 'http://localhost:8080': origin }))

/** The same, with ES256 for what it is told in JWTs, which the command has no option for. */
const registerForEs256 = ({ clients }: TestServer, origin: string): Promise<unknown> =>
  clients.add({
    client_id: 'apache',
    client_secret: 'apache-secret',
    redirect_uris: [`${origin}/callback`],
    backchannel_logout_uri: `${origin}/callback?logout=backchannel`,
    backchannel_logout_session_required: true,
    id_token_signed_response_alg: 'ES256',
  })

async function startSite(
  t: ExecutionContext,
  server: TestServer,
  register = registerAsShown,
): Promise<string> {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  await register(server, origin)
  await startApache(t, {
    port,
    modules: ['auth_openidc'],
    site: `${asShown('mod_auth_openidc.conf', {
      'http://localhost:8080': origin,
      'http://localhost:4010': server.issuer,
    })}
OIDCPassIDTokenAs claims serialized`,
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
  t.is(headerOf((await page.textContent('#OIDC_id_token')) ?? '')['alg'], 'RS256')

  await page.click('a')
  t.true(page.url().startsWith(server.url('/oauth/logout?')))
  await page.click('button[value=yes]')
  await page.waitForURL(`${origin}/`)
  await page.goto(`${origin}/members/`)
  t.true(page.url().startsWith(server.url('/interaction/')))
  t.true(await page.isVisible('[name=password]'))
})

test('mod_auth_openidc takes ES256, is told of a sign-out elsewhere, and asks for a new sign-in', async (t) => {
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
  const origin = await startSite(t, server, registerForEs256)
  const context = await chromium.newContext()
  const app = await context.newPage()
  await signIn(app, origin)
  t.is(headerOf((await app.textContent('#OIDC_id_token')) ?? '')['alg'], 'ES256')
  const page = await context.newPage()
  await page.goto(server.url('/account'))
  await page.click('button[value=sign-out-everywhere]')
  await delivered.promise
  await app.goto(`${origin}/members/`)
  t.true(app.url().startsWith(server.url('/interaction/')))
})
