/**
 * The whole answer to a breakage, derived from the catalogue: status, every field and the body. What only the server
 * knows, and only when it answers, stands there as a placeholder, and this file alone knows what fits it.
 */
import { rowOf } from '../../refusals/catalogue.ts'
import type { RefusalId } from '../../refusals/catalogue.ts'
import { challengesFor } from '../../refusals/challenge.ts'
import type { ProtectedResource } from '../../resource/metadata.ts'
import type { Answer } from '../send.ts'
import type { Breakage } from './breakage.ts'

export type ExpectedAnswer = {
  status: number
  /**
   * Lower-case names, sorted; a repeated field stands there as often. Without what differs from answer
   * to answer: Date, and what belongs to the connection.
   */
  headers: [name: string, value: string][]
  /** JSON, or text. */
  body: unknown
}

export type Circumstances = {
  issuer: string
  /** Whether the server has a doctor. */
  doctor: boolean
  /** The API that the good request goes to. */
  resource: ProtectedResource
}

const REQUEST_ID = '<request id>'

/** What each placeholder stands for. The request id is the same everywhere in one answer. */
const PLACEHOLDERS: Readonly<Record<string, RegExp>> = {
  [REQUEST_ID]: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/,
  '<seconds>': /[1-9]\d{0,3}/,
  '<nonce>': /[\w-]{20,200}/,
}

/** As long as any request id. */
const SOME_REQUEST_ID = '00000000-0000-4000-8000-000000000000'

/** The fields that are compared, of an answer. */
export function comparableHeaders(
  headers: readonly (readonly [string, string])[],
): [string, string][] {
  return headers
    .map(([name, value]): [string, string] => [name.toLowerCase(), value])
    .filter(([name]) => !CONNECTION.has(name))
    .sort(byName)
}

const CONNECTION = new Set(['date', 'connection', 'keep-alive'])

const byName = ([a]: readonly [string, string], [b]: readonly [string, string]): number =>
  a < b ? -1 : a > b ? 1 : 0

export function expectedAnswer(
  id: RefusalId,
  breakage: Breakage,
  circumstances: Circumstances,
): ExpectedAnswer {
  const { status, headers: always } = rowOf(id)
  const { place = 'api', headers: also } = breakage
  const body = problemBody(id, breakage, circumstances)
  const length = Buffer.byteLength(JSON.stringify(body).replaceAll(REQUEST_ID, SOME_REQUEST_ID))
  const fields: [string, string][] = [
    ['Content-Type', 'application/problem+json'],
    ['Content-Length', String(length)],
    ['Cache-Control', 'no-store'],
    ['X-Request-Id', REQUEST_ID],
    ...challenges(id, breakage, circumstances),
    ...Object.entries({ ...always, ...also }),
    ...BROWSERS[place],
  ]
  return { status, headers: comparableHeaders(fields), body }
}

function problemBody(
  id: RefusalId,
  { body: more }: Breakage,
  { issuer, doctor }: Circumstances,
): Record<string, unknown> {
  const { status, title, description, error } = rowOf(id)
  return {
    type: `${issuer}/refusals/${id}`,
    title,
    status,
    detail: description,
    ...(error !== undefined && { error }),
    instance: doctor ? `${issuer}/doctor/${REQUEST_ID}` : `urn:uuid:${REQUEST_ID}`,
    ...more,
  }
}

function challenges(
  id: RefusalId,
  { place = 'api', scope = 'notes:read' }: Breakage,
  { issuer, resource }: Circumstances,
): [string, string][] {
  if (place !== 'api') return []
  const lines = challengesFor(id, {
    realm: resource.realm,
    schemes: ['Bearer', 'DPoP'],
    resourceMetadata: resource.metadataUrl,
    scope,
    errorUri: `${issuer}/refusals/${id}`,
  })
  return lines.map((challenge) => ['WWW-Authenticate', challenge])
}

const EXPOSED: [string, string] = [
  'Access-Control-Expose-Headers',
  'WWW-Authenticate, DPoP-Nonce, Retry-After, X-Request-Id',
]

const OUTSIDE: [string, string][] = [EXPOSED, ['Vary', 'Origin']]

/** For pages and caches: an answer of the API depends on who asks, and at the edge nobody is known yet. */
const BROWSERS: Record<NonNullable<Breakage['place']>, [string, string][]> = {
  api: [EXPOSED, ['Vary', 'Origin, Authorization, DPoP']],
  outside: OUTSIDE,
  edge: [],
  endpoint: OUTSIDE,
  redirect: OUTSIDE,
  page: OUTSIDE,
  screen: OUTSIDE,
}

/** What of an answer is not as it was expected to be, a sentence each; none when it is the same. */
export function differences(expected: ExpectedAnswer, answer: Answer): string[] {
  const requestId = answer.headers.find(([name]) => name.toLowerCase() === 'x-request-id')?.[1]
  const fits = fitter(requestId ?? '')
  const found: string[] = []
  if (answer.status !== expected.status) {
    found.push(`The status is ${answer.status}, not ${expected.status}.`)
  }
  const missing: [string, string][] = []
  const left = comparableHeaders(answer.headers)
  for (const [name, value] of expected.headers) {
    const at = left.findIndex(([other, text]) => other === name && fits(value, text))
    if (at === -1) missing.push([name, value])
    else left.splice(at, 1)
  }
  for (const [name, value] of missing) found.push(`Not there: ${name}: ${value}`)
  for (const [name, value] of left) found.push(`Not expected: ${name}: ${value}`)
  if (!fits(textOf(expected.body), answer.body)) {
    found.push(`The body is ${answer.body.slice(0, 500)}`)
  }
  return found
}

const textOf = (body: unknown): string => (typeof body === 'string' ? body : JSON.stringify(body))

/** Whether a text is what a text with placeholders says. */
function fitter(requestId: string): (template: string, text: string) => boolean {
  const idIsOne = new RegExp(`^${PLACEHOLDERS[REQUEST_ID]?.source ?? ''}$`).test(requestId)
  return (template, text) => {
    if (template.includes(REQUEST_ID) && !idIsOne) return false
    const known = template.replaceAll(REQUEST_ID, requestId)
    const pattern = known
      .split(/(<[a-z ]+>)/)
      .map((part) => PLACEHOLDERS[part]?.source ?? escaped(part))
    return new RegExp(`^${pattern.join('')}$`).test(text)
  }
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)

/** An answer as the lab shows it: JSON is shown as what it says. */
export function shownAnswer({ status, headers, body }: Answer): {
  status: number
  headers: [string, string][]
  body: unknown
} {
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
  return { status, headers, body: /\bjson\b/.test(type) ? parsed(body) : body }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
