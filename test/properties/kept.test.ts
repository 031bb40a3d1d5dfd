/** What the doctor shows of a refused call, whatever was sent and wherever: never something that opens a door. */
import assert from 'node:assert/strict'
import test from 'ava'
import fc from '../helpers/properties.ts'
import { wholeBench } from '../adversarial/bench.ts'
import { headerValue } from '../helpers/raw-http.ts'
import { createPerson } from '../helpers/person.ts'
import { send } from './wire.ts'
import type { RandomRequest } from './wire.ts'

const FORM = 'application/x-www-form-urlencoded'
/** As a person or an app might send in the wrong place. */
const PASSWORD = 'correct-horse-battery-staple-17'

const ADDRESSES = [
  ...['/api/notes', '/api/nothing', '/ledger/entries', '/challenge/basic', '/challenge/digest'],
  ...['/oauth/token', '/oauth/introspect', '/oauth/revoke', '/oauth/userinfo', '/oauth/par'],
  ...['/oauth/authorize', '/oauth/register', '/interaction/abc/login', '/nothing', '/doctor/x'],
]

const USERS = ['alice', 'web', ''] as const

const base64Of = (user: string, secret: string): string =>
  Buffer.from(`${user}:${secret}`).toString('base64')

/** A secret where it belongs, where it does not, and with something around it. */
function withSecret(secret: string): fc.Arbitrary<RandomRequest> {
  const around = fc.constantFrom(
    '',
    ' ',
    ', ',
    '"',
    '\t',
    'x',
    '=',
    '%20',
    ', Basic YTpi',
    ':',
    '&',
  )
  const spelt = fc
    .tuple(around, around, fc.constantFrom(secret, encodeURIComponent(secret)))
    .map(([before, after, one]) => `${before}${one}${after}`)
  const scheme = fc.constantFrom('', 'Bearer ', 'DPoP ', 'Basic ', 'Bearer\t', 'Token ', 'Bearer:')
  const base64 = fc.constantFrom(...USERS).map((user) => base64Of(user, secret))
  const name = fc.constantFrom(
    ...['access_token', 'token', 'code', 'refresh_token', 'client_secret', 'password', 'state'],
    ...['client_id', 'scope', 'redirect_uri', 'request', 'id_token_hint', 'client_assertion', 'x'],
  )
  const query = fc.tuple(name, spelt).map((pair) => pair.join('='))
  const field = fc.oneof(
    fc.tuple(fc.constant('Authorization'), scheme, spelt),
    fc.tuple(fc.constant('Authorization'), fc.constant('Basic '), base64),
    fc.tuple(fc.constant('Authorization'), fc.constant('Digest username='), spelt),
    fc.tuple(fc.constantFrom('DPoP', 'Cookie', 'Referer', 'X-Y'), fc.constant(''), spelt),
  )
  return fc
    .record({
      method: fc.constantFrom('GET', 'POST', 'DELETE', 'BREW'),
      address: fc.constantFrom(...ADDRESSES),
      query: fc.option(query, { nil: '' }),
      // A word in a path is a path; a token is long enough to be told from one.
      inPath: secret === PASSWORD ? fc.constant(false) : fc.boolean(),
      fields: fc.array(field, { maxLength: 2 }),
      type: fc.constantFrom(FORM, 'application/json', 'text/plain'),
      body: fc.oneof(
        query,
        spelt.map((one) => JSON.stringify({ access_token: one, text: one })),
      ),
    })
    .map(({ method, address, query, inPath, fields, type, body }) => ({
      method,
      target: (
        address +
        (inPath ? `/${encodeURIComponent(secret)}` : '') +
        (query ? `?${query}` : '')
      ).replaceAll(/[^!-~]/g, ''),
      fields: [
        ...fields.map(([name, ...value]) => [name, value.join('')] as const),
        ['Content-Type', type] as const,
      ],
      body: method === 'GET' ? '' : body,
    }))
}

test('whatever is sent, the doctor keeps nothing of it that opens a door', async (t) => {
  const bench = await wholeBench(t)
  const { access_token, refresh_token } = await createPerson(bench.issuer).tokens()
  const secrets = [access_token, refresh_token, await bench.mint.mint(), PASSWORD]
  // Not even the beginning; of a JWT the signature, which is what makes it usable.
  const kept = secrets.flatMap((secret) => [
    (secret.split('.')[2] ?? secret).slice(0, 12),
    ...USERS.map((user) => base64Of(user, secret).slice(8, 24)),
  ])
  await fc.assert(
    fc.asyncProperty(fc.oneof(...secrets.map(withSecret)), async (request) => {
      const refused = await send(bench, request)
      const requestId = headerValue(refused, 'X-Request-Id') ?? ''
      const page = await fetch(bench.server.url(`/doctor/${requestId}`), {
        headers: { accept: 'application/json' },
      })
      const shown = await page.text()
      for (const secret of kept) {
        assert.ok(!refused.body.includes(secret), `answered: ${refused.body}`)
        assert.ok(!shown.includes(secret), `kept: ${shown}`)
      }
    }),
    { numRuns: 600 },
  )
  t.pass()
})
