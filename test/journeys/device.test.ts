/** Devices without a keyboard (RFC 8628), by clients nobody here wrote, and a person with a phone. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import type { Page } from 'playwright-core'
import { openBrowser } from '../helpers/browser.ts'
import { allowDevice, startDevice, assertRefused } from '../helpers/device.ts'
import { callApi, claimsOf } from '../helpers/person.ts'
import { start } from '../helpers/start.ts'

/** Set SCREENSHOTS to a folder to look at what a person sees. */
const folder = process.env['SCREENSHOTS']

async function look(page: Page, name: string): Promise<void> {
  if (folder === undefined) return
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}

test('openid-client asks for a code, polls until the person has answered, and calls the API', async (t) => {
  const server = await start(t)
  const config = await client.discovery(new URL(server.issuer), 'tv', undefined, client.None(), {
    execute: [client.allowInsecureRequests],
  })
  const device = await client.initiateDeviceAuthorization(config, { scope: 'openid notes:read' })
  t.is(device.interval, 5)
  const pending = await t.throwsAsync(
    client.genericGrantRequest(config, 'urn:ietf:params:oauth:grant-type:device_code', {
      device_code: device.device_code,
    }),
    { instanceOf: client.ResponseBodyError },
  )
  t.is(pending.error, 'authorization_pending')
  await allowDevice(server.issuer, device)
  // By its own clock, and not to keep the tests waiting.
  const tokens = await client.pollDeviceAuthorizationGrant(config, { ...device, interval: 1 })
  t.is(tokens.claims()?.sub, 'alice')
  const info = await client.fetchUserInfo(config, tokens.access_token, 'alice')
  t.is(info.sub, 'alice')
  t.is((await callApi(server.url('/api/notes'), tokens.access_token)).status, 200)
  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
  t.is(claimsOf(refreshed.access_token)['sub'], 'alice')
})

test('openid-client tells a no from the end of a code', async (t) => {
  const server = await start(t)
  const config = await client.discovery(new URL(server.issuer), 'tv', undefined, client.None(), {
    execute: [client.allowInsecureRequests],
  })
  const device = await client.initiateDeviceAuthorization(config, { scope: 'openid' })
  const chromium = await openBrowser(t)
  if (!chromium) return
  const page = await chromium.newPage()
  await page.goto(device.verification_uri_complete ?? '')
  await page.click('button[value=deny]')
  await page.waitForSelector('text=You can go back to your device.')
  const error = await t.throwsAsync(
    client.pollDeviceAuthorizationGrant(config, { ...device, interval: 1 }),
    { instanceOf: client.ResponseBodyError },
  )
  t.is(error.error, 'access_denied')
})

test('oauth4webapi checks both answers, with tokens bound to a key of the device', async (t) => {
  const server = await start(t)
  const insecure = { [oauth.allowInsecureRequests]: true }
  const url = new URL(server.issuer)
  const as = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, insecure))
  const tv: oauth.Client = { client_id: 'tv' }
  const asked = await oauth.deviceAuthorizationRequest(
    as,
    tv,
    oauth.None(),
    new URLSearchParams({ scope: 'openid notes:read' }),
    insecure,
  )
  const device = await oauth.processDeviceAuthorizationResponse(as, tv, asked)
  await allowDevice(server.issuer, device)
  const DPoP = oauth.DPoP(tv, await oauth.generateKeyPair('ES256'))
  const answer = await oauth.deviceCodeGrantRequest(as, tv, oauth.None(), device.device_code, {
    ...insecure,
    DPoP,
  })
  const tokens = await oauth.processDeviceCodeResponse(as, tv, answer)
  t.is(tokens.token_type, 'dpop')
  t.is(oauth.getValidatedIdTokenClaims(tokens)?.sub, 'alice')
  const notes = new URL(server.url('/api/notes'))
  const call = () =>
    oauth.protectedResourceRequest(tokens.access_token, 'GET', notes, undefined, undefined, {
      ...insecure,
      DPoP,
    })
  // The client takes both servers of one origin for one, and tries the nonce of the first at the second.
  const called = await call().catch((error: unknown) => {
    t.true(oauth.isDPoPNonceError(error))
    return call()
  })
  t.is(called.status, 200)
})

for (const javaScriptEnabled of [false, true]) {
  test(`on a phone a person mistypes the code, types it, signs in and allows (JavaScript ${javaScriptEnabled ? 'on' : 'off'})`, async (t) => {
    const chromium = await openBrowser(t)
    if (!chromium) return
    const server = await start(t)
    const device = await startDevice(server.issuer, { scope: 'openid profile notes:read' })
    const context = await chromium.newContext({
      javaScriptEnabled,
      viewport: { width: 390, height: 844 },
      isMobile: true,
      hasTouch: true,
      deviceScaleFactor: 2,
    })
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    const fits = async () => {
      const { width } = (await page.locator('html').boundingBox()) ?? { width: Infinity }
      t.true(width <= 390, `${page.url()} is ${width} wide`)
    }

    await page.goto(server.url('/device'))
    await look(page, 'device-code')
    await fits()
    await page.fill('[name=user_code]', 'bcdf ghjk')
    await page.tap('button')
    await page.waitForSelector('[role=alert]')
    await look(page, 'device-code-unknown')
    await fits()
    await page.fill('[name=user_code]', device.user_code.toLowerCase().replace('-', ''))
    await page.keyboard.press('Enter')
    await page.waitForSelector('button[value=allow]')
    t.true((await page.textContent('main'))?.includes(device.user_code))
    await look(page, 'device-confirm')
    await fits()
    await page.tap('button[value=allow]')
    await page.fill('[name=login]', 'alice')
    await page.fill('[name=password]', 'wonderland')
    await page.keyboard.press('Enter')
    await page.waitForSelector('[name=scope]')
    await look(page, 'device-consent')
    await page.tap('button[value=allow]')
    await page.waitForSelector('text=You can go back to your device.')
    await look(page, 'device-done')
    await fits()
    t.is((await device.poll()).status, 200)

    // The next one by the address of a QR code; the person is signed in already.
    const next = await startDevice(server.issuer)
    await page.goto(next.verification_uri_complete)
    await page.tap('button[value=deny]')
    await page.waitForSelector('text=Nothing was shared')
    await look(page, 'device-denied')
    assertRefused(t, server, await next.poll(), 'device-denied')
    t.deepEqual(
      complaints.filter((text) => !text.includes('400')),
      [],
    )
  })
}
