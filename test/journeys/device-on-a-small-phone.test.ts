/** The pages of the device flow (RFC 8628 §3.3) at 360 by 640, and with text twice as large, in Chromium. */
import test from 'ava'
import type { Page } from 'playwright-core'
import { openBrowser } from '../helpers/browser.ts'
import { startDevice } from '../helpers/device.ts'
import { start } from '../helpers/start.ts'

/** What does not fit: too wide a page, controls beside the window or too small for a finger, text cut off. */
const FAULTS = `(() => {
  const faults = []
  const root = document.scrollingElement
  if (root.scrollWidth > innerWidth) faults.push('the page is ' + root.scrollWidth + ' wide')
  for (const one of document.querySelectorAll('button, input:not([type=hidden]), main a, summary')) {
    const { left, right, height, width } = one.getBoundingClientRect()
    const name = one.name || one.textContent.trim()
    if (width === 0) continue
    if (left < 0 || right > innerWidth) faults.push(name + ' is beside the window')
    // WCAG 2.2, 2.5.8: 24 by 24, but for links within a sentence.
    const small = one.type === 'checkbox' ? one.closest('label').getBoundingClientRect().height : height
    if (one.localName !== 'a' && small < 24) faults.push(name + ' is ' + small + ' high')
  }
  for (const one of document.querySelectorAll('main *')) {
    const style = getComputedStyle(one)
    if (style.overflowX === 'hidden' && one.scrollWidth > one.clientWidth + 1) {
      faults.push('cut off: ' + one.textContent.trim().slice(0, 40))
    }
  }
  return faults
})()`

for (const zoom of [100, 200]) {
  test(`on a phone of 360 by 640, text at ${zoom} %, every page of the device flow fits, and its buttons are reached`, async (t) => {
    const chromium = await openBrowser(t)
    if (!chromium) return
    const server = await start(t)
    const device = await startDevice(server.issuer, {
      scope: 'openid profile email roles offline_access notes:read notes:write transfers:write',
      prompt: 'consent',
      acr_values: 'urn:countersign:mfa',
      authorization_details: JSON.stringify([
        { type: 'transfer', amount: 2_147_483_647, currency: 'EUR', payee: 'bob' },
      ]),
    })
    const context = await chromium.newContext({
      viewport: { width: 360, height: 640 },
      isMobile: true,
      hasTouch: true,
      deviceScaleFactor: 2,
    })
    const page = await context.newPage()
    const seen: string[] = []
    const fits = async (name: string) => {
      await enlarge(page, zoom)
      seen.push(name)
      t.deepEqual(await page.evaluate(FAULTS), [], `${name} at ${page.url()}`)
      const folder = process.env['SCREENSHOTS']
      if (folder) await page.screenshot({ path: `${folder}/${name}-${zoom}.png`, fullPage: true })
    }
    await page.goto(server.url('/device'))
    await fits('code')
    await page.fill('[name=user_code]', 'BCDFGHJK')
    await page.tap('button')
    await page.waitForSelector('[role=alert]')
    await fits('code-unknown')
    await page.goto(device.verification_uri_complete)
    await fits('confirm')
    await page.tap('button[value=allow]')
    await page.waitForSelector('[name=login]')
    await fits('login')
    await page.fill('[name=login]', 'alice')
    await page.fill('[name=password]', 'wonderland')
    await page.tap('button:not([value])')
    await page.waitForSelector('[name=code]')
    await fits('second-step')
    await page.fill('[name=code]', (await page.textContent('code.copy')) ?? '')
    await page.tap('button:not([value])')
    await page.waitForSelector('[name=scope]')
    t.regex((await page.textContent('main')) ?? '', /Transfer EUR\s21,474,836\.47 to bob/)
    await fits('consent')
    await page.tap('button[value=allow]')
    await page.waitForSelector('text=You can go back to your device.')
    await fits('done')
    t.is((await device.poll()).status, 200)
    const next = await startDevice(server.issuer)
    await page.goto(next.verification_uri_complete)
    await page.tap('button[value=deny]')
    await page.waitForSelector('text=Nothing was shared')
    await fits('denied')
    t.is(seen.length, 8)
  })
}

/** As a person's browser does whose text is set larger. */
const enlarge = (page: Page, zoom: number) =>
  page.evaluate(`document.documentElement.style.fontSize = '${zoom}%'`)
