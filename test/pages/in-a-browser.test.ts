import Router from '@koa/router'
import test from 'ava'
import Koa from 'koa'
import { loginPage } from '../../src/authorization/pages/login.ts'
import { registerAssets } from '../../src/web/assets.ts'
import { sendPage } from '../../src/web/send-page.ts'
import { openBrowser } from '../helpers/browser.ts'
import { listen, serveSamples, type Handler } from './samples-server.ts'

const client = { name: 'Web' }

/** A sign-in page whose form is answered by redirects, and what the server saw of the form. */
function signInApp(formTargets: string[], location: string) {
  const seen: { origin?: string | undefined; site?: string | undefined } = {}
  const router = new Router({ sensitive: true, strict: true })
  registerAssets(router)
  router.get('/login', async (ctx) => {
    sendPage(ctx, loginPage({ action: '/login', client, login: 'alice' }), { formTargets })
  })
  router.post('/login', async (ctx) => {
    seen.origin = ctx.get('origin')
    seen.site = ctx.get('sec-fetch-site')
    ctx.status = 303
    ctx.redirect(location)
  })
  return { app: new Koa().use(router.routes()).callback(), seen }
}

function appAnswering(answer: (ctx: Koa.Context) => void): Handler {
  return new Koa().use(async (ctx) => answer(ctx)).callback()
}

test.serial('a form shows its own origin, so that a foreign one can be told apart', async (t) => {
  const browser = await openBrowser(t)
  if (!browser) return
  const { app, seen } = signInApp([], '/login?done')
  const origin = await listen(t, app)
  const page = await browser.newPage()
  await page.goto(`${origin}/login`)
  await page.fill('[name=password]', 'wonderland')
  await page.keyboard.press('Enter')
  await page.waitForURL(`${origin}/login?done`)
  t.deepEqual(seen, { origin, site: 'same-origin' })
})

test.serial(
  'a sign-in ends at the app, even when the app sends the person on to another port',
  async (t) => {
    const browser = await openBrowser(t)
    if (!browser) return
    const frontEnd = await listen(
      t,
      appAnswering((ctx) => (ctx.body = 'welcome')),
    )
    const backEnd = await listen(
      t,
      appAnswering((ctx) => ctx.redirect(`${frontEnd}/home`)),
    )
    const callback = `${backEnd}/callback`
    const origin = await listen(t, signInApp([callback], `${callback}?code=1`).app)
    const page = await browser.newPage()
    await page.goto(`${origin}/login`)
    await page.fill('[name=password]', 'wonderland')
    await page.click('button:has-text("Sign in")')
    await page.waitForURL(`${frontEnd}/home`)
    t.is(await page.textContent('body'), 'welcome')
  },
)

test.serial('a sign-in ends at an app on an IPv6 address', async (t) => {
  const browser = await openBrowser(t)
  if (!browser) return
  const callback = `${await listen(
    t,
    appAnswering((ctx) => (ctx.body = 'welcome')),
    '::1',
  )}/callback`
  const origin = await listen(t, signInApp([callback], callback).app)
  const page = await browser.newPage()
  await page.goto(`${origin}/login`)
  await page.fill('[name=password]', 'wonderland')
  await page.click('button:has-text("Sign in")')
  await page.waitForURL(callback)
  t.is(await page.textContent('body'), 'welcome')
})

test.serial('a form cannot end at an origin that the app did not register', async (t) => {
  const browser = await openBrowser(t)
  if (!browser) return
  let reached = false
  const elsewhere = await listen(
    t,
    appAnswering(() => {
      reached = true
    }),
  )
  const origin = await listen(t, signInApp(['https://app.example/cb'], `${elsewhere}/`).app)
  const page = await browser.newPage()
  const blocked = page.waitForEvent('console', (message) => message.text().includes('form-action'))
  await page.goto(`${origin}/login`)
  await page.fill('[name=password]', 'wonderland')
  await page.click('button:has-text("Sign in")')
  await blocked
  t.is(page.url(), `${origin}/login`)
  t.false(reached)
})

test.serial(
  'the sign-in page is walked with the keyboard alone: name, password, sign in, cancel',
  async (t) => {
    const browser = await openBrowser(t)
    if (!browser) return
    const origin = await serveSamples(t)
    const page = await browser.newPage()
    await page.goto(`${origin}/login`)
    const focused = () =>
      page.evaluate<string>(
        'document.activeElement.name || document.activeElement.textContent.trim()',
      )
    const order = [await focused()]
    for (let stop = 0; stop < 3; stop += 1) {
      await page.keyboard.press('Tab')
      order.push(await focused())
    }
    t.deepEqual(order, ['login', 'password', 'Sign in', 'decision'])
  },
)

test.serial(
  'after a wrong password the focus is on the password, and the reason is read with it',
  async (t) => {
    const browser = await openBrowser(t)
    if (!browser) return
    const origin = await serveSamples(t)
    const page = await browser.newPage()
    await page.goto(`${origin}/login-error`)
    t.is(await page.evaluate('document.activeElement.id'), 'password')
    const description = await page.getAttribute('#password', 'aria-describedby')
    t.is(await page.textContent(`#${description}`), 'That name and password do not match.')
    t.is(await page.getAttribute(`#${description}`, 'role'), 'alert')
  },
)
