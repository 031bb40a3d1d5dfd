/** Nonces for proofs: asked for, given once, good for a few minutes, and only here (RFC 9449 §8, §9). */
import test from 'ava'
import { createProofKey } from '../../src/lab/proof.ts'
import { fixedClock } from '../../src/lib/clock.ts'
import { NONCE_STEP, createNonces } from '../../src/resource/nonces.ts'
import { headerValue, headerValues } from '../helpers/raw-http.ts'
import { assertRefused, withError } from './answers.ts'
import { startApi } from './api.ts'
import type { Api } from './api.ts'

const key = createProofKey()
const required = { nonceRequired: true }

const call = (api: Api, token: string, nonce?: string, iat = api.clock.seconds()) =>
  api.whoami(...api.dpop({ key, token, iat, ...(nonce !== undefined && { nonce }) }))

for (const [what, options, nonceOf] of [
  ['no nonce, where one is required', required, () => undefined],
  ['a nonce that was made up', {}, () => 'made-up'],
  ['an empty nonce', {}, () => ''],
  ['a nonce of another server', {}, (api: Api) => foreign(api)],
  ['a nonce of another server, where one is required', required, (api: Api) => foreign(api)],
  [
    'an old nonce',
    {},
    (api: Api) => {
      const nonce = api.nonces.current()
      api.clock.advance(2 * NONCE_STEP)
      return nonce
    },
  ],
] as const) {
  test(`401 dpop-nonce-required, and a nonce that is good then: ${what}`, async (t) => {
    const api = await startApi(t, options)
    const nonce = nonceOf(api)
    const token = await api.boundTo(key)
    const response = await call(api, token, nonce)
    const id = 'dpop-nonce-required'
    const error = 'use_dpop_nonce'
    const description = 'Resource server requires nonce in DPoP proof'
    const challenges = withError(api, { id, error, description, on: 'DPoP' })
    assertRefused(t, api, response, id, { status: 401, challenges, description, error })
    const [given = '', ...more] = headerValues(response, 'DPoP-Nonce')
    t.deepEqual(more, [])
    t.regex(given, /^[\w-]{43}$/)
    t.is((await call(api, token, given)).status, 200)
  })
}

/** What the authorization server, or anybody with another key, would hand out at the same time. */
const foreign = ({ clock }: Api): string =>
  createNonces({ key: Buffer.alloc(32, 'other'), clock }).current()

test('a nonce that was given is good for this step and the next one, and the answer has the next', async (t) => {
  const api = await startApi(t)
  const nonce = api.nonces.current()
  const first = await call(api, await api.boundTo(key), nonce)
  t.is(first.status, 200)
  t.deepEqual(headerValues(first, 'DPoP-Nonce'), [])

  api.clock.advance(NONCE_STEP)
  const later = await call(api, await api.boundTo(key), nonce)
  t.is(later.status, 200)
  const next = headerValue(later, 'DPoP-Nonce') ?? ''
  t.not(next, nonce)
  t.is(next, api.nonces.current())
  t.is((await call(api, await api.boundTo(key), next)).status, 200)

  api.clock.advance(NONCE_STEP)
  t.is((await call(api, await api.boundTo(key), nonce)).status, 401)
  t.is((await call(api, await api.boundTo(key), next)).status, 200)
})

test('with a nonce the clock of the client may be minutes away, and not more', async (t) => {
  const api = await startApi(t)
  const nonce = api.nonces.current()
  const token = await api.boundTo(key)
  const now = api.clock.seconds()
  for (const offset of [-300, 300, -61, 61]) {
    t.is((await call(api, token, nonce, now + offset)).status, 200)
    t.is((await call(api, token, undefined, now + offset)).status, 401)
  }
  for (const offset of [-301, 301]) t.is((await call(api, token, nonce, now + offset)).status, 401)
  t.is(api.refused.at(-1)?.id, 'dpop-iat-outside-window')
})

test('a nonce is no invitation to use a proof twice', async (t) => {
  const api = await startApi(t, required)
  const token = await api.boundTo(key)
  const nonce = api.nonces.current()
  const lines = api.dpop({ key, token, nonce, iat: api.clock.seconds() - 290 })
  t.is((await api.whoami(...lines)).status, 200)
  for (const seconds of [0, 9, 1, NONCE_STEP]) {
    api.clock.advance(seconds)
    t.is((await api.whoami(...lines)).status, 401)
  }
})

test('a Bearer token needs no nonce, whatever is required of proofs', async (t) => {
  const api = await startApi(t, required)
  const response = await api.whoami(await api.bearer())
  t.is(response.status, 200)
  t.deepEqual(headerValues(response, 'DPoP-Nonce'), [])
})

test('a page can read the nonce', async (t) => {
  const api = await startApi(t, required)
  const lines = api.dpop({ key, token: await api.boundTo(key) })
  const response = await api.whoami(...lines, 'Origin: http://localhost:5173')
  t.is(response.status, 401)
  t.regex(headerValue(response, 'Access-Control-Expose-Headers') ?? '', /DPoP-Nonce/)
})

test('nonces follow from the key and the time alone: every process knows them, and nobody else', (t) => {
  const clock = fixedClock(0)
  const made = createNonces({ key: Buffer.alloc(32, 1), clock })
  const elsewhere = createNonces({ key: Buffer.alloc(32, 1), clock: fixedClock(0) })
  t.is(made.current(), elsewhere.current())
  t.is(elsewhere.judge(made.current()), 'current')
  const stranger = createNonces({ key: Buffer.alloc(32, 2), clock })
  t.is(stranger.judge(made.current()), 'unknown')
  t.is(made.judge(undefined), 'absent')

  const seen = new Set<string>()
  for (let step = 0; step < 100; step++) {
    seen.add(made.current())
    clock.advance(NONCE_STEP)
  }
  t.is(seen.size, 100)
})
