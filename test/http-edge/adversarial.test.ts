import test from 'ava'
import type { Middleware } from 'koa'
import { parseAuthorization } from '../../src/lib/http-auth.ts'
import { refuse } from '../../src/refusals/refusal.ts'
import type { RefusalState } from '../../src/refusals/respond.ts'
import { cors } from '../../src/web/cors.ts'
import { headerValue, headerValues, sendRaw } from '../helpers/raw-http.ts'
import { startEdge } from './edge-server.ts'

/** The least an API does with credentials: count them, read them, and take any one token. */
const takesAnyToken: Middleware = (ctx) => {
  const state = ctx.state as RefusalState
  state.protection = { realm: 'api', schemes: ['Bearer'], scope: 'notes:read' }
  const [value, ...more] = ctx.req.headersDistinct['authorization'] ?? []
  if (value === undefined) refuse('no-credentials')
  if (more.length > 0) refuse('multiple-authorization')
  const parsed = parseAuthorization(value)
  if ('fault' in parsed) {
    if (parsed.fault === 'several') refuse('multiple-authorization')
    refuse(parsed.fault === 'scheme only' ? 'scheme-without-credentials' : 'no-credentials')
  }
  if (parsed.scheme !== 'bearer') refuse('unsupported-scheme')
  if (parsed.token68 === undefined) refuse('credentials-malformed')
  ctx.body = { length: parsed.token68.length }
}

const BARE = 'Bearer realm="api", scope="notes:read"'
const errorLine = (sentence: string) =>
  new RegExp(
    `^Bearer realm="api", error="invalid_request", error_description="${sentence}", error_uri="[^"]+"$`,
  )
const MALFORMED = errorLine('The token contains characters that are not allowed')
const MULTIPLE = errorLine('Multiple methods used to include access token')

type Case = {
  input: string
  lines: string[]
  method?: string
  status: number
  challenge?: string | RegExp
}

const cases: Case[] = [
  { input: 'one token', lines: ['Authorization: Bearer T'], status: 200 },
  { input: 'a scheme in lower case', lines: ['Authorization: bearer T'], status: 200 },
  { input: 'two spaces after the scheme', lines: ['Authorization: Bearer  T'], status: 200 },
  { input: 'no credentials', lines: [], status: 401, challenge: BARE },
  { input: 'an empty field', lines: ['Authorization:'], status: 401, challenge: BARE },
  {
    input: 'a scheme and nothing else',
    lines: ['Authorization: Bearer '],
    status: 400,
    challenge: errorLine('The Authorization header has a scheme but no credentials'),
  },
  {
    input: 'a tab after the scheme',
    lines: ['Authorization: Bearer\tT'],
    status: 400,
    challenge: MALFORMED,
  },
  {
    input: 'a word after the token',
    lines: ['Authorization: Bearer T x'],
    status: 400,
    challenge: MALFORMED,
  },
  {
    input: 'a good line before a bad one',
    lines: ['Authorization: Bearer T', 'Authorization: Bearer "'],
    status: 400,
    challenge: MULTIPLE,
  },
  {
    input: 'a bad line before a good one',
    lines: ['Authorization: Bearer "', 'authorization: Bearer T'],
    status: 400,
    challenge: MULTIPLE,
  },
  {
    input: 'two lines joined by a proxy',
    lines: ['Authorization: Bearer T, Bearer T'],
    status: 400,
    challenge: MULTIPLE,
  },
  {
    input: 'another scheme that begins alike',
    lines: ['Authorization: Bearerx T'],
    status: 401,
    challenge: BARE,
  },
  { input: 'a token of 8 kB', lines: [`Authorization: Bearer ${'a'.repeat(8192)}`], status: 200 },
  {
    input: 'a token of 64 kB',
    lines: [`Authorization: Bearer ${'a'.repeat(65_536)}`],
    status: 431,
  },
  {
    input: 'quotes and a backslash',
    lines: ['Authorization: Bearer a"b\\c'],
    status: 400,
    challenge: MALFORMED,
  },
  {
    input: 'a line break with a header behind it',
    lines: ['Authorization: Bearer a\nX: y'],
    status: 400,
  },
  { input: 'a carriage return', lines: ['Authorization: Bearer a\rX: y'], status: 400 },
  { input: 'a NUL', lines: ['Authorization: Bearer a\0b'], status: 400 },
  { input: 'a control character', lines: ['Authorization: Bearer a\x01b'], status: 400 },
  {
    input: 'UTF-8 in the token',
    lines: ['Authorization: Bearer \xC3\xA9'],
    status: 400,
    challenge: MALFORMED,
  },
  {
    input: 'forwarding and a certificate made up by the client',
    lines: [
      'X-Forwarded-Host: evil.example',
      'X-Forwarded-Proto: https',
      'X_Forwarded_Proto: https',
      'X-Client-Cert: x',
    ],
    status: 401,
    challenge: BARE,
  },
  { input: 'HEAD without credentials', lines: [], method: 'HEAD', status: 401, challenge: BARE },
  {
    input: 'OPTIONS that is no preflight',
    lines: [],
    method: 'OPTIONS',
    status: 401,
    challenge: BARE,
  },
  {
    input: 'a preflight',
    lines: ['Origin: http://localhost:5173', 'Access-Control-Request-Method: POST'],
    method: 'OPTIONS',
    status: 204,
  },
  { input: 'TRACE', lines: ['Authorization: Bearer T'], method: 'TRACE', status: 405 },
  {
    input: 'a method nobody knows',
    lines: ['Authorization: Bearer T'],
    method: 'BREW',
    status: 501,
  },
]

for (const { input, lines, method = 'GET', status, challenge } of cases) {
  test(`hostile input gets the right answer, and nothing of it comes back: ${input}`, async (t) => {
    const server = await startEdge(t, { outside: cors({ profile: 'local' }), app: takesAnyToken })
    const head = [`${method} /api HTTP/1.1`, `Host: localhost:${server.port}`, ...lines]
    const answer = await sendRaw(server.port, [...head, '', ''].join('\r\n'))
    t.is(answer.status, status)
    const challenges = headerValues(answer, 'www-authenticate')
    if (challenge === undefined) t.deepEqual(challenges, [])
    else {
      t.is(challenges.length, 1)
      const expected = typeof challenge === 'string' ? new RegExp(`^${challenge}$`) : challenge
      t.regex(challenges[0] ?? '', expected)
    }
    const raw = JSON.stringify([answer.headers, answer.body])
    for (const trace of ['evil', 'aaaa', 'a\\"b', 'é', 'Ã']) t.false(raw.includes(trace), trace)
    t.regex(headerValue(answer, 'x-request-id') ?? '', /^[0-9a-f-]{36}$/)
    if (status >= 400) t.is(headerValue(answer, 'cache-control'), 'no-store')
    if (method === 'HEAD') t.is(answer.body, '')
  })
}
