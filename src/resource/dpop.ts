/**
 * DPoP proofs taken apart and verified (RFC 9449 §4.2, §4.3). What they say is judged by
 * proof-checks.ts, one rule after the other.
 */
import { compactVerify, calculateJwkThumbprint, errors, importJWK } from 'jose'
import type { CryptoKey, JWK } from 'jose'
import { fingerprint } from '../lib/secrets.ts'
import { PROOF_ALGORITHMS } from '../refusals/challenge.ts'
import { isObject, parseAccessToken } from '../lib/access-token.ts'
import type { JsonObject } from '../lib/access-token.ts'
import type { ProofKeyFacts, ProofsFacts, StructureFacts } from './facts.ts'
import { withoutQuery } from './http-uri.ts'

/** The one kind of key for each algorithm of a proof. */
export const PROOF_KEYS: Readonly<Record<string, { kty: string; crv: string }>> = {
  ES256: { kty: 'EC', crv: 'P-256' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
}

/** Members of a JWK that no public key has: of elliptic curves, RSA, symmetric and post-quantum keys. */
export const PRIVATE_MEMBERS: readonly string[] = [
  ...['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth'],
  ...['k', 'priv'],
]

const NOT_KEPT = 'not kept'
const NONE: ProofsFacts = Object.freeze({ lines: 0, list: false })
const ONE: ProofsFacts = Object.freeze({ lines: 1, list: false })

/** All `DPoP` lines. The proof is given only where there is one; an empty line counts as none. */
export function readProofs(lines: readonly string[]): { facts: ProofsFacts; proof?: string } {
  const [first = '', ...more] = lines
  if (more.length > 0) return { facts: { lines: lines.length, list: false } }
  if (first === '') return { facts: NONE }
  // No proof has a comma in it, so what has one is a list, or lines that a proxy joined.
  return first.includes(',') ? { facts: { lines: 1, list: true } } : { facts: ONE, proof: first }
}

export type ParsedProof = {
  structure: StructureFacts
  header?: JsonObject
  claims?: JsonObject
  repeatedClaims?: readonly string[]
}

/** Takes a proof apart, as strictly as an access token, and leaves out what must not be kept. */
export function parseProof(text: string): ParsedProof {
  const parsed = parseAccessToken(text)
  if (parsed.outcome !== 'parsed') {
    return { structure: { fault: 'one segment', ...parsed } }
  }
  const { htu } = parsed.claims
  return {
    structure: { outcome: 'parsed' },
    header: withoutPrivateKey(parsed.header),
    // What follows in an address does not count (RFC 9449 §4.3), and a token may stand there.
    claims: typeof htu === 'string' ? { ...parsed.claims, htu: withoutQuery(htu) } : parsed.claims,
    repeatedClaims: parsed.repeatedClaims,
  }
}

function withoutPrivateKey(header: JsonObject): JsonObject {
  const { jwk } = header
  if (jwk === undefined) return header
  if (!isObject(jwk)) return { ...header, jwk: NOT_KEPT }
  const kept = Object.entries(jwk).map(([name, value]): [string, unknown] => [
    name,
    PRIVATE_MEMBERS.includes(name) ? NOT_KEPT : value,
  ])
  return { ...header, jwk: Object.fromEntries(kept) }
}

/** The public key in the header of a proof. Never throws. Does NOT check that it fits the algorithm. */
export async function readProofKey({
  jwk,
}: JsonObject): Promise<{ facts: ProofKeyFacts; key?: CryptoKey }> {
  if (!isObject(jwk)) return unusable('no jwk')
  const { kty, crv, x, y } = jwk
  const kind = Object.entries(PROOF_KEYS).find(([, one]) => one.kty === kty && one.crv === crv)
  if (!kind) return unusable('a key of another kind')
  const [alg, own] = kind
  if (!isCoordinate(x) || (own.kty === 'EC' && !isCoordinate(y))) {
    return unusable('coordinates that are not 32 bytes of canonical base64url')
  }
  // Of the key these members only: what else a JWK may say is no part of it (RFC 7638 §3.2).
  const bare: JWK = { ...own, x, ...(isCoordinate(y) && own.kty === 'EC' && { y }) }
  try {
    const key = await importJWK(bare, alg)
    if (key instanceof Uint8Array) return unusable('no public key')
    return { facts: { outcome: 'usable', thumbprint: await calculateJwkThumbprint(bare) }, key }
  } catch {
    return unusable('no point of the curve')
  }
}

const unusable = (fault: string): { facts: ProofKeyFacts } => ({
  facts: { outcome: 'unusable', fault },
})

/** Another spelling of the same number would be the same key with another thumbprint. */
function isCoordinate(value: unknown): value is string {
  if (typeof value !== 'string') return false
  const bytes = Buffer.from(value, 'base64url')
  return bytes.length === 32 && bytes.toString('base64url') === value
}

export async function verifyProof(text: string, key: CryptoKey): Promise<'valid' | 'invalid'> {
  try {
    await compactVerify(text, key, { algorithms: [...PROOF_ALGORITHMS] })
    return 'valid'
  } catch (error) {
    if (error instanceof errors.JOSEError) return 'invalid'
    throw error
  }
}

/** The value of `ath` for a token (RFC 9449 §4.2): of its characters as they are sent. */
export const accessTokenHash = (token: string): string => fingerprint(token)
