/** What every row of the catalogue holds. */

/** A scheme of an HTTP authentication challenge. */
export type Scheme = 'Bearer' | 'DPoP' | 'Basic' | 'Digest'

/** Who says no. A `client` row is a refusal that a good client makes; nobody sends it, so its status is 0. */
export type Arises = 'http' | 'api' | 'authorization-server' | 'client'

/**
 * What the client does next. AUTH: get a credential and retry. REFRESH: once, else AUTH. REAUTH: a new
 * authorization with the old scopes and those of the challenge. STEPUP: a stronger or newer sign-in. PROOF: a new
 * DPoP proof, once. NONCE: the same with the given nonce. WAIT: then retry. FIX: a programmer must change the
 * request. ASK: the person. STOP: do not retry. OPS: the server's fault, tell its operator. DONE: nothing is left to do.
 */
export type ClientVerb =
  | 'AUTH'
  | 'REFRESH'
  | 'REAUTH'
  | 'STEPUP'
  | 'PROOF'
  | 'NONCE'
  | 'WAIT'
  | 'FIX'
  | 'ASK'
  | 'STOP'
  | 'OPS'
  | 'DONE'

export type Row = {
  arises: Arises
  status: number
  /** Schemes whose challenges belong to this refusal; a protection may offer fewer. Empty: no challenge. */
  schemes: readonly Scheme[]
  /** The error code on the wire. Absent: the refusal has none, and must not carry one. */
  error?: string
  /** Header fields this refusal always has. */
  headers?: Readonly<Record<string, string>>
  title: string
  /** On the wire, for programmers: fixed ASCII without quotes and backslashes (RFC 6750 §3). */
  description: string
  cause: string
  fix: string
  client: ClientVerb
  /** What the person in front of the client may be told. */
  person: string
  spec: string
  /** Why this server cannot be made to refuse this way, or only under which conditions. */
  reason?: string
}

export type Chapter = Readonly<Record<string, Row>>
