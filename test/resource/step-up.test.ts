/** An operation asks for a stronger or a newer sign-in, and for its scope at once (RFC 9470 §3). */
import test from 'ava'
import { createProofKey } from '../../src/lab/proof.ts'
import type { TokenOptions } from '../../src/lab/mint.ts'
import type { RawResponse } from '../helpers/raw-http.ts'
import { assertRefused, bare, withError } from './answers.ts'
import { startApi } from './api.ts'
import type { Api } from './api.ts'

const MFA = 'urn:countersign:mfa'
const key = createProofKey()

const level = {
  id: 'step-up-acr',
  description: 'A different authentication level is required',
} as const
const age = {
  id: 'step-up-max-age',
  description: 'More recent authentication is required',
} as const
const error = 'insufficient_user_authentication'
/** Both, whichever is short: a client does both at once. */
const stepUp = `acr_values="${MFA}", max_age="300"`

const JSON_TYPE = 'Content-Type: application/json'
const BODY = JSON.stringify({ to: 'bob', amount: 100, currency: 'EUR' })

const post = (api: Api, ...lines: string[]): Promise<RawResponse> =>
  api.send('POST /api/transfers', [JSON_TYPE, ...lines], BODY)

type Case = [what: string, row: typeof level | typeof age, options: (api: Api) => TokenOptions]

const now = ({ clock }: Api) => clock.seconds()
const scope = 'transfers:write'

const cases: Case[] = [
  ['a password alone', level, (api) => ({ scope, acr: 'urn:countersign:pwd', authTime: now(api) })],
  ['no acr', level, (api) => ({ scope, authTime: now(api) })],
  ['neither acr nor auth_time', level, () => ({ scope })],
  ['an acr that begins alike', level, (api) => ({ scope, acr: `${MFA}x`, authTime: now(api) })],
  ['both short', level, (api) => ({ scope, acr: 'x', authTime: now(api) - 301 })],
  ['acr short, and the scope', level, (api) => ({ authTime: now(api) })],
  ['a sign-in of 301 s ago', age, (api) => ({ scope, acr: MFA, authTime: now(api) - 301 })],
  ['no auth_time', age, () => ({ scope, acr: MFA })],
  ['a sign-in of the future', age, (api) => ({ scope, acr: MFA, authTime: now(api) + 6 })],
  ['an old sign-in, and the scope', age, (api) => ({ acr: MFA, authTime: now(api) - 301 })],
]

for (const [what, { id, description }, options] of cases) {
  const told = { id, error, description, stepUp, scope: 'openid transfers:write' }

  test(`401 ${id}, with all that a new authorization must ask for: ${what}`, async (t) => {
    const api = await startApi(t)
    const response = await post(api, await api.bearer(options(api)))
    const challenges = withError(api, told)
    assertRefused(t, api, response, id, { status: 401, challenges, description, error })
    t.is(await api.db.transfer.count(), 0)
  })

  test(`401 ${id}, on the DPoP line for a bound token: ${what}`, async (t) => {
    const api = await startApi(t)
    const token = await api.boundTo(key, options(api))
    const lines = api.dpop({ key, token, method: 'POST', path: '/api/transfers' })
    const response = await post(api, ...lines)
    const challenges = withError(api, { ...told, on: 'DPoP' })
    assertRefused(t, api, response, id, { status: 401, challenges, description, error })
  })
}

test('the challenge as it stands on the wire', async (t) => {
  const api = await startApi(t)
  const { headers } = await post(api, await api.bearer({ scope }))
  const metadata = `resource_metadata="${api.issuer}/.well-known/oauth-protected-resource/api"`
  t.deepEqual(
    headers.filter(([name]) => name === 'WWW-Authenticate').map(([, value]) => value),
    [
      `Bearer realm="api", error="insufficient_user_authentication", scope="openid transfers:write", acr_values="urn:countersign:mfa", max_age="300", ${metadata}, error_description="A different authentication level is required", error_uri="${api.issuer}/refusals/step-up-acr"`,
      `DPoP realm="api", scope="openid transfers:write", algs="ES256 EdDSA", ${metadata}`,
    ],
  )
})

test('the scope alone is 403, and asks for no other sign-in', async (t) => {
  const api = await startApi(t)
  const options = { acr: MFA, authTime: now(api), scope: 'notes:read' }
  const response = await post(api, await api.bearer(options))
  const id = 'insufficient-scope'
  const error = 'insufficient_scope'
  const description = 'This operation needs more scope'
  const challenges = withError(api, { id, error, description, scope })
  assertRefused(t, api, response, id, { status: 403, challenges, description, error })
})

test('a stranger is told the scope of the operation, as everywhere', async (t) => {
  const api = await startApi(t)
  assertRefused(t, api, await post(api), 'no-credentials', {
    status: 401,
    challenges: bare(api, scope),
    description: 'The request carries no credentials',
  })
})

for (const seconds of [0, 300, -5]) {
  test(`a second step ${seconds} s ago is enough`, async (t) => {
    const api = await startApi(t)
    const options = { scope, acr: MFA, authTime: now(api) - seconds }
    t.is((await post(api, await api.bearer(options))).status, 201)
  })
}

test('a sign-in grows old while its token lives', async (t) => {
  const api = await startApi(t)
  const bearer = await api.bearer({ scope, acr: MFA, authTime: now(api) - 200 })
  t.is((await post(api, bearer)).status, 201)
  api.clock.advance(100)
  t.is((await post(api, bearer)).status, 201)
  api.clock.advance(1)
  t.is((await post(api, bearer)).status, 401)
  t.is(api.refused[0]?.id, age.id)
})

test('to look at transfers needs no second step', async (t) => {
  const api = await startApi(t)
  t.is((await api.send('GET /api/transfers', [await api.bearer({ scope })])).status, 200)
})
