/** Tokens that were aged, as the API judges them; and what it costs to know. */
import test from 'ava'
import { createSharedRead } from '../../src/db/revision.ts'
import { headerValue } from '../helpers/raw-http.ts'
import { assertInvalidToken } from './answers.ts'
import { startApi } from './api.ts'

test('a token is judged as older by what it was aged by, and the evidence says how much that is', async (t) => {
  const api = await startApi(t, { ageing: async () => 3600 })
  const response = await api.whoami(await api.bearer())
  assertInvalidToken(t, api, response, 'token-expired', 'The access token expired')
  const now = api.clock.seconds()
  const [entry] = api.refused
  t.is(entry?.facts.age, 3600)
  t.deepEqual(entry?.evidence, {
    check: 'time',
    claim: 'exp',
    expected: `later than ${now + 3600}`,
    found: now + 300,
    aged: 3600,
  })
})

test('an aged token is good to the last second of its life', async (t) => {
  let age = 299
  const api = await startApi(t, { ageing: async () => age })
  const line = await api.bearer()
  t.is((await api.whoami(line)).status, 200)
  age = 300
  t.is((await api.whoami(line)).status, 401)
})

test('a token that was not aged says nothing about ageing', async (t) => {
  const api = await startApi(t, { ageing: async () => 0 })
  const line = await api.bearer()
  api.clock.advance(300)
  t.is((await api.whoami(line)).status, 401)
  t.false('aged' in (api.refused[0]?.evidence ?? {}))
})

test('ageing is asked for by the time of issue, and for what it can change only', async (t) => {
  const asked: number[] = []
  const api = await startApi(t, {
    ageing: async (issuedAt) => {
      asked.push(issuedAt)
      return 0
    },
  })
  const issuedAt = api.clock.seconds() - 600
  await api.whoami(await api.bearer({ issuedAt }))
  t.is(api.refused.at(-1)?.id, 'token-expired')
  for (const claims of [{ exp: 'soon' }, { iat: undefined }, { exp: undefined }]) {
    await api.whoami(await api.bearer({ claims }))
    t.is(api.refused.at(-1)?.id, 'token-claims-invalid')
  }
  await api.whoami(await api.bearer({ signer: 'stranger' }))
  t.is(api.refused.at(-1)?.id, 'token-bad-signature')
  t.deepEqual(asked, [])
  await api.whoami(await api.bearer({ issuedAt, expiresIn: 601 }))
  t.deepEqual(asked, [issuedAt])
})

test('introspection tells times that are aged; they are not aged again', async (t) => {
  const api = await startApi(t, { ageing: async () => 3600 })
  const now = api.clock.seconds()
  api.world.introspection.set('b3BhcXVl', {
    active: true,
    client_id: 'web',
    aud: api.resources.ledger.identifier,
    scope: 'ledger:read',
    iat: now - 3600,
    exp: now + 1,
  })
  const response = await api.send('GET /ledger/entries', ['Authorization: Bearer b3BhcXVl'])
  t.is(response.status, 200)
})

test('when it cannot be known how old a token is, nobody is let in', async (t) => {
  const api = await startApi(t, { ageing: () => Promise.reject(new Error('locked')) })
  const response = await api.whoami(await api.bearer())
  t.is(response.status, 503)
  t.is(headerValue(response, 'Retry-After'), '30')
  t.is(headerValue(response, 'WWW-Authenticate'), undefined)
  const late = await api.bearer({ issuedAt: api.clock.seconds() - 600 })
  t.is((await api.whoami(late)).status, 401, 'over in any case')
})

test('a call asks for age and standing at once, so that one read answers both', async (t) => {
  let reads = 0
  const read = createSharedRead(async () => ++reads)
  const api = await startApi(t, {
    standing: () => read().then(() => undefined),
    ageing: () => read().then(() => 0),
  })
  for (const calls of [1, 2, 3]) {
    t.is((await api.whoami(await api.bearer())).status, 200)
    t.is(reads, calls)
  }
})
