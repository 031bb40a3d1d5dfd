/** The body of a refusal for programs: problem details (RFC 9457), or the OAuth error object (RFC 6749 §5.2). */
import { rowOf, type RefusalId } from './catalogue.ts'
import { descriptionFor, type Protection } from './challenge.ts'

export type Problem = {
  type: string
  title: string
  status: number
  detail: string
  error?: string
  instance: string
}

export type OAuthError = { error: string; error_description: string; error_uri: string }

export type ProblemPlace = {
  issuer: string
  requestId: string
  /** Whether there is a doctor's page about the request. */
  doctor: boolean
  /** How the address is protected, where it is. */
  protection?: Protection | undefined
}

export const refusalUrl = (issuer: string, id: RefusalId): string => `${issuer}/refusals/${id}`

export function problemOf(
  id: RefusalId,
  { issuer, requestId, doctor, protection }: ProblemPlace,
): Problem {
  const row = rowOf(id)
  const { title, status, error } = row
  return {
    type: refusalUrl(issuer, id),
    title,
    status,
    detail: descriptionFor(row, protection),
    ...(error !== undefined && { error }),
    instance: doctor ? `${issuer}/doctor/${requestId}` : `urn:uuid:${requestId}`,
  }
}

/**
 * The authorization server's own format, which problem details are not to replace (RFC 9457 §4). Undefined for a
 * refusal without a code, which the format cannot say.
 */
export function oauthErrorOf(id: RefusalId, issuer: string): OAuthError | undefined {
  const { error, description } = rowOf(id)
  if (error === undefined) return undefined
  return { error, error_description: description, error_uri: refusalUrl(issuer, id) }
}
