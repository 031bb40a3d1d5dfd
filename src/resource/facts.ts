/** What the checks judge by: plain data, gathered only when a check asks for it. */
import type { JsonObject, TokenStructure } from './access-token.ts'
import type { AuthorizationFacts, ElsewhereFacts } from './credentials.ts'
import type { KeyFacts } from './signing-keys.ts'

/** What a route asks for; known before the request is looked at. */
export type Wanted = {
  readonly issuer: string
  /** The resource identifier that `aud` must name. */
  readonly audience: string
  readonly format: 'jwt' | 'opaque'
  /** Every scope this one operation needs; none where any token will do. */
  readonly scopes: readonly string[]
  /** Seconds granted to `exp`. */
  readonly leeway: number
  /** Seconds from `iat` to `exp` at most. */
  readonly maxLife: number
}

export type StructureFacts = { outcome: TokenStructure['outcome']; fault?: string }

export type IntrospectionFacts = {
  outcome: 'active' | 'inactive' | 'unreachable' | 'unusable'
  fault?: string
}

export type StandingFacts =
  | { outcome: 'good' }
  | { outcome: 'denied'; key: string; reason: string }
  | { outcome: 'unreachable'; fault: string }

/**
 * Plain data, without the token and its signature, so that a refused call can be kept and judged
 * again. A fact that was not asked for, or cannot be known, is undefined.
 */
export type Facts = {
  /** When the call is judged: seconds since the epoch, with a fraction. */
  readonly time: number
  readonly wanted: Wanted
  authorization: AuthorizationFacts | undefined
  elsewhere: ElsewhereFacts | undefined
  structure: StructureFacts | undefined
  header: JsonObject | undefined
  /** The token's claims, or what introspection said in their place. */
  claims: JsonObject | undefined
  /** Names that stand twice in the claims. */
  repeatedClaims: readonly string[] | undefined
  key: KeyFacts | undefined
  signature: 'valid' | 'invalid' | undefined
  introspection: IntrospectionFacts | undefined
  /** Seconds by which the token counts as older than its claims say (db/ageing.ts). */
  age: number | undefined
  standing: StandingFacts | undefined
}

export type FactName = Exclude<keyof Facts, 'time' | 'wanted'>

export const noFacts = (time: number, wanted: Wanted): Facts => ({
  time,
  wanted,
  authorization: undefined,
  elsewhere: undefined,
  structure: undefined,
  header: undefined,
  claims: undefined,
  repeatedClaims: undefined,
  key: undefined,
  signature: undefined,
  introspection: undefined,
  age: undefined,
  standing: undefined,
})
