import { generateKeyPairSync } from 'node:crypto'
import test from 'ava'
import type { Fault } from '../../src/lab/breakages/breakage.ts'
import type { RawResponse } from '../helpers/raw-http.ts'
import { headerValue, headerValues } from '../helpers/raw-http.ts'
import { assertInvalidToken, assertRefused } from './answers.ts'
import { publicKey, startApi } from './api.ts'
import type { Api } from './api.ts'

const OPAQUE = 'Authorization: Bearer b3BhcXVl'
const ledger = (api: Api) => api.send('GET /ledger/entries', [OPAQUE])
const whoami = async (api: Api) => api.whoami(await api.bearer())

for (const [fault, call] of [
  ['keys out of reach', whoami],
  ['introspection out of reach', ledger],
] as const satisfies [Fault, (api: Api) => Promise<RawResponse>][]) {
  test(`${fault}: 503, when to come back, and no challenge, as the token may be good`, async (t) => {
    const api = await startApi(t)
    api.world.faults.add(fault)
    const response = await call(api)
    assertRefused(t, api, response, 'auth-backend-down', {
      status: 503,
      challenges: [],
      description: 'The token cannot be checked at the moment; keep it and try again later',
      error: 'temporarily_unavailable',
    })
    t.is(headerValue(response, 'Retry-After'), '30')
  })
}

for (const [fault, call] of [
  ['keys unusable', whoami],
  ['introspection unusable', ledger],
] as const satisfies [Fault, (api: Api) => Promise<RawResponse>][]) {
  test(`${fault}: 500, as no other token would help, and nobody else’s challenge is passed on`, async (t) => {
    const api = await startApi(t)
    api.world.faults.add(fault)
    assertRefused(t, api, await call(api), 'auth-backend-broken', {
      status: 500,
      challenges: [],
      description: 'The server cannot check tokens because of a mistake of its own',
      error: 'server_error',
    })
  })
}

for (const [what, keys] of [
  ['nothing', undefined],
  ['null', null],
  ['a list', []],
  ['keys that are no list', { keys: {} }],
  ['keys that are no objects', { keys: ['es-1'] }],
  ['a key without its numbers', { keys: [{ ...publicKey, x: 'AA' }] }],
  ['a symmetric key in disguise', { keys: [{ ...publicKey, x: undefined }] }],
] as const) {
  test(`${what} in place of a key set is our fault, not the caller’s`, async (t) => {
    const api = await startApi(t, { keys: async () => keys as never })
    t.is((await whoami(api)).status, 500)
  })
}

test('a key that is too short for its algorithm is our fault, not the caller’s', async (t) => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
  const keys = { keys: [{ ...weak.export({ format: 'jwk' }), kid: 'es-1' }] }
  const api = await startApi(t, { keys: async () => keys })
  t.is((await api.whoami(await api.bearer({ header: { alg: 'RS256' } }))).status, 500)
})

for (const answer of [
  undefined,
  null,
  'active',
  { active: 'true' },
  { error: 'invalid_client' },
  [],
]) {
  test(`${JSON.stringify(answer)} is no introspection answer`, async (t) => {
    const api = await startApi(t, { introspect: async () => answer })
    t.is((await ledger(api)).status, 500)
  })
}

test('when it cannot be known what was revoked, nobody is let in', async (t) => {
  const api = await startApi(t, { standing: () => Promise.reject(new Error('locked')) })
  t.is((await whoami(api)).status, 503)
  api.world.introspection.set('b3BhcXVl', {
    active: true,
    aud: `${api.issuer}/ledger`,
    client_id: 'web',
    scope: 'ledger:read',
  })
  t.is((await ledger(api)).status, 503)
})

test('a token that was accepted is 503 too while the keys are out of reach, and good again after', async (t) => {
  const api = await startApi(t)
  const good = await api.bearer()
  t.is((await api.whoami(good)).status, 200)
  api.world.faults.add('keys out of reach')
  t.is((await api.whoami(good)).status, 503)
  api.world.faults.clear()
  t.is((await api.whoami(good)).status, 200)
})

test('what went wrong in a port is not told to the caller', async (t) => {
  const fault = Object.assign(new Error('postgresql://u:secret@host'), { code: 'ECONNREFUSED' })
  const api = await startApi(t, { standing: () => Promise.reject(fault) })
  const { body } = await whoami(api)
  t.false(body.includes('secret'))
  t.false(JSON.stringify(api.refused).includes('secret'))
  t.true(JSON.stringify(api.refused).includes('ECONNREFUSED'))
})

test('any number of unknown kids asks for the keys again once in 30 seconds', async (t) => {
  const asked: unknown[] = []
  const api = await startApi(t, {
    async keys(options) {
      asked.push(options)
      return { keys: [publicKey] }
    },
  })
  const refetches = () => asked.filter((options) => options !== undefined).length
  const strangers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => api.bearer({ header: { kid: `x-${n}` } })),
  )
  const answers = await Promise.all(strangers.map((line) => api.whoami(line)))
  for (const answer of answers) assertInvalidToken(t, api, answer, 'token-key-unknown')
  t.is(refetches(), 1)
  api.clock.advance(29)
  await api.whoami(await api.bearer({ header: { kid: 'y' } }))
  t.is(refetches(), 1)
  api.clock.advance(1)
  await api.whoami(await api.bearer({ header: { kid: 'z' } }))
  t.is(refetches(), 2)
})

test('a key that was published since is found by asking again', async (t) => {
  let published: { keys: (typeof publicKey)[] } = { keys: [{ ...publicKey, kid: 'old' }] }
  const api = await startApi(t, {
    async keys(options) {
      if (options?.refetch) published = { keys: [publicKey] }
      return published
    },
  })
  t.is((await whoami(api)).status, 200)
})

test('a key that was withdrawn does not come back from an earlier answer', async (t) => {
  const api = await startApi(t)
  await api.whoami(await api.bearer({ header: { kid: 'unknown' } }))
  const good = await api.bearer()
  t.is((await api.whoami(good)).status, 200)
  api.world.keys = { keys: [] }
  assertInvalidToken(t, api, await api.whoami(good), 'token-key-unknown')
  assertInvalidToken(t, api, await api.whoami(await api.bearer()), 'token-key-unknown')
})

test('when asking again fails, the token was not judged', async (t) => {
  const api = await startApi(t, {
    keys: (options) =>
      options?.refetch ? Promise.reject(new Error('out of reach')) : Promise.resolve({ keys: [] }),
  })
  t.is((await whoami(api)).status, 503)
  t.is((await whoami(api)).status, 503)
})

test('a key that is withdrawn takes its tokens with it, accepted before or not', async (t) => {
  const api = await startApi(t)
  const good = await api.bearer()
  t.is((await api.whoami(good)).status, 200)
  api.world.keys = { keys: [] }
  assertInvalidToken(t, api, await api.whoami(good), 'token-key-unknown')
  api.world.keys = { keys: [publicKey] }
  t.is((await api.whoami(good)).status, 200)
})

test('a refused call names no challenge of another server', async (t) => {
  const api = await startApi(t)
  api.world.faults.add('introspection unusable')
  t.deepEqual(headerValues(await ledger(api), 'WWW-Authenticate'), [])
})
