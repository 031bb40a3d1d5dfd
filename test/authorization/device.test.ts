/** Device authorization (RFC 8628): what a device is answered, until one poll of it gets the tokens. */
import test from 'ava'
import { createBrowser } from '../../scripts/kit/browser.ts'
import { rowOf } from '../../src/refusals/catalogue.ts'
import { age } from '../helpers/age.ts'
import {
  allowDevice,
  assertRefused,
  decide,
  DEVICE_CODE,
  diagnosed,
  pageAt,
  startDevice,
  TV,
  typeCode,
} from '../helpers/device.ts'
import {
  callApi,
  claimsOf,
  createPerson,
  isConsent,
  isLogin,
  post,
  scopesOn,
  signIn,
  WEB,
} from '../helpers/person.ts'
import { start } from '../helpers/start.ts'

test('a device is given two codes, an address for the person, and the interval', async (t) => {
  const server = await start(t)
  const { status, headers, body } = await post(
    server.url('/oauth/device'),
    { scope: 'openid notes:read' },
    TV,
  )
  t.is(status, 200)
  t.is(headers.get('cache-control'), 'no-store')
  t.is(headers.get('content-type'), 'application/json; charset=utf-8')
  const { device_code: deviceCode, user_code: userCode, ...others } = body
  t.regex(String(deviceCode), /^[\w-]{43}$/)
  t.regex(String(userCode), /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
  t.deepEqual(others, {
    verification_uri: server.url('/device'),
    verification_uri_complete: server.url(`/device?user_code=${String(userCode)}`),
    expires_in: 600,
    interval: 5,
  })
})

test('discovery lists the device flow', async (t) => {
  const server = await start(t)
  const response = await fetch(server.url('/.well-known/openid-configuration'))
  const metadata = (await response.json()) as Record<string, unknown>
  t.is(metadata['device_authorization_endpoint'], server.url('/oauth/device'))
  t.true((metadata['grant_types_supported'] as string[]).includes(DEVICE_CODE))
})

test('a person types the code, signs in, allows, and the device gets tokens for them', async (t) => {
  const server = await start(t)
  const device = await startDevice(server.issuer)
  assertRefused(t, server, await device.poll(), 'device-pending')

  const browser = createBrowser(server.issuer)
  const confirm = await typeCode(browser, device.user_code)
  t.is(confirm.status, 200)
  t.true(confirm.text.includes(device.user_code))
  t.true(confirm.text.includes('Television'))
  t.true(confirm.text.includes('Read your notes'))
  const login = await decide(browser, confirm, 'allow')
  t.true(isLogin(login))
  const consent = pageAt(await signIn(browser, login))
  t.true(isConsent(consent))
  const answer = { scope: scopesOn(consent) }
  const done = pageAt(await browser.submit(consent, answer, ['decision', 'allow']))
  t.is(done.status, 200)
  t.true(done.text.includes('You can go back to your device.'))

  const { status, body } = await device.poll()
  t.is(status, 200)
  t.deepEqual(body.scope?.split(' ').sort(), ['notes:read', 'openid', 'profile'])
  t.like(claimsOf(body.id_token ?? ''), { sub: 'alice', aud: 'tv', name: 'Alice Liddell' })
  const claims = claimsOf(body.access_token ?? '')
  t.like(claims, { sub: 'alice', client_id: 'tv', acr: 'urn:countersign:pwd' })
  t.is(typeof claims['auth_time'], 'number')
  t.is((await callApi(server.url('/api/notes'), body.access_token ?? '')).status, 200)
  const tv = createPerson(server.issuer, TV)
  t.is((await tv.refresh(body.refresh_token ?? '')).status, 200)
})

test('neither code stands in the database, nor the device code in an unfinished sign-in', async (t) => {
  const server = await start(t)
  const device = await startDevice(server.issuer)
  const browser = createBrowser(server.issuer)
  await decide(browser, await typeCode(browser, device.user_code), 'allow')
  const rows = await server.db.artifact.findMany()
  t.true(rows.some(({ model }) => model === 'Interaction'))
  const text = JSON.stringify(rows)
  t.false(text.includes(device.device_code))
  t.false(text.includes(device.user_code.replace('-', '')))
  t.false(text.includes('~'))
  for (const { idHash, model } of rows) {
    if (model !== 'DeviceCode') continue
    // What the database knows opens nothing.
    for (const guess of [idHash, `~${idHash}`, `~${idHash}.${idHash}`]) {
      const params = { grant_type: DEVICE_CODE, device_code: guess }
      const answer = await post(server.url('/oauth/token'), params, TV)
      t.is(answer.body.error, 'invalid_grant')
    }
  }
})

test('a device that asks too fast is slowed down by five seconds, for good', async (t) => {
  const server = await start(t)
  const device = await startDevice(server.issuer)
  assertRefused(t, server, await device.poll(), 'device-pending')
  const fast = await device.poll()
  assertRefused(t, server, fast, 'device-slow-down')
  t.is(await diagnosed(server, fast.headers), 'device-slow-down')
  // Ten seconds now, so six are too few, and make it fifteen.
  await age(server, 6)
  assertRefused(t, server, await device.poll(), 'device-slow-down')
  await age(server, 11)
  assertRefused(t, server, await device.poll(), 'device-slow-down')
  // Twenty, and they stay twenty when they are kept.
  await age(server, 20)
  assertRefused(t, server, await device.poll(), 'device-pending')
  await age(server, 20)
  assertRefused(t, server, await device.poll(), 'device-pending')
  await age(server, 11)
  assertRefused(t, server, await device.poll(), 'device-slow-down')
  // Another code has a pace of its own.
  const other = await startDevice(server.issuer)
  assertRefused(t, server, await other.poll(), 'device-pending')
  // Who is slowed down is given the tokens all the same, once there are any.
  await allowDevice(server.issuer, device)
  t.is((await device.poll()).status, 200)
})

test('a device that keeps the interval is never slowed down', async (t) => {
  const server = await start(t)
  const device = await startDevice(server.issuer)
  for (let polls = 0; polls < 3; polls++) {
    assertRefused(t, server, await device.poll(), 'device-pending')
    await age(server, 5)
  }
})

test('of ten polls at once while nobody has answered, one keeps the interval', async (t) => {
  const server = await start(t)
  const device = await startDevice(server.issuer)
  const answers = await Promise.all(Array.from({ length: 10 }, () => device.poll()))
  t.deepEqual(answers.map(({ body }) => body.error).sort(), [
    'authorization_pending',
    ...Array.from({ length: 9 }, () => 'slow_down'),
  ])
})

test('an expired code is told apart from one that never was', async (t) => {
  const server = await start(t)
  const device = await startDevice(server.issuer)
  await age(server, 601)
  const answer = await device.poll()
  assertRefused(t, server, answer, 'device-expired')
  t.is(await diagnosed(server, answer.headers), 'device-expired')
  const page = await typeCode(createBrowser(server.issuer), device.user_code)
  t.is(page.status, 400)
  t.true(page.text.includes(rowOf('user-code-unknown').person))
})

test('a no is told to the device at every poll, wherever it was said', async (t) => {
  const server = await start(t)
  const first = await startDevice(server.issuer)
  const browser = createBrowser(server.issuer)
  const denied = await decide(browser, await typeCode(browser, first.user_code), 'deny')
  t.is(denied.status, 200)
  t.true(denied.text.includes('You can go back to your device.'))
  const answer = await first.poll()
  assertRefused(t, server, answer, 'device-denied')
  t.is(await diagnosed(server, answer.headers), 'device-denied')
  assertRefused(t, server, await first.poll(), 'device-denied')

  const second = await startDevice(server.issuer)
  const login = await decide(browser, await typeCode(browser, second.user_code), 'allow')
  const cancelled = pageAt(await browser.submit(login, {}, ['decision', 'cancel']))
  t.true(cancelled.text.includes('You said no'))
  assertRefused(t, server, await second.poll(), 'device-denied')

  const third = await startDevice(server.issuer)
  const again = await decide(browser, await typeCode(browser, third.user_code), 'allow')
  const consent = pageAt(await signIn(browser, again))
  const left = pageAt(await browser.submit(consent, {}, ['decision', 'deny']))
  t.true(left.text.includes('You said no'))
  assertRefused(t, server, await third.poll(), 'device-denied')
})

test('a code of another client, or of nobody, is an invalid grant', async (t) => {
  const server = await start(t)
  const { clientId } = await server.clients.add({
    client_name: 'Another device',
    grant_types: [DEVICE_CODE],
    token_endpoint_auth_method: 'none',
  })
  const device = await startDevice(server.issuer)
  await allowDevice(server.issuer, device)
  const other = { id: clientId, redirectUri: '' }
  assertRefused(t, server, await device.poll(other), 'device-code-invalid')
  const nobody = { grant_type: DEVICE_CODE, device_code: 'nobody' }
  const answer = await post(server.url('/oauth/token'), nobody, TV)
  assertRefused(t, server, answer, 'device-code-invalid')
  // Which used nothing up.
  t.is((await device.poll()).status, 200)
})

test('a client without the grant gets neither codes nor tokens', async (t) => {
  const server = await start(t)
  const codes = await post(server.url('/oauth/device'), { scope: 'openid' }, WEB)
  assertRefused(t, server, codes, 'token-unauthorized-client')
  const params = { grant_type: DEVICE_CODE, device_code: 'nobody' }
  const tokens = await post(server.url('/oauth/token'), params, WEB)
  assertRefused(t, server, tokens, 'token-unauthorized-client')
})

test('the device authorization endpoint refuses as the token endpoint does', async (t) => {
  const server = await start(t)
  const ask = (params: Record<string, string>, app = TV) =>
    post(server.url('/oauth/device'), params, app)
  assertRefused(t, server, await ask({ resource: 'https://x.example' }), 'token-invalid-target')
  const details = await ask({ authorization_details: '[{"type":"nobody-knows"}]' })
  assertRefused(t, server, details, 'token-details-invalid')
  const stranger = await ask({}, { id: 'stranger', redirectUri: '' })
  t.is(stranger.status, 401)
  t.is(stranger.body.error, 'invalid_client')
  t.is(stranger.headers.get('www-authenticate'), 'Basic realm="as", charset="UTF-8"')
  const got = await fetch(server.url('/oauth/device'))
  t.is(got.status, 405)
  t.is(got.headers.get('allow'), 'POST, OPTIONS')
  const page = await fetch(server.url('/device'), { method: 'DELETE' })
  t.is(page.status, 405)
  t.is(page.headers.get('allow'), 'GET, POST')
})

test('tokens of a device end with a sign-out of the person who allowed it, unless they were asked to outlive it', async (t) => {
  const server = await start(t)
  const tv = createPerson(server.issuer, TV)
  const browser = createBrowser(server.issuer)
  const refreshed: (number | undefined)[] = []
  const tokens: string[] = []
  for (const scope of ['openid notes:read', 'openid offline_access notes:read']) {
    const device = await startDevice(server.issuer, { scope })
    await allowDevice(server.issuer, device, { browser })
    tokens.push((await device.poll()).body.refresh_token ?? '')
  }
  const asked = pageAt(await browser.open('/oauth/logout'))
  await browser.submit(asked, {}, ['logout', 'yes'])
  for (const token of tokens) refreshed.push((await tv.refresh(token)).status)
  t.deepEqual(refreshed, [400, 200])
})
