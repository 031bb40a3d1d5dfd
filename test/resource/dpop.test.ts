/** Every refusal about proof of possession, on the wire, and what of it is kept (RFC 9449 §7). */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { createProofKey } from '../../src/lab/proof.ts'
import type { RefusalId } from '../../src/refusals/catalogue.ts'
import { runChecks } from '../../src/resource/checks.ts'
import type { Facts } from '../../src/resource/facts.ts'
import { headerValue, headerValues } from '../helpers/raw-http.ts'
import type { RawResponse } from '../helpers/raw-http.ts'
import { assertRefused, bare, withError } from './answers.ts'
import { startApi } from './api.ts'
import type { Api } from './api.ts'

const key = createProofKey()
const other = createProofKey()
const edwards = createProofKey('EdDSA')

type Row = {
  id: RefusalId
  error: string
  description: string
  on?: 'Bearer' | 'DPoP'
  /** The lines that are sent. */
  lines: (api: Api, token: string) => string[] | Promise<string[]>
}

const invalidProof = {
  id: 'dpop-proof-invalid',
  error: 'invalid_dpop_proof',
  description: 'The DPoP proof is not valid',
} as const

const rows: [what: string, row: Row][] = [
  [
    'no proof beside the token',
    {
      id: 'dpop-proof-missing',
      error: 'invalid_dpop_proof',
      description: 'A DPoP proof is required',
      lines: (_api, token) => [`Authorization: DPoP ${token}`],
    },
  ],
  [
    'an empty DPoP header',
    {
      id: 'dpop-proof-missing',
      error: 'invalid_dpop_proof',
      description: 'A DPoP proof is required',
      lines: (_api, token) => [`Authorization: DPoP ${token}`, 'DPoP:'],
    },
  ],
  [
    'two DPoP headers',
    {
      id: 'dpop-proof-multiple',
      error: 'invalid_dpop_proof',
      description: 'Only one DPoP header is allowed',
      lines: (api, token) => [...api.dpop({ key, token }), api.dpop({ key, token })[1] ?? ''],
    },
  ],
  [
    'one DPoP header with a list',
    {
      id: 'dpop-proof-multiple',
      error: 'invalid_dpop_proof',
      description: 'Only one DPoP header is allowed',
      lines(api, token) {
        const [authorization = '', proof = ''] = api.dpop({ key, token })
        return [authorization, `${proof}, ${proof.slice('DPoP: '.length)}`]
      },
    },
  ],
  [
    'a proof for another method',
    { ...invalidProof, lines: (api, token) => api.dpop({ key, token, method: 'POST' }) },
  ],
  [
    'a proof by another key than the one in its header',
    { ...invalidProof, lines: (api, token) => api.dpop({ key, token, signer: other }) },
  ],
  [
    'a proof for another token',
    {
      id: 'dpop-ath-mismatch',
      error: 'invalid_dpop_proof',
      description: 'The DPoP proof was made for another token',
      lines: async (api, token) => [
        `Authorization: DPoP ${token}`,
        api.dpop({ key, token: await api.boundTo(key) })[1] ?? '',
      ],
    },
  ],
  [
    'a proof of an hour ago',
    {
      id: 'dpop-iat-outside-window',
      error: 'invalid_dpop_proof',
      description: 'The DPoP proof is too old or too new',
      lines: (api, token) => api.dpop({ key, token, iat: api.clock.seconds() - 3_600 }),
    },
  ],
  [
    'a proof of an hour ahead',
    {
      id: 'dpop-iat-outside-window',
      error: 'invalid_dpop_proof',
      description: 'The DPoP proof is too old or too new',
      lines: (api, token) => api.dpop({ key, token, iat: api.clock.seconds() + 3_600 }),
    },
  ],
  [
    'a proof that was used before',
    {
      id: 'dpop-replay',
      error: 'invalid_dpop_proof',
      description: 'The proof was used before',
      async lines(api, token) {
        const lines = api.dpop({ key, token })
        await api.whoami(...lines)
        return lines
      },
    },
  ],
  [
    'a proof by another key than the token’s',
    {
      id: 'dpop-key-mismatch',
      error: 'invalid_token',
      description: 'Invalid DPoP key binding',
      lines: (api, token) => api.dpop({ key: other, token }),
    },
  ],
  [
    'a bound token sent as Bearer',
    {
      id: 'dpop-token-as-bearer',
      error: 'invalid_token',
      description: 'The token is bound to a key; use the DPoP scheme',
      on: 'Bearer',
      lines: (_api, token) => [`Authorization: Bearer ${token}`],
    },
  ],
  [
    'a bound token sent as Bearer, with a proof',
    {
      id: 'dpop-token-as-bearer',
      error: 'invalid_token',
      description: 'The token is bound to a key; use the DPoP scheme',
      on: 'Bearer',
      lines: (api, token) => [`Authorization: Bearer ${token}`, api.dpop({ key, token })[1] ?? ''],
    },
  ],
  [
    'a token without a key',
    {
      id: 'dpop-unbound-token',
      error: 'invalid_token',
      description: 'The token is not bound to a key',
      lines: async (api) => api.dpop({ key, token: await api.mint.mint() }),
    },
  ],
]

/** What could be read from a file of refused calls. */
const kept = (facts: Facts): Facts => JSON.parse(JSON.stringify(facts)) as Facts

/** The same refusal from the facts alone; and nothing among them that could be used again. */
function assertKept(t: ExecutionContext, api: Api, id: RefusalId, lines: readonly string[]): void {
  const entry = api.refused.at(-1)
  t.is(entry?.id, id)
  if (!entry) return
  const findings = runChecks(kept(entry.facts), { stopAtFirst: true })
  const last = findings.at(-1)
  t.is(last?.outcome === 'failed' ? last.id : last?.outcome, id)
  t.is(last?.check, entry.evidence.check as string)
  t.true(findings.slice(0, -1).every(({ outcome }) => outcome === 'passed'))
  const text = JSON.stringify(entry)
  for (const [segment] of lines.join(' ').matchAll(/[\w-]{24,}/g)) t.false(text.includes(segment))
}

for (const [what, { id, error, description, on = 'DPoP', lines }] of rows) {
  test(`401 ${id}: ${what}`, async (t) => {
    const api = await startApi(t)
    const sent = await lines(api, await api.boundTo(key))
    const response = await api.whoami(...sent)
    const challenges = withError(api, { id, error, description, on })
    assertRefused(t, api, response, id, { status: 401, challenges, description, error })
    t.deepEqual(headerValues(response, 'DPoP-Nonce'), [])
    assertKept(t, api, id, sent)
  })
}

for (const [what, jkt] of [
  ['alone', undefined],
  ['beside a key', key.thumbprint],
] as const) {
  test(`401 mtls-cert-mismatch: a token bound to a certificate, ${what}`, async (t) => {
    const api = await startApi(t)
    const certificate = 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2'
    const token = await api.mint.mint({ cnf: { 'x5t#S256': certificate, jkt } })
    const bearer = [`Authorization: Bearer ${token}`]
    const response = await api.whoami(...(jkt ? api.dpop({ key, token }) : bearer))
    const id = 'mtls-cert-mismatch'
    const error = 'invalid_token'
    const description = 'The client certificate does not match the token'
    // No DPoP line: with a certificate missing, no key helps.
    const challenges = withError(api, { id, error, description }).slice(0, 1)
    assertRefused(t, api, response, id, { status: 401, challenges, description, error })
  })
}

for (const [what, proofKey] of [
  ['ES256', key],
  ['EdDSA', edwards],
] as const) {
  test(`a token bound to a key of ${what} is good with a proof by it`, async (t) => {
    const api = await startApi(t)
    const token = await api.boundTo(proofKey, { scope: 'notes:read' })
    const response = await api.whoami(...api.dpop({ key: proofKey, token }))
    t.is(response.status, 200, response.body)
    t.like(JSON.parse(response.body), { sub: 'alice', cnf: { jkt: proofKey.thumbprint } })
    t.deepEqual(headerValues(response, 'DPoP-Nonce'), [])
    t.deepEqual(api.refused, [])
  })
}

test('schemes ignore case, and a token without a key needs no proof', async (t) => {
  const api = await startApi(t)
  const token = await api.boundTo(key)
  for (const scheme of ['dpop', 'DPOP', 'DPoP  ']) {
    const [, proof = ''] = api.dpop({ key, token })
    t.is((await api.whoami(`Authorization: ${scheme} ${token}`, proof)).status, 200)
  }
  // A proof beside a Bearer token says nothing, so nobody looks at it.
  t.is((await api.whoami(await api.bearer(), 'DPoP: x, y')).status, 200)
})

test('a bound token in a form is sent without its proof', async (t) => {
  const api = await startApi(t)
  const token = await api.boundTo(key, { scope: 'notes:write' })
  const form = 'Content-Type: application/x-www-form-urlencoded'
  const response = await api.send('POST /api/notes', [form], `access_token=${token}&text=a`)
  const id = 'dpop-token-as-bearer'
  const error = 'invalid_token'
  const description = 'The token is bound to a key; use the DPoP scheme'
  const challenges = withError(api, { id, error, description, scope: 'notes:write' })
  assertRefused(t, api, response, id, { status: 401, challenges, description, error })
})

const several = {
  id: 'multiple-authorization',
  error: 'invalid_request',
  description: 'Multiple methods used to include access token',
} as const

for (const [what, on, values] of [
  ['DPoP twice', 'DPoP', ['DPoP a', 'DPoP b']],
  ['DPoP twice in one line', 'DPoP', ['DPoP a, DPoP b']],
  ['Bearer and DPoP', 'both', ['Bearer a', 'DPoP b']],
  ['DPoP and Bearer', 'both', ['DPoP a', 'Bearer b']],
  ['both in one line', 'both', ['Bearer a, DPoP b']],
  ['DPoP and another scheme', 'DPoP', ['DPoP a', 'Basic YTpi']],
] as const) {
  test(`the error rides on what was used: ${what}`, async (t) => {
    const api = await startApi(t)
    const response = await api.whoami(...values.map((value) => `Authorization: ${value}`))
    const { id, error, description } = several
    const challenges = withError(api, { id, error, description, on })
    assertRefused(t, api, response, id, { status: 400, challenges, description, error })
  })
}

test('a token in a form beside one with a proof: the error rides on both', async (t) => {
  const api = await startApi(t)
  const form = ['Authorization: DPoP abc', 'Content-Type: application/x-www-form-urlencoded']
  const response = await api.send('POST /api/notes', form, 'access_token=abc&text=a')
  const id = 'multiple-token-methods'
  const error = 'invalid_request'
  const description = 'The access token was sent in more than one place'
  const challenges = withError(api, { id, error, description, scope: 'notes:write', on: 'both' })
  assertRefused(t, api, response, id, { status: 400, challenges, description, error })
})

for (const [value, id, description] of [
  [
    'DPoP',
    'scheme-without-credentials',
    'The Authorization header has a scheme but no credentials',
  ],
  ['DPoP a b', 'credentials-malformed', 'The token contains characters that are not allowed'],
  ['DPoP\tabc', 'credentials-malformed', 'The token contains characters that are not allowed'],
] as const) {
  test(`400 ${id}: ${encodeURI(value)}`, async (t) => {
    const api = await startApi(t)
    const response = await api.whoami(`Authorization: ${value}`)
    const error = 'invalid_request'
    const challenges = withError(api, { id, error, description, on: 'DPoP' })
    assertRefused(t, api, response, id, { status: 400, challenges, description, error })
  })
}

test('a proof alone is no credential', async (t) => {
  const api = await startApi(t)
  const [, proof = ''] = api.dpop({ key, token: 'x' })
  const description = 'The request carries no credentials'
  const expected = { status: 401, challenges: bare(api), description }
  assertRefused(t, api, await api.whoami(proof), 'no-credentials', expected)
})

const OPAQUE = 'b3BhcXVlLXRva2Vu'

/** The id of the refusal, or the status where there is none. */
const told = ({ status, body }: RawResponse): string =>
  /\/refusals\/([a-z-]+)"/.exec(body)?.[1] ?? String(status)

test('an opaque token is bound by what introspection says', async (t) => {
  const api = await startApi(t)
  const introspects = (answer: object) =>
    api.world.introspection.set(OPAQUE, {
      ...{ active: true, sub: 'alice', client_id: 'spa', scope: 'ledger:read' },
      ...{ aud: `${api.issuer}/ledger`, token_type: 'DPoP', cnf: { jkt: key.thumbprint } },
      ...answer,
    })
  const call = (...lines: string[]) => api.send('GET /ledger/entries', lines)
  const proven = (by = key) => api.dpop({ key: by, token: OPAQUE, path: '/ledger/entries' })

  introspects({})
  const good = await call(...proven())
  t.is(good.status, 200, good.body)
  t.is(told(await call(`Authorization: Bearer ${OPAQUE}`)), 'dpop-token-as-bearer')
  t.is(told(await call(...proven(other))), 'dpop-key-mismatch')
  t.is(told(await call(`Authorization: DPoP ${OPAQUE}`)), 'dpop-proof-missing')
  const refused = await call(...proven(other))
  t.regex(headerValues(refused, 'WWW-Authenticate')[1] ?? '', /^DPoP realm="ledger", error="inv/)
  t.is(headerValue(refused, 'Cache-Control'), 'no-store')

  introspects({ token_type: 'Bearer', cnf: undefined })
  t.is(told(await call(...proven())), 'dpop-unbound-token')
  introspects({ token_type: 'Bearer' })
  t.is((await call(...proven())).status, 200)
  // Of a key that is not told nobody could say whose it is.
  introspects({ cnf: undefined })
  t.is(told(await call(`Authorization: Bearer ${OPAQUE}`)), 'token-claims-invalid')
})
