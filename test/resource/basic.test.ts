/** Basic (RFC 7617): every answer on the wire, and what is kept of a refused call. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { basicChecks } from '../../src/resource/basic.ts'
import { parseBasic } from '../../src/lib/basic-credentials.ts'
import { findingsOn } from '../../src/resource/check-list.ts'
import type { BasicFacts } from '../../src/resource/basic/facts.ts'
import { headerValue, headerValues } from '../helpers/raw-http.ts'
import type { RawResponse } from '../helpers/raw-http.ts'
import { assertRefused } from './answers.ts'
import { startPasswords, type Passwords } from './passwords.ts'

const CHALLENGE = 'Basic realm="countersign", charset="UTF-8"'

const credentials = (text: string | Uint8Array) =>
  `Authorization: Basic ${Buffer.from(text).toString('base64')}`

const get = (api: Passwords, ...lines: string[]) => api.send('GET /challenge/basic', ...lines)

const assertRequired = (t: ExecutionContext, api: Passwords, response: RawResponse) =>
  assertRefused(t, api, response, 'basic-required', {
    status: 401,
    challenges: [CHALLENGE],
    description: 'The request carries no Basic credentials',
  })

const assertRejected = (t: ExecutionContext, api: Passwords, response: RawResponse) =>
  assertRefused(t, api, response, 'basic-rejected', {
    status: 401,
    challenges: [CHALLENGE],
    description: 'The user name and the password do not match',
  })

test('the right name and password are told who called', async (t) => {
  const api = await startPasswords(t)
  const response = await get(api, credentials('alice:wonderland'))
  t.is(response.status, 200)
  t.deepEqual(JSON.parse(response.body), { user: 'alice', scheme: 'Basic' })
  t.is(headerValue(response, 'Cache-Control'), 'no-store')
  t.deepEqual(headerValues(response, 'WWW-Authenticate'), [])
})

test('no credentials, or another scheme, are asked for these', async (t) => {
  const api = await startPasswords(t)
  for (const lines of [
    [],
    ['Authorization:'],
    ['Authorization: Bearer abc'],
    ['Authorization: Digest username="alice"'],
    ['Authorization: !'],
  ]) {
    assertRequired(t, api, await get(api, ...lines))
  }
})

test('the scheme is known in any case, and any number of spaces may follow it', async (t) => {
  const api = await startPasswords(t)
  const encoded = Buffer.from('alice:wonderland').toString('base64')
  for (const line of [`basic ${encoded}`, `BASIC   ${encoded}`]) {
    t.is((await get(api, `Authorization: ${line}`)).status, 200, line)
  }
  assertRejected(t, api, await get(api, `Authorization: Basic\t${encoded}`))
})

const malformed: [what: string, line: string][] = [
  ['nothing after the scheme', 'Basic'],
  ['a name without a colon', `Basic ${Buffer.from('alice').toString('base64')}`],
  ['a space in the base64', 'Basic YWxp Y2U6d29uZGVybGFuZA=='],
  ['other characters in it', 'Basic YWxp!!Y2U6d29uZGVybGFuZA=='],
  ['four padding characters', 'Basic YWxpY2U6d29uZGVybGFuZA===='],
  ['padding alone', 'Basic ===='],
  ['no padding', 'Basic YWxpY2U6d29uZGVybGFuZA'],
  ['padding that is not needed', 'Basic YWxpY2U6eHg=='],
  ['the alphabet of URLs', 'Basic YWxpY2U6_-8='],
  ['bits left over', 'Basic YWxpY2U6d29uZGVybGFuZB=='],
  ['a parameter', 'Basic user="alice"'],
  ['a list of one', 'Basic YWxpY2U6d29uZGVybGFuZA==,'],
  ['Latin-1', `Basic ${Buffer.from('al\xEFce:x', 'latin1').toString('base64')}`],
  ['half a surrogate pair', `Basic ${Buffer.from([0xed, 0xa0, 0x80, 0x3a]).toString('base64')}`],
  [
    'a control character in the name',
    `Basic ${Buffer.from('al\0ice:wonderland').toString('base64')}`,
  ],
  ['one in the password', `Basic ${Buffer.from('alice:wonder\nland').toString('base64')}`],
  ['DEL', `Basic ${Buffer.from('alice:wonderland\x7F').toString('base64')}`],
]

for (const [what, line] of malformed) {
  test(`${what} is rejected, and no password is looked at`, async (t) => {
    const api = await startPasswords(t)
    assertRejected(t, api, await get(api, `Authorization: ${line}`))
    t.deepEqual(api.verified, [])
  })
}

test('a wrong password, an unknown name and a disabled account get the same bytes', async (t) => {
  const api = await startPasswords(t)
  const bytes: string[] = []
  for (const text of ['alice:wrong', 'nobody:wrong', 'carol:choir', 'carol:wrong', ':', 'alice:']) {
    const response = await get(api, credentials(text))
    assertRejected(t, api, response)
    const id = headerValue(response, 'X-Request-Id') ?? ''
    bytes.push(JSON.stringify(response).replaceAll(id, 'ID'))
  }
  const malformed = await get(api, 'Authorization: Basic !')
  const id = headerValue(malformed, 'X-Request-Id') ?? ''
  bytes.push(JSON.stringify(malformed).replaceAll(id, 'ID'))
  t.is(new Set(bytes.map((one) => one.replace(/"Date","[^"]*"/, ''))).size, 1)
})

test('a password is looked at for people who do not exist too, which takes as long', async (t) => {
  const api = await startPasswords(t)
  await get(api, credentials('nobody:wrong'))
  t.deepEqual(api.verified, ['nobody'])
})

test('the first colon ends the name', async (t) => {
  const api = await startPasswords(t)
  const { db, hashing } = api
  const passwordHash = await hashing.hash('b:c')
  await db.account.update({ where: { sub: 'alice' }, data: { passwordHash } })
  t.is((await get(api, credentials('alice:b:c'))).status, 200)
})

test('a name counts the same however its letters are composed', async (t) => {
  const api = await startPasswords(t)
  const { db, hashing, clock } = api
  const passwordHash = await hashing.hash('pass')
  await db.account.create({
    data: { sub: 'j', login: 'J\u00E4s', passwordHash, updatedAt: clock.date() },
  })
  for (const login of ['J\u00E4s', 'Ja\u0308s']) {
    const response = await get(api, credentials(`${login}:pass`))
    t.deepEqual(JSON.parse(response.body), { user: 'j', scheme: 'Basic' })
  }
})

test('two sets of credentials are refused without a look at either, and no challenge asks for a third', async (t) => {
  const api = await startPasswords(t)
  const good = credentials('alice:wonderland')
  for (const lines of [
    [good, credentials('alice:wrong')],
    [credentials('alice:wrong'), good],
    [good, 'Authorization: Bearer abc'],
    [`${good}, Bearer abc`],
  ]) {
    assertRefused(t, api, await get(api, ...lines), 'multiple-authorization', {
      status: 400,
      challenges: [],
      description: 'Multiple methods used to include access token',
      error: 'invalid_request',
    })
  }
  t.deepEqual(api.verified, [])
})

test('HEAD gets the headers of GET and no body', async (t) => {
  const api = await startPasswords(t)
  const refused = await api.send('HEAD /challenge/basic')
  t.is(refused.status, 401)
  t.deepEqual(headerValues(refused, 'WWW-Authenticate'), [CHALLENGE])
  t.is(refused.body, '')
  const passed = await api.send('HEAD /challenge/basic', credentials('alice:wonderland'))
  t.is(passed.status, 200)
  t.is(passed.body, '')
})

test('other methods are told what there is only after the password', async (t) => {
  const api = await startPasswords(t)
  for (const method of ['POST', 'DELETE', 'OPTIONS']) {
    assertRequired(t, api, await api.send(`${method} /challenge/basic`))
    const line = `${method} /challenge/basic`
    const response = await api.send(line, credentials('alice:wonderland'))
    assertRefused(t, api, response, 'method-not-allowed', {
      status: 405,
      challenges: [],
      description: 'This address does not take this method',
    })
    t.is(headerValue(response, 'Allow'), 'GET, HEAD')
  }
})

test('the examples of RFC 7617 §2 and §2.1 are read as they are meant', (t) => {
  t.deepEqual(parseBasic('Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=='), {
    outcome: 'parsed',
    credentials: { user: 'Aladdin', password: 'open sesame' },
  })
  t.deepEqual(parseBasic('Basic dGVzdDoxMjPCow=='), {
    outcome: 'parsed',
    credentials: { user: 'test', password: '123\u00A3' },
  })
})

test('what is kept of a refused call explains it, and holds neither password nor credentials', async (t) => {
  const api = await startPasswords(t)
  const told: [text: string, check: string, person?: BasicFacts['person']][] = [
    ['alice:a secret of hers', 'password', 'known'],
    ['nobody:a secret of hers', 'known person', 'unknown'],
    ['carol:choir', 'account in use', 'disabled'],
    ['carol:a secret of hers', 'password', 'disabled'],
    ['a secret of hers', 'credentials syntax'],
  ]
  for (const [text, check, person] of told) {
    const response = await get(api, credentials(text))
    const entry = api.refused.at(-1)
    const facts = entry?.passwordFacts as BasicFacts
    t.like(entry, {
      requestId: headerValue(response, 'X-Request-Id'),
      method: 'GET',
      path: '/challenge/basic',
      id: 'basic-rejected',
      evidence: { check },
    })
    t.is(facts.person, person)
    const failed = findingsOn(basicChecks, facts).find(({ outcome }) => outcome === 'failed')
    t.is(failed?.check, check, 'the list says the same about the facts that were kept')
  }
  const kept = JSON.stringify(api.refused)
  for (const secret of ['a secret of hers', 'choir', Buffer.from('a secret').toString('base64')]) {
    t.false(kept.includes(secret), secret)
  }
})

test('of what came too often it is kept how often, and no password was looked at', async (t) => {
  const api = await startPasswords(t)
  for (let at = 0; at < 10; at++) await get(api, credentials('alice:wrong'))
  const response = await get(api, credentials('alice:wonderland'))
  assertRefused(t, api, response, 'login-throttled', {
    status: 429,
    challenges: [],
    description: 'Too many failed attempts; wait before the next one',
  })
  t.is(headerValue(response, 'Retry-After'), '300')
  t.is(api.verified.length, 10)
  const evidence = { expected: 'at most 10 in 300 seconds', found: 11 }
  t.like(api.refused.at(-1), {
    id: 'login-throttled',
    evidence: { check: 'failed attempts', ...evidence },
    passwordFacts: { attempts: { outcome: 'too many', ...evidence }, password: undefined },
  })
})

test('when people cannot be looked up, nobody is let in, and nobody is told that the password is wrong', async (t) => {
  const api = await startPasswords(t)
  await api.db.$executeRaw`DROP TABLE "Account"`
  for (const text of ['alice:wonderland', 'alice:wrong', 'nobody:x']) {
    assertRefused(t, api, await get(api, credentials(text)), 'auth-backend-down', {
      status: 503,
      challenges: [],
      description: 'The token cannot be checked at the moment; keep it and try again later',
      error: 'temporarily_unavailable',
    })
  }
  t.is(await api.db.throttle.count({ where: { count: { gt: 0 } } }), 0, 'an outage is no guess')
})
