/** A hostile request as data: what is sent, byte by byte, and the whole of the right answer. */
import type { ExecutionContext } from 'ava'
import type { RefusalId } from '../../src/refusals/catalogue.ts'
import { headerValue, headerValues, requestOf, sendRaw } from '../helpers/raw-http.ts'
import type { RawResponse } from '../helpers/raw-http.ts'
import { bare, withError } from '../resource/answers.ts'
import type { Bench } from './bench.ts'

export type Input<B extends Bench = Bench> = {
  /** Its place in the list of 55. */
  number: number
  what: string
  /** The server it is for; a whole one, as it is started, unless told. */
  bench?: (t: ExecutionContext) => Promise<B>
  request: (bench: B) => HostileRequest | Promise<HostileRequest>
  answer: Answer
}

export type HostileRequest = {
  /** Method and target. */
  line: string
  /** Fields after `Host`. One character is one byte. */
  fields: readonly string[]
  body?: string
  /** Parts of the input that must not come back in any form. */
  traces?: readonly string[]
}

export type Answer = {
  status: number
  /** Absent where nothing is refused. */
  id?: RefusalId
  /** The words for programs. */
  detail?: string
  error?: string
  /**
   * Of an API for tokens, `bare`: an invitation (the scope is that of the operation), or `error`. Elsewhere the lines
   * themselves. Absent: no challenge is due.
   */
  challenge?: 'bare' | 'error' | readonly (string | RegExp)[]
  scope?: string
  /** The scheme whose challenge has the error; Bearer unless told. */
  on?: 'DPoP' | 'both'
  headers?: Readonly<Record<string, string | RegExp>>
  /** Problem details unless told. */
  format?: 'oauth'
  /** The request's field that is refused (RFC 6585 §5). */
  field?: string
}

export const accepted: Answer = { status: 200 }

/** RFC 6750 §3.1: nothing to be judged, so no error. */
export const invitation = (id: RefusalId, detail: string, scope?: string): Answer => ({
  status: 401,
  id,
  detail,
  challenge: 'bare',
  ...(scope !== undefined && { scope }),
})

export const invalidRequest = (id: RefusalId, detail: string): Answer => ({
  status: 400,
  id,
  detail,
  error: 'invalid_request',
  challenge: 'error',
})

export const invalidToken = (id: RefusalId, detail = GENERIC): Answer => ({
  status: 401,
  id,
  detail,
  error: 'invalid_token',
  challenge: 'error',
})

/** Refused before anybody asks for credentials. */
export const atTheEdge = (
  status: number,
  id: RefusalId,
  detail: string,
  more: Pick<Answer, 'headers' | 'field'> = {},
): Answer => ({ status, id, detail, ...more })

const GENERIC = 'The access token is not valid'

export function send(
  { port }: Bench,
  { line, fields, body }: HostileRequest,
): Promise<RawResponse> {
  const length = body === undefined ? [] : [`Content-Length: ${body.length}`]
  const all = [`Host: localhost:${port}`, ...fields, ...length, 'Connection: close']
  return sendRaw(port, requestOf([`${line} HTTP/1.1`, ...all], body))
}

/** Sends it and compares everything that the answer must have. */
export async function assertAnswered<B extends Bench>(
  t: ExecutionContext,
  bench: B,
  { request, answer }: Pick<Input<B>, 'request' | 'answer'>,
): Promise<void> {
  const hostile = await request(bench)
  const response = await send(bench, hostile)
  const { status, id, detail, error, field, headers = {} } = answer
  t.is(response.status, status, response.body)
  const challenges = headerValues(response, 'WWW-Authenticate')
  const expected = challengesOf(bench, answer)
  t.is(challenges.length, expected.length)
  for (const [at, line] of expected.entries()) assertText(t, challenges[at], line)
  for (const [name, value] of Object.entries(headers)) {
    assertText(t, headerValue(response, name), value)
  }
  t.regex(headerValue(response, 'X-Request-Id') ?? '', /^[0-9a-f-]{36}$/)
  assertNothingEchoed(t, response, hostile)
  if (id === undefined) return
  t.is(headerValue(response, 'Cache-Control'), 'no-store')
  if (hostile.line.startsWith('HEAD ')) {
    t.is(response.body, '')
    return
  }
  t.is(headerValue(response, 'Location'), undefined)
  if (headerValue(response, 'Content-Type')?.startsWith('text/html')) {
    t.true(response.body.includes(`href="/refusals/${id}"`))
    return
  }
  const body = JSON.parse(response.body) as Record<string, unknown>
  if (answer.format === 'oauth') {
    const error_uri = `${bench.issuer}/refusals/${id}`
    t.deepEqual(body, { error, error_description: detail, error_uri })
    return
  }
  t.is(body['type'], `${bench.issuer}/refusals/${id}`)
  t.is(body['status'], status)
  t.is(body['detail'], detail)
  t.is(body['error'], error)
  t.is(body['field'], field)
}

function assertText(t: ExecutionContext, found = '', expected: string | RegExp): void {
  if (typeof expected === 'string') t.is(found, expected)
  else t.regex(found, expected)
}

function challengesOf(bench: Bench, answer: Answer): readonly (string | RegExp)[] {
  const { id, detail = '', error = '', challenge, scope, on } = answer
  if (challenge === 'bare') return bare(bench, scope)
  if (typeof challenge === 'object') return challenge
  if (challenge === undefined || id === undefined) return []
  const told = { id, error, description: detail }
  return withError(bench, {
    ...told,
    ...(scope !== undefined && { scope }),
    ...(on !== undefined && { on }),
  })
}

/** A token's segments and what the input names; words that stand in our answers anyway are too short to count. */
function assertNothingEchoed(
  t: ExecutionContext,
  { headers, body }: RawResponse,
  { fields, traces = [] }: HostileRequest,
): void {
  const answer = `${headers.map((field) => field.join(': ')).join('\n')}\n${body}`
  // What Digest sends is sent back in part, as it has to be.
  const credentials = fields
    .filter((field) => /^(authorization|dpop):/i.test(field) && !/: Digest /.test(field))
    .join(' ')
  const segments = credentials.split(/[^\w-]+/).filter((part) => part.length > SHORT)
  for (const trace of [...segments, ...traces]) t.false(answer.includes(trace), trace.slice(0, 60))
}

const SHORT = 'Authorization'.length
