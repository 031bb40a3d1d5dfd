/** The whole answer to a breakage, derived from the catalogue: status, every field and the body. */
import { rowOf } from '../../refusals/catalogue.ts'
import type { RefusalId } from '../../refusals/catalogue.ts'
import { challengesFor } from '../../refusals/challenge.ts'
import type { ProtectedResource } from '../../resource/metadata.ts'
import type { Breakage } from './breakage.ts'

export type ExpectedAnswer = {
  status: number
  /**
   * Lower-case names, sorted; a repeated field stands there as often. Without what differs from answer
   * to answer: Date, and what belongs to the connection.
   */
  headers: [name: string, value: string][]
  body: Record<string, unknown>
}

type Circumstances = {
  issuer: string
  /** From the answer, as only it knows. */
  requestId: string
  /** Whether the server has a doctor. */
  doctor: boolean
  /** The API that the good request goes to. */
  resource: ProtectedResource
}

/** The fields that are compared by `expectedAnswer`, taken from an answer. */
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
  { issuer, requestId, doctor, resource }: Circumstances,
): ExpectedAnswer {
  const { status, title, description, error, headers: always } = rowOf(id)
  const { place = 'api', scope = 'notes:read', headers: also, body: more } = breakage
  const explained = `${issuer}/refusals/${id}`
  const body = {
    type: explained,
    title,
    status,
    detail: description,
    ...(error !== undefined && { error }),
    instance: doctor ? `${issuer}/doctor/${requestId}` : `urn:uuid:${requestId}`,
    ...more,
  }
  const challenges =
    place === 'api'
      ? challengesFor(id, {
          realm: resource.realm,
          schemes: ['Bearer', 'DPoP'],
          resourceMetadata: resource.metadataUrl,
          scope,
          errorUri: explained,
        })
      : []
  const fields: [string, string][] = [
    ['Content-Type', 'application/problem+json'],
    ['Content-Length', String(Buffer.byteLength(JSON.stringify(body)))],
    ['Cache-Control', 'no-store'],
    ['X-Request-Id', requestId],
    ...challenges.map((challenge): [string, string] => ['WWW-Authenticate', challenge]),
    ...Object.entries({ ...always, ...also }),
    ...BROWSERS[place],
  ]
  return { status, headers: comparableHeaders(fields), body }
}

const EXPOSED: [string, string] = [
  'Access-Control-Expose-Headers',
  'WWW-Authenticate, DPoP-Nonce, Retry-After, X-Request-Id',
]

/** For pages and caches: an answer of the API depends on who asks, and at the edge nobody is known yet. */
const BROWSERS: Record<NonNullable<Breakage['place']>, [string, string][]> = {
  api: [EXPOSED, ['Vary', 'Origin, Authorization, DPoP']],
  outside: [EXPOSED, ['Vary', 'Origin']],
  edge: [],
}
