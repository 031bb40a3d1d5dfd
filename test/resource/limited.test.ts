/** `/api/limited`: five calls a minute a person, and then a wait (RFC 6585 §4). */
import test from 'ava'
import { headerValue, headerValues } from '../helpers/raw-http.ts'
import { assertRefused } from './answers.ts'
import { startApi } from './api.ts'
import type { Api } from './api.ts'

const call = async (api: Api, sub = 'alice') =>
  api.send('GET /api/limited', [await api.bearer({ sub })])

test('five calls are answered, and the sixth is told when to come back', async (t) => {
  const api = await startApi(t)
  for (let remaining = 4; remaining >= 0; remaining--) {
    const { status, body } = await call(api)
    t.is(status, 200)
    t.deepEqual(JSON.parse(body), { limit: 5, remaining, reset: 60 })
  }
  api.clock.advance(18)
  const refused = await call(api)
  assertRefused(t, api, refused, 'rate-limited', {
    status: 429,
    challenges: [],
    description: 'Too many calls in a short time',
  })
  t.is(headerValue(refused, 'Retry-After'), '42')

  api.clock.advance(41)
  t.is((await call(api)).status, 429)
  api.clock.advance(1)
  t.is((await call(api)).status, 200)
})

test('each person has calls of their own, whichever token they use', async (t) => {
  const api = await startApi(t)
  for (let times = 0; times < 6; times++) await call(api)
  t.is((await call(api)).status, 429)
  t.is((await call(api, 'bob')).status, 200)
})

test('what was refused is not counted: nobody can use up somebody else’s calls', async (t) => {
  const api = await startApi(t)
  const options = { issuedAt: api.clock.seconds() - 600 }
  const expired = await api.bearer(options)
  for (let times = 0; times < 8; times++) {
    t.is((await api.send('GET /api/limited', [expired])).status, 401)
    t.is((await api.send('GET /api/limited')).status, 401)
    t.is((await api.send('POST /api/limited', [await api.bearer()])).status, 405)
  }
  t.is(await api.db.throttle.count(), 0)
  t.is((await call(api)).status, 200)
})

test('of ten calls at once five are answered', async (t) => {
  const api = await startApi(t)
  const answers = await Promise.all(Array.from({ length: 10 }, () => call(api)))
  t.deepEqual(answers.map(({ status }) => status).toSorted(), [
    ...Array<number>(5).fill(200),
    ...Array<number>(5).fill(429),
  ])
})

test('the other addresses are not limited', async (t) => {
  const api = await startApi(t)
  for (let times = 0; times < 6; times++) await call(api)
  t.is((await api.whoami(await api.bearer())).status, 200)
})

test('when calls cannot be counted, the answer is an outage and no challenge', async (t) => {
  const api = await startApi(t)
  await api.db.$executeRaw`DROP TABLE "Throttle"`
  const response = await call(api)
  t.is(response.status, 503)
  t.deepEqual(headerValues(response, 'WWW-Authenticate'), [])
  t.is(headerValue(response, 'Retry-After'), '30')
})
