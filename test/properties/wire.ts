/** Random requests to a whole server, and what every answer has in common whatever was sent. */
import assert from 'node:assert/strict'
import fc from '../helpers/properties.ts'
import { STATUS_CODES } from 'node:http'
import { parseChallenges } from '../../src/lib/http-auth.ts'
import type { Bench } from '../adversarial/bench.ts'
import { headerValue, headerValues, requestOf, sendRaw } from '../helpers/raw-http.ts'
import type { RawResponse } from '../helpers/raw-http.ts'
import { challengesReadFrom } from '../second-opinion/oauth4webapi.ts'
import { hostileText, isInClass } from './texts.ts'

export type RandomRequest = {
  method: string
  target: string
  fields: readonly (readonly [name: string, value: string])[]
  body: string
}

const ADDRESSES = [
  ...['/api/notes', '/api/notes/note-alice-1', '/api/whoami', '/api/transfers', '/api/limited'],
  ...['/api', '/api/nothing', '/ledger/entries', '/challenge/basic', '/challenge/digest'],
  ...['/oauth/authorize', '/oauth/token', '/oauth/par', '/oauth/userinfo', '/oauth/introspect'],
  ...['/oauth/revoke', '/oauth/register', '/oauth/jwks', '/oauth/device', '/oauth/logout'],
  ...['/interaction/abc', '/interaction/abc/login', '/refusals', '/refusals/hidden', '/nothing'],
  ...['/doctor', '/doctor/nothing', '/lab', '/lab/mint', '/lab/break/hidden', '/device'],
  ...['/.well-known/openid-configuration', '/.well-known/oauth-protected-resource/api', '/'],
]

const METHODS = ['GET', 'GET', 'POST', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE']

/** One character a byte, as a field may hold them: no line end and no NUL, which HTTP itself forbids. */
const fieldText = hostileText.map((text) =>
  Buffer.from(text)
    .toString('latin1')
    .replaceAll(/[\r\n\0]/g, ''),
)

/** Mostly well-formed credentials, so that more than the parser is reached. */
const credentials = (tokens: readonly string[]) => {
  const token = fc.oneof(fc.constantFrom(...tokens), fieldText)
  const basic = fc
    .oneof(hostileText, fc.constantFrom('web:web-secret', 'alice:wonderland', 'a\0:b', '%00:%ff'))
    .map((text) => `Basic ${Buffer.from(text).toString('base64')}`)
  return fc.oneof(
    fieldText,
    fc.tuple(fc.constantFrom('Bearer', 'DPoP', 'Digest'), token).map((all) => all.join(' ')),
    fc.array(token, { maxLength: 3 }).map((all) => `Bearer ${all.join('.')}`),
    basic,
  )
}

const PARAMS = [
  ...['grant_type', 'client_id', 'client_secret', 'code', 'refresh_token', 'redirect_uri', 'scope'],
  ...['state', 'nonce', 'resource', 'request', 'request_uri', 'response_type', 'response_mode'],
  ...['prompt', 'max_age', 'acr_values', 'claims', 'code_challenge', 'code_challenge_method'],
  ...['token', 'token_type_hint', 'login', 'password', 'decision', 'id_token_hint', 'access_token'],
  ...[
    'authorization_details',
    'client_assertion',
    'client_assertion_type',
    'subject_token',
    '__proto__',
  ],
]
const VALUES = [
  ...['authorization_code', 'refresh_token', 'client_credentials', 'web', 'spa', 'cli', 'service'],
  ...[
    'code',
    'token',
    'S256',
    'none',
    'login',
    'openid',
    'notes:read',
    '-1',
    '1e400',
    '{}',
    '[]',
    'null',
  ],
  ...[
    'http://localhost:3000/callback',
    'https://other.example',
    'query',
    'form_post',
    '\0',
    '\uD800',
  ],
]
const pair = fc.tuple(
  fc.oneof(fc.constantFrom(...PARAMS), hostileText),
  fc.oneof(fc.constantFrom(...VALUES), hostileText),
)
const form = fc.array(pair, { maxLength: 8 }).map((pairs) => new URLSearchParams(pairs).toString())

const body = fc.oneof(
  fc.record({
    type: fc.constant('application/x-www-form-urlencoded'),
    text: fc.oneof(form, hostileText),
  }),
  fc.record({
    type: fc.constant('application/json'),
    text: fc.oneof(
      fc.json(),
      hostileText,
      fc
        .dictionary(
          fc.constantFrom(
            ...PARAMS,
            'text',
            'to',
            'amount',
            'redirect_uris',
            'input',
            'sub',
            'claims',
            'cnf',
            'jwks',
          ),
          fc.jsonValue(),
        )
        .map((value) => JSON.stringify(value)),
    ),
  }),
  fc.record({ type: fieldText, text: hostileText }),
  fc.constant({ type: '', text: '' }),
)

const FIELDS = [
  'Accept',
  'Cookie',
  'Origin',
  'DPoP',
  'If-None-Match',
  'Accept-Language',
  'X-Forwarded-For',
]

export function randomRequest(tokens: readonly string[]): fc.Arbitrary<RandomRequest> {
  const authorization = fc
    .array(credentials(tokens), { maxLength: 2 })
    .map((values) => values.map((value) => ['Authorization', value] as const))
  const others = fc.array(
    fc.tuple(
      fc.constantFrom(...FIELDS),
      fc.oneof(fieldText, fc.constantFrom('text/html', '*/*', 'http://localhost:5173', ...tokens)),
    ),
    { maxLength: 3 },
  )
  const cookies = fc
    .array(
      fc.tuple(fc.constantFrom('countersign_session', 'countersign_interaction', 'x'), fieldText),
    )
    .map((all) => ['Cookie', all.map((one) => one.join('=')).join('; ')] as const)
  return fc
    .record({
      method: fc.constantFrom(...METHODS),
      address: fc.constantFrom(...ADDRESSES),
      query: fc.oneof(fc.constant(''), form),
      authorization,
      others,
      cookies: fc.option(cookies, { nil: undefined }),
      body,
    })
    .map(({ method, address, query, authorization, others, cookies, body: { type, text } }) => ({
      method,
      // With a NUL no address is looked at; in a body it is.
      target: query === '' ? address : `${address}?${query.replaceAll('%00', '')}`,
      fields: [
        ...authorization,
        ...others,
        ...(cookies ? [cookies] : []),
        ...(type === '' ? [] : [['Content-Type', type] as const]),
      ],
      body: method === 'GET' || method === 'HEAD' ? '' : Buffer.from(text).toString('latin1'),
    }))
}

export function send({ port }: Bench, request: RandomRequest): Promise<RawResponse> {
  const { method, target, fields, body } = request
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: localhost:${port}`,
    ...fields.map((field) => field.join(': ')),
    `Content-Length: ${body.length}`,
    'Connection: close',
  ]
  return sendRaw(port, requestOf(lines, body))
}

/** No answer is a fault of ours, and no field of it holds what it may not. */
export async function assertSound(response: RawResponse): Promise<void> {
  const { status, reason, headers } = response
  assert.ok(status < 500 || status === 501, `${status}: ${response.body.slice(0, 300)}`)
  assert.equal(reason, STATUS_CODES[status])
  for (const [name, value] of headers) {
    assert.match(name, /^[A-Za-z0-9-]+$/)
    assert.match(value, /^[\t\x20-\x7E]*$/, name)
  }
  const challenges = headerValues(response, 'WWW-Authenticate')
  for (const line of challenges) assert.ok(isInClass(line), line)
  const ours = parseChallenges(challenges).map(({ scheme, params }) => ({
    scheme,
    parameters: Object.fromEntries(params),
  }))
  assert.equal(ours.length, challenges.length)
  if (ours.length > 0) assert.deepEqual(await challengesReadFrom(challenges), ours)
  // RFC 9110 §15.5.2, §15.5.6, §15.5.16: what these must have.
  if (status === 401) assert.ok(challenges.length > 0)
  if (status === 405) assert.match(headerValue(response, 'Allow') ?? '', /^[A-Z]+(?:, [A-Z]+)*$/)
  if (status === 429) assert.match(headerValue(response, 'Retry-After') ?? '', /^\d+$/)
  assert.match(headerValue(response, 'Location') ?? 'x', /^[!-~]+$/)
  assert.match(headerValue(response, 'X-Request-Id') ?? '', /^[0-9a-f-]{36}$/)
  if (status >= 400) assert.equal(headerValue(response, 'Cache-Control'), 'no-store')
  if (/json/.test(headerValue(response, 'Content-Type') ?? '') && response.body !== '') {
    JSON.parse(response.body)
  }
}
