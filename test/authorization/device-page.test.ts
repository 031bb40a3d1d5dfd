/** The person's page of the device flow (RFC 8628 §3.3): codes typed, unknown, guessed, answered twice, and over. */
import test from 'ava'
import { createBrowser } from '../../scripts/kit/browser.ts'
import { rowOf } from '../../src/refusals/catalogue.ts'
import { age } from '../helpers/age.ts'
import {
  DEVICE_CODE,
  allowDevice,
  assertRefused,
  decide,
  diagnosed,
  pageAt,
  startDevice,
  typeCode,
} from '../helpers/device.ts'
import { callApi, claimsOf, createPerson, isLogin, signIn } from '../helpers/person.ts'
import { start } from '../helpers/start.ts'

const UNKNOWN = rowOf('user-code-unknown').person

for (const [how, change] of [
  ['in small letters', (code: string) => code.toLowerCase()],
  ['without the dash', (code: string) => code.replace('-', '')],
  ['with spaces around', (code: string) => ` ${code.replace('-', ' ')} `],
] as const) {
  test(`a code typed ${how} is the same code`, async (t) => {
    const server = await start(t)
    const device = await startDevice(server.issuer)
    const typed = await typeCode(createBrowser(server.issuer), change(device.user_code))
    t.is(typed.status, 200)
    t.true(typed.text.includes(`<strong>${device.user_code}</strong>`))
    const query = new URLSearchParams({ user_code: change(device.user_code) }).toString()
    const opened = pageAt(await createBrowser(server.issuer).open(`/device?${query}`))
    t.is(opened.status, 200)
    t.true(opened.text.includes(`<strong>${device.user_code}</strong>`))
  })
}

test('a code that expires while the person signs in is over', async (t) => {
  const server = await start(t)
  const device = await startDevice(server.issuer)
  const browser = createBrowser(server.issuer)
  const login = await decide(browser, await typeCode(browser, device.user_code), 'allow')
  await age(server, 601)
  const page = pageAt(await signIn(browser, login))
  t.is(page.status, 400)
  t.true(page.text.includes(UNKNOWN))
  t.is(await diagnosed(server, page.headers), 'user-code-unknown')
  assertRefused(t, server, await device.poll(), 'device-expired')
})

test('of a yes and a no, the first counts', async (t) => {
  const server = await start(t)
  const device = await startDevice(server.issuer)
  const browsers = [createBrowser(server.issuer), createBrowser(server.issuer)] as const
  const pages = await Promise.all(browsers.map((one) => typeCode(one, device.user_code)))
  const login = await decide(browsers[0], pages[0] ?? t.fail(), 'allow')
  await decide(browsers[1], pages[1] ?? t.fail(), 'deny')
  const late = pageAt(await signIn(browsers[0], login))
  t.is(late.status, 400)
  t.true(late.text.includes(UNKNOWN))
  assertRefused(t, server, await device.poll(), 'device-denied')
})

test('who leaves the sign-in may type the code again', async (t) => {
  const server = await start(t)
  const device = await startDevice(server.issuer)
  const browser = createBrowser(server.issuer)
  t.true(isLogin(await decide(browser, await typeCode(browser, device.user_code), 'allow')))
  const done = await allowDevice(server.issuer, device, { browser, login: 'bob' })
  t.true(done.text.includes('You can go back to your device.'))
  t.is(claimsOf((await device.poll()).body.access_token ?? '')['sub'], 'bob')
})

test('a code is over once it was answered', async (t) => {
  const server = await start(t)
  const device = await startDevice(server.issuer)
  await allowDevice(server.issuer, device)
  for (const used of [false, true]) {
    const page = await typeCode(createBrowser(server.issuer), device.user_code)
    t.is(page.status, 400)
    t.true(page.text.includes(UNKNOWN))
    const opened = pageAt(
      await createBrowser(server.issuer).open(`/device?user_code=${device.user_code}`),
    )
    t.is(opened.status, 400)
    if (!used) t.is((await device.poll()).status, 200)
  }
})

test('an unknown code brings the page again, with what was typed', async (t) => {
  const server = await start(t)
  const browser = createBrowser(server.issuer)
  for (const typed of ['BCDF-GHJK', 'nonsense', '', '"><b>']) {
    const page = await typeCode(browser, typed)
    t.is(page.status, 400, typed)
    t.is(page.headers.get('cache-control'), 'no-store')
    t.is(page.headers.get('www-authenticate'), null)
    t.true(page.text.includes(UNKNOWN))
    t.false(page.text.includes('<b>'))
    t.is(await diagnosed(server, page.headers), 'user-code-unknown')
  }
  const page = await typeCode(browser, 'BCDF-GHJK')
  t.true(page.text.includes('value="BCDF-GHJK"'))
})

test('after ten wrong codes the right one waits too, and a code of one’s own makes up for none', async (t) => {
  const server = await start(t)
  const own = await startDevice(server.issuer)
  const device = await startDevice(server.issuer)
  const browser = createBrowser(server.issuer)
  for (let guesses = 0; guesses < 10; guesses++) {
    t.is((await typeCode(browser, `BCDF-GHJ${'BCDFGHJKLM'[guesses]}`)).status, 400)
    if (guesses < 9) t.is((await typeCode(browser, own.user_code)).status, 200)
  }
  for (const page of [
    await typeCode(browser, device.user_code),
    pageAt(await createBrowser(server.issuer).open(`/device?user_code=${device.user_code}`)),
  ]) {
    t.is(page.status, 429)
    t.regex(page.headers.get('retry-after') ?? '', /^\d+$/)
    t.true(page.text.includes('Too many tries.'))
    t.is(await diagnosed(server, page.headers), 'login-throttled')
  }
  // Slips of the finger are no guesses, and nobody else is held up: neither sign-in nor the device.
  t.is((await typeCode(browser, 'AAAA-AAAA')).status, 400)
  assertRefused(t, server, await device.poll(), 'device-pending')
  t.not((await createPerson(server.issuer).code()).code, '')
})

test('a form of another site, or of an older page, decides nothing', async (t) => {
  const server = await start(t)
  const device = await startDevice(server.issuer)
  const browser = createBrowser(server.issuer)
  const confirm = await typeCode(browser, device.user_code)
  const foreign = await fetch(server.url('/device'), {
    method: 'POST',
    headers: { origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' },
    body: new URLSearchParams({ user_code: device.user_code, decision: 'allow' }),
  })
  t.is(foreign.status, 403)
  t.is(((await foreign.json()) as { title: string }).title, rowOf('cross-site-form').title)

  // A program that has no page, or whose cookies are gone.
  const without = await fetch(server.url('/device'), {
    method: 'POST',
    body: new URLSearchParams({ user_code: device.user_code, decision: 'allow' }),
  })
  t.is(without.status, 400)
  t.is(await diagnosed(server, without.headers), 'sign-in-expired')

  // Another tab has opened the page since.
  await browser.open('/device')
  const stale = await decide(browser, confirm, 'deny')
  t.is(stale.status, 400)
  t.true(stale.text.includes('href="/device"'))
  t.is(await diagnosed(server, stale.headers), 'sign-in-expired')
  assertRefused(t, server, await device.poll(), 'device-pending')
})

test('a sign-in for a device that is over leads back to the page for codes', async (t) => {
  const server = await start(t)
  const device = await startDevice(server.issuer)
  const browser = createBrowser(server.issuer)
  const login = await decide(browser, await typeCode(browser, device.user_code), 'allow')
  const elsewhere = createBrowser(server.issuer)
  for (const path of [login.url.pathname, login.url.pathname.replace('interaction', 'device')]) {
    const page = pageAt(await elsewhere.open(path))
    t.is(page.status, 400)
    t.true(page.text.includes('href="/device"'), path)
  }
})

test('who allowed an app before is not asked what it may do again, but for the code', async (t) => {
  const server = await start(t)
  const { clientId } = await server.clients.add({
    client_name: 'Radio',
    grant_types: [DEVICE_CODE, 'refresh_token'],
    token_endpoint_auth_method: 'none',
  })
  const radio = { id: clientId, redirectUri: '' }
  const browser = createBrowser(server.issuer)
  await allowDevice(server.issuer, await startDevice(server.issuer, {}, radio), { browser })
  const device = await startDevice(server.issuer, {}, radio)
  const done = await decide(browser, await typeCode(browser, device.user_code), 'allow')
  t.true(done.text.includes('You can go back to your device.'))
  const { body } = await device.poll()
  t.is((await callApi(server.url('/api/notes'), body.access_token ?? '')).status, 200)
})

test('a device may ask for a second step, and for one transfer, which the page tells in words', async (t) => {
  const server = await start(t)
  const details = [{ type: 'transfer', amount: 1250, currency: 'EUR', payee: 'bob' }]
  const device = await startDevice(server.issuer, {
    scope: 'openid transfers:write',
    acr_values: 'urn:countersign:mfa',
    authorization_details: JSON.stringify(details),
  })
  const page = await typeCode(createBrowser(server.issuer), device.user_code)
  t.regex(page.text, /Transfer EUR.12\.50 to bob/)
  const done = await allowDevice(server.issuer, device)
  t.true(done.text.includes('You can go back to your device.'), done.text)
  const { status, body } = await device.poll()
  t.is(status, 200)
  t.deepEqual(body['authorization_details'], details)
  const claims = claimsOf(body.access_token ?? '')
  t.like(claims, { acr: 'urn:countersign:mfa', authorization_details: details })
  const sent = await callApi(server.url('/api/transfers'), body.access_token ?? '', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ to: 'bob', amount: 1250, currency: 'EUR' }),
  })
  t.is(sent.status, 201)
})

test('who cannot meet the second step is told so, and the device goes on waiting', async (t) => {
  const server = await start(t)
  await server.db.account.updateMany({ where: { sub: 'bob' }, data: { totpSecret: null } })
  const device = await startDevice(server.issuer, { acr_values: 'urn:countersign:mfa' })
  const browser = createBrowser(server.issuer)
  const login = await decide(browser, await typeCode(browser, device.user_code), 'allow')
  const page = pageAt(await signIn(browser, login, 'bob'))
  t.is(page.status, 400)
  t.is(await diagnosed(server, page.headers), 'authz-acr-unmet')
  assertRefused(t, server, await device.poll(), 'device-pending')
})
