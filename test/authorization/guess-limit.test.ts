/** Guessing a person's password: ten wrong ones, whichever door they are tried at, and then it takes waiting. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { basicCredentials } from '../../scripts/kit/client.ts'
import type { Page } from '../../scripts/kit/browser.ts'
import { fixedClock } from '../../src/lib/clock.ts'
import { headerValue, headerValues, requestOf, sendRaw } from '../helpers/raw-http.ts'
import type { RawResponse } from '../helpers/raw-http.ts'
import { createPerson, isConsent, isLogin } from '../helpers/person.ts'
import { start, type TestServer } from '../helpers/start.ts'
import { digestLine, offerOf } from '../resource/digest-client.ts'

const PERSON = 'Too many tries. Wait 5 minutes. Nothing is wrong with your account.'

/** `from`: what a proxy in front of us says. */
function basic(server: TestServer, login: string, password: string, from?: string) {
  const line = `Authorization: ${basicCredentials(login, password)}`
  return send(server, 'basic', line, ...(from === undefined ? [] : [`X-Forwarded-For: ${from}`]))
}

const send = (server: TestServer, path: 'basic' | 'digest', ...lines: string[]) => {
  const fields = [`Host: localhost:${server.port}`, ...lines, 'Connection: close']
  return sendRaw(server.port, requestOf([`GET /challenge/${path} HTTP/1.1`, ...fields]))
}

async function digest(server: TestServer, password: string) {
  const offer = offerOf(await send(server, 'digest'))
  return send(server, 'digest', digestLine(offer, { password }))
}

/** A 429 without a challenge, which says when to come back. */
function assertThrottled(t: ExecutionContext, response: RawResponse, seconds: string): void {
  t.is(response.status, 429)
  t.is(headerValue(response, 'Retry-After'), seconds)
  t.deepEqual(headerValues(response, 'WWW-Authenticate'), [])
  t.is(headerValue(response, 'Cache-Control'), 'no-store')
  t.like(JSON.parse(response.body), {
    status: 429,
    title: 'Too many failed sign-ins',
    detail: 'Too many failed attempts; wait before the next one',
  })
}

async function loginPage(server: TestServer) {
  const person = createPerson(server.issuer)
  const { page } = await person.browser.open(person.request().url)
  if (!page) throw new Error('no sign-in page')
  const submit = async (login: string, password: string): Promise<Page> => {
    const { page: next } = await person.browser.submit(page, { login, password })
    if (!next) throw new Error('no page')
    return next
  }
  return { submit }
}

for (const [scheme, guess] of [
  ['Basic', (server: TestServer, password: string) => basic(server, 'alice', password)],
  ['Digest', digest],
] as const) {
  test(`${scheme}: after ten wrong passwords the right one waits too, for five minutes from the first`, async (t) => {
    const clock = fixedClock()
    const server = await start(t, { clock })
    for (let at = 0; at < 10; at++) t.is((await guess(server, 'wrong')).status, 401)
    clock.advance(60)
    assertThrottled(t, await guess(server, 'wonderland'), '240')
    assertThrottled(t, await guess(server, 'wrong'), '240')
    clock.advance(240)
    t.is((await guess(server, 'wonderland')).status, 200)
  })

  test(`${scheme}: a right password clears the count`, async (t) => {
    const server = await start(t)
    for (let round = 0; round < 3; round++) {
      for (let at = 0; at < 9; at++) t.is((await guess(server, 'wrong')).status, 401)
      t.is((await guess(server, 'wonderland')).status, 200)
    }
  })

  test(`${scheme}: of fifty wrong passwords at once, ten are looked at`, async (t) => {
    const server = await start(t)
    const all = await Promise.all(Array.from({ length: 50 }, () => guess(server, 'wrong')))
    t.is(all.filter(({ status }) => status === 401).length, 10)
    t.is(all.filter(({ status }) => status === 429).length, 40)
    t.is((await guess(server, 'wonderland')).status, 429)
  })

  test(`${scheme}: of thirty right passwords at once, all pass`, async (t) => {
    const server = await start(t)
    const all = await Promise.all(Array.from({ length: 30 }, () => guess(server, 'wonderland')))
    t.deepEqual(new Set(all.map(({ status }) => status)), new Set([200]))
  })
}

test('a name that nobody has counts the same', async (t) => {
  const server = await start(t)
  for (let at = 0; at < 10; at++) t.is((await basic(server, 'nobody', 'wrong')).status, 401)
  t.is((await basic(server, 'nobody', 'wrong')).status, 429)
  t.is((await basic(server, 'alice', 'wonderland')).status, 200)
})

test('a disabled account counts right passwords as wrong, so that they cannot be told apart', async (t) => {
  const server = await start(t)
  for (let at = 0; at < 10; at++) t.is((await basic(server, 'carol', 'choir')).status, 401)
  t.is((await basic(server, 'carol', 'choir')).status, 429)
})

test('what is no guess does not count: malformed credentials, and answers to nobody’s challenge', async (t) => {
  const server = await start(t)
  const offer = offerOf(await send(server, 'digest'))
  const foreign = digestLine({ ...offer, nonce: 'x' }, { password: 'wrong' })
  for (let at = 0; at < 12; at++) {
    t.is((await send(server, 'digest', foreign)).status, 401)
    t.is((await send(server, 'basic', 'Authorization: Basic YWxpY2U=')).status, 401)
  }
  t.is(await server.db.throttle.count(), 0)
})

test('behind a trusted proxy its client’s address counts, and another address is not affected', async (t) => {
  const server = await start(t, { settings: { TRUST_PROXY: '127.0.0.1' } })
  for (let at = 0; at < 10; at++) await basic(server, 'alice', 'wrong', '192.0.2.1')
  t.is((await basic(server, 'alice', 'wonderland', '192.0.2.1')).status, 429)
  t.is((await basic(server, 'alice', 'wonderland', '192.0.2.2')).status, 200)
  t.is((await basic(server, 'alice', 'wonderland')).status, 200)
  t.is((await basic(server, 'alice', 'wonderland', '192.0.2.1')).status, 429)
})

test('whoever is no trusted proxy cannot choose an address', async (t) => {
  const server = await start(t)
  for (let at = 0; at < 10; at++) await basic(server, 'alice', 'wrong', `192.0.2.${at}`)
  t.is((await basic(server, 'alice', 'wonderland', '192.0.2.99')).status, 429)
})

test('after a hundred wrong passwords an address waits, whatever the name', async (t) => {
  const clock = fixedClock()
  const server = await start(t, { clock, settings: { TRUST_PROXY: '127.0.0.1' } })
  for (let at = 0; at < 100; at++) {
    t.is((await basic(server, `nobody-${at}`, 'wrong', '192.0.2.1')).status, 401)
  }
  assertThrottled(t, await basic(server, 'alice', 'wonderland', '192.0.2.1'), '300')
  t.is((await basic(server, 'alice', 'wonderland', '192.0.2.2')).status, 200)
  clock.advance(300)
  t.is((await basic(server, 'alice', 'wonderland', '192.0.2.1')).status, 200)
})

test('any name may be tried', async (t) => {
  const server = await start(t)
  const { submit } = await loginPage(server)
  t.is((await submit('a\0b', 'wrong')).status, 400, 'but for NUL, which no form may hold')
  for (const login of ["'; DROP TABLE x", '\u{10FFFF}', 'x'.repeat(3000), ' ']) {
    t.is((await submit(login, 'wrong')).status, 403)
    t.is((await submit(login, 'wrong')).status, 403)
  }
})

test('the sign-in form says in plain words that it takes waiting, keeps the name, and looks at no password', async (t) => {
  const clock = fixedClock()
  const server = await start(t, { clock })
  const { submit } = await loginPage(server)
  for (let at = 0; at < 10; at++) t.is((await submit('alice', 'wrong')).status, 403)
  clock.advance(100)
  for (const password of ['wonderland', 'wrong']) {
    const page = await submit('alice', password)
    t.is(page.status, 429)
    t.is(page.headers.get('retry-after'), '200')
    t.is(page.headers.get('www-authenticate'), null)
    t.is(page.headers.get('cache-control'), 'no-store')
    t.true(isLogin(page))
    t.true(page.text.includes(PERSON))
    t.true(page.text.includes('value="alice"'))
  }
  clock.advance(200)
  t.true(isConsent(await submit('alice', 'wonderland')))
})

test('the form counts a name that nobody has the same, and shows the same', async (t) => {
  const server = await start(t)
  const { submit } = await loginPage(server)
  const pages: string[] = []
  for (const login of ['alice', 'nobody']) {
    for (let at = 0; at < 10; at++) await submit(login, 'wrong')
    const page = await submit(login, 'wrong')
    t.is(page.status, 429)
    // The list of made-up people is the same anyway.
    pages.push(page.text.replace(/<aside[^]*<\/aside>/, '').replaceAll(login, 'X'))
  }
  t.is(pages[0], pages[1])
})

test('signing in clears the count, and somebody else at the same address is not affected', async (t) => {
  const server = await start(t)
  const { submit } = await loginPage(server)
  for (let at = 0; at < 9; at++) await submit('alice', 'wrong')
  t.true(isConsent(await submit('alice', 'wonderland')))
  const again = await loginPage(server)
  for (let at = 0; at < 10; at++) t.is((await again.submit('alice', 'wrong')).status, 403)
  t.is((await again.submit('alice', 'wrong')).status, 429)
  t.true(isConsent(await again.submit('bob', 'builder')))
})

test('of fifty wrong passwords in the form at once, ten are looked at', async (t) => {
  const server = await start(t)
  const { submit } = await loginPage(server)
  const all = await Promise.all(Array.from({ length: 50 }, () => submit('alice', 'wrong')))
  t.is(all.filter(({ status }) => status === 403).length, 10)
  t.is(all.filter(({ status }) => status === 429).length, 40)
})

test('all doors count together', async (t) => {
  const server = await start(t)
  const { submit } = await loginPage(server)
  const atDoor = async (path: string, headers: Record<string, string> = {}) =>
    fetch(server.url(path), { headers })
  const authorization = basicCredentials('alice', 'wrong')
  for (let at = 0; at < 5; at++) {
    t.is((await submit('alice', 'wrong')).status, 403)
    t.is((await atDoor('/challenge/basic', { authorization })).status, 401)
  }
  t.is((await submit('alice', 'wonderland')).status, 429)
  t.is((await atDoor('/challenge/basic', { authorization })).status, 429)
  const offer = offerOf(await send(server, 'digest'))
  const [, value = ''] = digestLine(offer).split(/: (.*)/)
  t.is((await atDoor('/challenge/digest', { authorization: value })).status, 429)
})

test('what was counted in one process counts in the next', async (t) => {
  const server = await start(t)
  for (let at = 0; at < 10; at++) await basic(server, 'alice', 'wrong')
  await server.close()
  const again = await start(t, { settings: { DATA_DIR: server.dataDir } })
  t.is((await basic(again, 'alice', 'wonderland')).status, 429)
})
