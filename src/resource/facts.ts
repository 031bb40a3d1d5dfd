/** What the checks judge by: plain data, gathered only when a check asks for it. */
import type { JsonObject, TokenStructure } from './access-token.ts'
import type { AuthorizationFacts, ElsewhereFacts } from './credentials.ts'
import type { NonceVerdict } from './nonces.ts'
import type { KeyFacts } from './signing-keys.ts'
import type { TokenSlip } from './slips.ts'

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
  /** How the person must have signed in (RFC 9470 §3); absent where any way will do. */
  readonly acr?: string
  /** Seconds since the person signed in, at most. */
  readonly maxAge?: number
  /** Whether a proof counts only with a nonce of this server (RFC 9449 §9). */
  readonly nonceRequired: boolean
}

export type StructureFacts = {
  outcome: TokenStructure['outcome']
  fault?: string
  slip?: TokenSlip
  signatureBytes?: number
}

export type IntrospectionFacts = {
  outcome: 'active' | 'inactive' | 'unreachable' | 'unusable'
  fault?: string
}

export type StandingFacts =
  | { outcome: 'good' }
  | { outcome: 'denied'; key: string; reason: string }
  | { outcome: 'unreachable'; fault: string }

/** How many proofs came: `DPoP` header lines, and whether one of them is a list. */
export type ProofsFacts = { lines: number; list: boolean }

/** The request that a proof has to be made for (RFC 9449 §4.3). */
export type RequestFacts = {
  method: string
  /** From settings and the path, never from `Host`; without the query. */
  url: string
}

/** The certificate that the caller's TLS connection was made with (RFC 8705 §3). */
export type CertificateFacts = { outcome: 'none' } | { outcome: 'shown'; thumbprint: string }

export type ProofKeyFacts =
  | {
      outcome: 'usable'
      /** RFC 7638: what the token's `cnf.jkt` must be. */
      thumbprint: string
    }
  | { outcome: 'unusable'; fault: string }

export type ProofUseFacts =
  { outcome: 'first' } | { outcome: 'repeated' } | { outcome: 'unreachable'; fault: string }

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
  certificate: CertificateFacts | undefined
  key: KeyFacts | undefined
  signature: 'valid' | 'invalid' | undefined
  introspection: IntrospectionFacts | undefined
  /** Seconds by which the token counts as older than its claims say (db/ageing.ts). */
  age: number | undefined
  standing: StandingFacts | undefined

  // Only there in a call with the scheme DPoP; never the proof's own text or signature.
  proofs?: ProofsFacts | undefined
  request?: RequestFacts | undefined
  /** SHA-256 of the token as it was sent. */
  tokenHash?: string | undefined
  proofStructure?: StructureFacts | undefined
  /** Members of `jwk` that a public key does not have are named there, and nothing more. */
  proofHeader?: JsonObject | undefined
  proofClaims?: JsonObject | undefined
  repeatedProofClaims?: readonly string[] | undefined
  proofKey?: ProofKeyFacts | undefined
  proofSignature?: 'valid' | 'invalid' | undefined
  nonce?: NonceVerdict | undefined
  /** Known only where everything else was good. */
  proofUse?: ProofUseFacts | undefined
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
  certificate: undefined,
  key: undefined,
  signature: undefined,
  introspection: undefined,
  age: undefined,
  standing: undefined,
})
