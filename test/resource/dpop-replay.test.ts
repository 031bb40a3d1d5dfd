/** A proof counts once: of any number at once, in any process, and only when all else was good (RFC 9449 §11.1). */
import test from 'ava'
import { createOnce } from '../../src/db/once.ts'
import { createProofKey } from '../../src/lab/proof.ts'
import { fixedClock } from '../../src/lib/clock.ts'
import { openedDatabase } from '../helpers/database.ts'
import { bothProviders } from '../helpers/postgres.ts'
import { headerValues } from '../helpers/raw-http.ts'
import type { RawResponse } from '../helpers/raw-http.ts'
import { assertRefused } from './answers.ts'
import { NOW, startApi } from './api.ts'

const key = createProofKey()
const other = createProofKey()

const told = ({ status, body }: RawResponse): string =>
  /\/refusals\/([a-z-]+)"/.exec(body)?.[1] ?? String(status)

for (const provider of await bothProviders(test)) {
  provider.test('of ten copies of a proof at once one is accepted', async (t) => {
    const { db } = await openedDatabase(t, await provider.migrated(t))
    const api = await startApi(t, { once: createOnce({ db, clock: fixedClock(NOW) }) })
    const lines = api.dpop({ key, token: await api.boundTo(key) })
    const answers = await Promise.all(Array.from({ length: 10 }, () => api.whoami(...lines)))
    t.deepEqual(answers.map(told).toSorted(), ['200', ...Array<string>(9).fill('dpop-replay')])
    t.is(await db.onceValue.count(), 1)
  })

  provider.test('a proof that one process accepted is refused by the next', async (t) => {
    const url = await provider.migrated(t)
    const clock = fixedClock(NOW)
    const processes = await Promise.all([openedDatabase(t, url), openedDatabase(t, url)])
    const uses = processes.map(({ db }) => createOnce({ db, clock }))
    let turn = 0
    const api = await startApi(t, {
      once: { use: async (value, end) => uses[turn++ % 2]?.use(value, end) ?? false },
    })
    const lines = api.dpop({ key, token: await api.boundTo(key) })
    t.is(told(await api.whoami(...lines)), '200')
    t.is(told(await api.whoami(...lines)), 'dpop-replay')
  })

  provider.test('when the store of proofs cannot be asked, no proof is accepted', async (t) => {
    const { db } = await openedDatabase(t, await provider.migrated(t))
    const once = createOnce({ db, clock: fixedClock(NOW) })
    const api = await startApi(t, { once })
    const token = await api.boundTo(key)
    await db.$executeRaw`DROP TABLE "OnceValue"`
    const response = await api.whoami(...api.dpop({ key, token }))
    assertRefused(t, api, response, 'auth-backend-down', {
      status: 503,
      challenges: [],
      description: 'The token cannot be checked at the moment; keep it and try again later',
      error: 'temporarily_unavailable',
    })
    t.deepEqual(headerValues(response, 'Retry-After'), ['30'])
    t.is((await api.whoami(await api.bearer())).status, 200)
  })
}

test('a proof is used up by the call it was accepted for, whatever came of that', async (t) => {
  const api = await startApi(t)
  const token = await api.boundTo(key, { scope: 'notes:read' })
  const path = '/api/notes/nothing-is-here'
  const lines = api.dpop({ key, token, path })
  t.is(told(await api.send(`GET ${path}`, lines)), 'hidden')
  t.is(told(await api.send(`GET ${path}`, lines)), 'dpop-replay')
})

test('a proof that was refused was not used, so that nobody can use up somebody else’s', async (t) => {
  const api = await startApi(t)
  const path = '/api/notes'
  const token = await api.boundTo(key, { scope: 'notes:read' })
  const jti = 'one-and-the-same'
  const good = { key, token, path, jti }
  const [authorization = '', proof = ''] = api.dpop(good)
  const send = (lines: readonly string[]) => api.send('GET /api/notes', lines)

  const poor = await api.boundTo(key, { scope: 'notes:write' })
  const poorLines = api.dpop({ ...good, token: poor })
  t.is(told(await send(poorLines)), 'insufficient-scope')
  api.world.denied.set('account:alice', 'disabled')
  t.is(told(await send([authorization, proof])), 'token-subject-disabled')
  api.world.denied.clear()
  t.is(told(await send([`Authorization: Bearer ${token}`, proof])), 'dpop-token-as-bearer')
  t.is(told(await send([authorization, proof, proof])), 'dpop-proof-multiple')
  t.is(told(await send([`${authorization}x`, proof])), 'token-malformed')
  t.is(told(await send(api.dpop({ ...good, signer: other }))), 'dpop-proof-invalid')
  t.is(told(await send(api.dpop({ ...good, method: 'POST' }))), 'dpop-proof-invalid')
  t.is(told(await send(api.dpop({ ...good, nonce: 'old' }))), 'dpop-nonce-required')
  t.is(await api.db.onceValue.count(), 0)

  t.is(told(await send([authorization, proof])), '200')
  t.is(told(await send([authorization, proof])), 'dpop-replay')
  t.is(await api.db.onceValue.count(), 1)
})

test('a proof that lacked scope can be sent again with a token that has it, if it was made for that', async (t) => {
  const api = await startApi(t)
  const token = await api.boundTo(key, { scope: 'notes:read' })
  const lines = api.dpop({ key, token, method: 'POST', path: '/api/notes' })
  for (let times = 0; times < 3; times++) {
    t.is(told(await api.send('POST /api/notes', lines)), 'insufficient-scope')
  }
})

test('a jti counts with its key: at another address it is known, by another key it is new', async (t) => {
  const api = await startApi(t)
  const jti = 'the-same'
  const mine = await api.boundTo(key)
  t.is(told(await api.whoami(...api.dpop({ key, token: mine, jti }))), '200')
  const elsewhere = api.dpop({ key, token: mine, jti, path: '/api/limited' })
  t.is(told(await api.send('GET /api/limited', elsewhere)), 'dpop-replay')
  const fresh = await api.boundTo(key)
  t.is(told(await api.whoami(...api.dpop({ key, token: fresh, jti }))), 'dpop-replay')
  const theirs = await api.boundTo(other)
  t.is(told(await api.whoami(...api.dpop({ key: other, token: theirs, jti }))), '200')
})

test('a use is remembered as a hash, and for as long as the proof could be accepted', async (t) => {
  const api = await startApi(t)
  const token = await api.boundTo(key)
  const jti = 'j'.repeat(1_024)
  const lines = api.dpop({ key, token, jti, iat: api.clock.seconds() + 60 })
  t.is(told(await api.whoami(...lines)), '200')
  const [row] = await api.db.onceValue.findMany()
  t.regex(row?.key ?? '', /^dpop:[\w-]{43}$/)
  for (const seconds of [60, 59, 1]) {
    api.clock.advance(seconds)
    t.is(told(await api.whoami(...lines)), 'dpop-replay')
  }
  api.clock.advance(1)
  t.is(told(await api.whoami(...lines)), 'dpop-iat-outside-window')
  t.true((row?.expiresAt.getTime() ?? 0) > api.clock.now())
})
