/** What is known of a request that was refused, for advice on the next one. */
import type { RefusalId } from '../../refusals/catalogue.ts'
import type { JsonObject } from '../../lib/access-token.ts'

export type Refused = {
  id: RefusalId
  method: string
  /** Without the query; empty where it is not known. */
  path: string
  /** Claims of the token, where it was one of ours. */
  claims?: JsonObject | undefined
  /** Scopes that the operation needs. */
  scopes?: readonly string[] | undefined
  /** How the person has to have signed in. */
  acr?: string | undefined
  /** Seconds. */
  maxAge?: number | undefined
  /** The `aud` that the token must have. */
  audience?: string | undefined
  /** Seconds. */
  retryAfter?: number | undefined
  /** The client, where it is told by other means than a token. */
  clientId?: string | undefined
}
