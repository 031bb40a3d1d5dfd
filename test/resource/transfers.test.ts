/** `/api/transfers`: sent, listed, kept from others, and no more than was allowed (RFC 9396 §9.1). */
import test from 'ava'
import type { TokenOptions } from '../../src/lab/mint.ts'
import { headerValue, headerValues } from '../helpers/raw-http.ts'
import type { RawResponse } from '../helpers/raw-http.ts'
import { assertInvalidToken, assertRefused } from './answers.ts'
import { startApi } from './api.ts'
import type { Api } from './api.ts'

type Transfer = { id: string; to: string; amount: number; currency: string; created_at: string }

const parsed = ({ body }: RawResponse): unknown => JSON.parse(body)
const scope = 'transfers:write'
const JSON_TYPE = 'Content-Type: application/json'
const GOOD = { to: 'bob', amount: 1_250, currency: 'EUR' }

/** A token of somebody who just signed in with two steps. */
const twoSteps = (api: Api, options: TokenOptions = {}) =>
  api.bearer({ scope, acr: 'urn:countersign:mfa', authTime: api.clock.seconds(), ...options })

const send = async (api: Api, body: unknown, options?: TokenOptions) =>
  api.send(
    'POST /api/transfers',
    [await twoSteps(api, options), JSON_TYPE],
    typeof body === 'string' ? body : JSON.stringify(body),
  )

test('a transfer is sent, and can be read where the answer says', async (t) => {
  const api = await startApi(t)
  const made = await send(api, GOOD)
  t.is(made.status, 201)
  t.is(headerValue(made, 'Content-Type'), 'application/json; charset=utf-8')
  t.is(headerValue(made, 'Cache-Control'), 'no-store')
  const { id, ...rest } = parsed(made) as Transfer
  t.deepEqual(rest, { ...GOOD, created_at: '2026-01-02T03:04:05.000Z' })
  t.is(headerValue(made, 'Location'), `/api/transfers/${id}`)

  const bearer = await api.bearer({ scope })
  t.deepEqual(parsed(await api.send(`GET /api/transfers/${id}`, [bearer])), parsed(made))
  const list = await api.send('GET /api/transfers', [bearer])
  t.deepEqual(parsed(list), { transfers: [parsed(made)] })
  const [stored] = await api.db.transfer.findMany()
  t.like(stored, { owner: 'alice', payee: 'bob', amount: 1_250, currency: 'EUR' })
})

test('people see their own transfers, oldest first, and as many as they ask for', async (t) => {
  const api = await startApi(t)
  for (const amount of [3, 1, 2]) {
    api.clock.advance(1)
    await send(api, { ...GOOD, amount })
  }
  await send(api, { ...GOOD, to: 'alice' }, { sub: 'bob' })
  const list = async (sub: string, query = '') => {
    const response = await api.send(`GET /api/transfers${query}`, [
      await api.bearer({ scope, sub }),
    ])
    const { transfers } = parsed(response) as { transfers: Transfer[] }
    return transfers.map(({ amount }) => amount)
  }
  t.deepEqual(await list('alice'), [3, 1, 2])
  t.deepEqual(await list('alice', '?limit=2'), [3, 1])
  t.deepEqual(await list('bob'), [1_250])
  t.deepEqual(await list('carol'), [])
})

test('a transfer of somebody else is answered as one that does not exist, to who got it as well', async (t) => {
  const api = await startApi(t)
  const { id } = parsed(await send(api, GOOD)) as Transfer
  const bob = await api.bearer({ scope, sub: 'bob' })
  for (const method of ['GET', 'HEAD', 'DELETE', 'POST']) {
    const answers = await Promise.all(
      [id, 'nothing', '%zz', 'x'.repeat(65)].map(async (one) => {
        const response = await api.send(`${method} /api/transfers/${one}`, [bob])
        const requestId = headerValue(response, 'X-Request-Id') ?? ''
        const headers = response.headers.filter(([name]) => name !== 'Date')
        const told = JSON.stringify({ ...response, headers }).replaceAll(requestId, 'id')
        return JSON.parse(told) as unknown
      }),
    )
    t.like(answers[0], { status: 404 })
    for (const answer of answers) t.deepEqual(answer, answers[0])
  }
})

test('which verbs there are is told to those who may know', async (t) => {
  const api = await startApi(t)
  const { id } = parsed(await send(api, GOOD)) as Transfer
  const own = await api.send(`DELETE /api/transfers/${id}`, [await api.bearer({ scope })])
  t.is(own.status, 405)
  t.is(headerValue(own, 'Allow'), 'GET, HEAD')
  const scopeless = await api.send(`DELETE /api/transfers/${id}`, [await api.bearer()])
  t.is(scopeless.status, 404)
  const list = await api.send('PUT /api/transfers', [await api.bearer()])
  t.is(list.status, 405)
  t.is(headerValue(list, 'Allow'), 'GET, HEAD, POST')
})

test('to read transfers needs their scope', async (t) => {
  const api = await startApi(t)
  for (const path of ['/api/transfers', '/api/transfers/x']) {
    const response = await api.send(`GET ${path}`, [await api.bearer({ scope: 'notes:read' })])
    t.is(response.status, 403)
  }
})

for (const [what, body] of [
  ['no amount', { to: 'bob', currency: 'EUR' }],
  ['an amount of 0', { ...GOOD, amount: 0 }],
  ['an amount below 0', { ...GOOD, amount: -1 }],
  ['an amount of a fraction', { ...GOOD, amount: 1.5 }],
  ['an amount of text', { ...GOOD, amount: '100' }],
  ['more than can be stored', { ...GOOD, amount: 2_147_483_648 }],
  ['an amount without end', '{"to":"bob","amount":1e400,"currency":"EUR"}'],
  ['a currency in small letters', { ...GOOD, currency: 'eur' }],
  ['a currency of four letters', { ...GOOD, currency: 'EURO' }],
  ['a currency and a line end', { ...GOOD, currency: 'EUR\n' }],
  ['nobody known here', { ...GOOD, to: 'nobody' }],
  ['no payee', { ...GOOD, to: '' }],
  ['half a surrogate pair', '{"to":"\\uD800","amount":1,"currency":"EUR"}'],
  ['an unknown member', { ...GOOD, from: 'bob' }],
  ['a list', [GOOD]],
  ['null', null],
] as const) {
  test(`422, and nothing is sent: ${what}`, async (t) => {
    const api = await startApi(t)
    assertRefused(t, api, await send(api, body), 'invalid-input', {
      status: 422,
      challenges: [],
      description: 'The request body does not have the expected fields',
    })
    t.is(await api.db.transfer.count(), 0)
  })
}

for (const [what, lines, body, status] of [
  ['broken JSON', [JSON_TYPE], '{', 400],
  ['a NUL', [JSON_TYPE], '{"to":"a\\u0000"}', 400],
  ['a form', ['Content-Type: application/x-www-form-urlencoded'], 'to=bob', 415],
  ['too large a body', [JSON_TYPE], `{"to":"${'a'.repeat(70_000)}"}`, 413],
  ['an answer nobody here writes', [JSON_TYPE, 'Accept: image/png'], JSON.stringify(GOOD), 406],
] as const) {
  test(`${status}, and nothing is sent: ${what}`, async (t) => {
    const api = await startApi(t)
    const response = await api.send('POST /api/transfers', [await twoSteps(api), ...lines], body)
    t.is(response.status, status)
    t.is(await api.db.transfer.count(), 0)
  })
}

const detail = { type: 'transfer', amount: 1_250, payee: 'bob', currency: 'EUR' }

for (const [what, authorizationDetails, granted] of [
  ['no details', undefined, true],
  ['an empty list', [], true],
  ['details of another type alone', [{ type: 'account_information', amount: 'x' }], true],
  ['this very transfer', [detail], true],
  ['this transfer in any currency', [{ type: 'transfer', amount: 1_250, payee: 'bob' }], true],
  ['this transfer among others', [{ ...detail, amount: 1 }, { type: 'other' }, detail], true],
  ['this transfer, in more words', [{ ...detail, locations: ['https://x'], note: 'tea' }], true],
  ['another amount', [{ ...detail, amount: 1_251 }], false],
  ['a greater amount', [{ ...detail, amount: 5_000 }], false],
  ['another payee', [{ ...detail, payee: 'carol' }], false],
  ['another currency', [{ ...detail, currency: 'USD' }], false],
  [
    'one part each of two others',
    [
      { ...detail, amount: 1 },
      { ...detail, payee: 'carol' },
    ],
    false,
  ],
] as const) {
  test(`a token that allows ${what} ${granted ? 'is enough' : 'is not'} for a transfer`, async (t) => {
    const api = await startApi(t)
    const options = authorizationDetails ? { authorizationDetails } : {}
    const response = await send(api, GOOD, options)
    if (granted) {
      t.is(response.status, 201, response.body)
      return
    }
    assertRefused(t, api, response, 'transfer-not-granted', {
      status: 403,
      challenges: ['Bearer realm="api"'],
      description: 'The token does not grant this transfer',
    })
    t.is(await api.db.transfer.count(), 0)
  })
}

test('who may send one certain transfer does not learn who is here', async (t) => {
  const api = await startApi(t)
  for (const to of ['carol', 'nobody']) {
    const response = await send(api, { ...GOOD, to }, { authorizationDetails: [detail] })
    t.is(response.status, 403)
    t.deepEqual(headerValues(response, 'WWW-Authenticate'), ['Bearer realm="api"'])
  }
})

for (const claim of [
  null,
  'transfer',
  {},
  ['transfer'],
  [null],
  [[]],
  [{}],
  [{ type: 1 }],
  [{ type: 'transfer' }],
  [{ ...detail, amount: '1250' }],
  [{ ...detail, amount: 0 }],
  [{ ...detail, payee: '' }],
  [{ ...detail, currency: 'eur' }],
  [{ ...detail, currency: null }],
  [detail, { type: 'transfer' }],
]) {
  test(`details that make no sense are no claim: ${JSON.stringify(claim)}`, async (t) => {
    const api = await startApi(t)
    const response = await api.whoami(
      await api.bearer({ claims: { authorization_details: claim } }),
    )
    const description = 'A required claim is missing or has the wrong type'
    assertInvalidToken(t, api, response, 'token-claims-invalid', description)
  })
}
