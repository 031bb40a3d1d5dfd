/**
 * Checks on proof of possession: how a token is bound, and the proof that came with it (RFC 9449
 * §4.3, §7; RFC 8705 §3).
 */
import { PROOF_ALGORITHMS } from '../refusals/challenge.ts'
import { isObject } from './access-token.ts'
import type { JsonObject } from './access-token.ts'
import { isDpop } from './credentials.ts'
import type { AuthorizationFacts } from './credentials.ts'
import { PRIVATE_MEMBERS, PROOF_KEYS } from './dpop.ts'
import type {
  CertificateFacts,
  ProofKeyFacts,
  ProofsFacts,
  ProofUseFacts,
  RequestFacts,
  StructureFacts,
  Wanted,
} from './facts.ts'
import { comparableUri } from './http-uri.ts'
import type { NonceVerdict } from './nonces.ts'
import { failed, passed } from './verdict.ts'
import type { Verdict } from './verdict.ts'

/** Seconds between the clock of the client and ours, either way. */
const WINDOW = 60
/** With a nonce the proof is known to be new, so clocks may differ more (RFC 9449 §11.1). */
const WINDOW_WITH_NONCE = 300
/** Characters. A jti is remembered as a hash, so this is for those who read them (RFC 9449 §11.1). */
const MAX_JTI = 1_024

type Proof = { proofClaims: JsonObject }

/** More than one is refused without a look at either, as with credentials. */
export function oneProof({ proofs: { lines, list } }: { proofs: ProofsFacts }): Verdict {
  const expected = 'one DPoP header with one proof'
  if (lines === 0) return failed('dpop-proof-missing', { expected, found: 'none' })
  if (lines === 1 && !list) return passed
  const found = list ? 'a list in one header' : `${lines} headers`
  return failed('dpop-proof-multiple', { expected, found })
}

/** A token that is bound to a key is worth nothing without it, and one that is not proves nothing with it. */
export function tokenBinding({
  claims: { cnf },
  authorization,
  certificate: shown,
}: {
  claims: JsonObject
  authorization: AuthorizationFacts
  certificate: CertificateFacts
}): Verdict {
  const withProof = isDpop(authorization)
  if (cnf === undefined) return withProof ? failed('dpop-unbound-token', unbound(cnf)) : passed
  if (!isObject(cnf)) return noConfirmation('cnf', 'an object', cnf)
  const { jkt, 'x5t#S256': certificate } = cnf
  if (jkt !== undefined && typeof jkt !== 'string') return noConfirmation('cnf.jkt', 'text', jkt)
  if (jkt !== undefined && !withProof) {
    return failed('dpop-token-as-bearer', { expected: 'the scheme DPoP', found: 'Bearer' })
  }
  if (jkt === undefined && withProof) return failed('dpop-unbound-token', unbound(cnf))
  if (certificate === undefined) return passed
  const found = shown.outcome === 'shown' ? shown.thumbprint : 'no certificate'
  if (shown.outcome === 'shown' && certificate === found) return passed
  return failed('mtls-cert-mismatch', { claim: 'cnf.x5t#S256', expected: certificate, found })
}

const unbound = (cnf: unknown) => ({ claim: 'cnf', expected: 'a jkt', found: cnf })

const noConfirmation = (claim: string, expected: string, found: unknown): Verdict =>
  failed('token-claims-invalid', { claim, expected, found })

export function proofStructure({
  proofStructure: { outcome, fault },
}: {
  proofStructure: StructureFacts
}): Verdict {
  if (outcome === 'parsed') return passed
  const expected = 'a JWS in compact form: three segments of canonical base64url'
  return failed('dpop-proof-invalid', { expected, found: fault })
}

/** RFC 9449 §4.3, 4 to 7, but for the signature. */
export function proofHeader({
  proofHeader: { typ, alg, crit, b64, jwk },
  proofKey,
}: {
  proofHeader: JsonObject
  proofKey: ProofKeyFacts
}): Verdict {
  if (!isProofType(typ)) return wrong('typ', 'dpop+jwt', typ)
  if (typeof alg !== 'string' || !PROOF_ALGORITHMS.includes(alg)) {
    return wrong('alg', PROOF_ALGORITHMS, alg)
  }
  if (crit !== undefined || b64 !== undefined) {
    return wrong('crit', 'neither crit nor b64', crit ?? { b64 })
  }
  if (!isObject(jwk)) return wrong('jwk', 'a public key', jwk ?? 'none')
  const secret = PRIVATE_MEMBERS.filter((name) => Object.hasOwn(jwk, name))
  if (secret.length > 0) return wrong('jwk', 'a public key', `a key with ${secret.join(', ')}`)
  const { kty, crv, use = 'sig', alg: ofKey = alg } = jwk
  const kind = PROOF_KEYS[alg]
  if (kty !== kind?.kty || crv !== kind?.crv || use !== 'sig' || ofKey !== alg) {
    return wrong('jwk', { ...kind, use: 'sig', alg }, { kty, crv, use, alg: ofKey })
  }
  return proofKey.outcome === 'usable' ? passed : wrong('jwk', 'a public key', proofKey.fault)
}

/** Media types ignore case, and `application/` may be left out (RFC 7515 §4.1.9). */
const isProofType = (typ: unknown): boolean =>
  typeof typ === 'string' && /^(?:application\/)?dpop\+jwt$/i.test(typ)

export function proofSignature({
  proofSignature,
}: {
  proofSignature: 'valid' | 'invalid'
}): Verdict {
  if (proofSignature === 'valid') return passed
  return wrong('signature', 'a signature by the key in the header', 'another')
}

/** RFC 9449 §4.2, §4.3, 3. What stands twice is refused, as another reader might take the other one. */
export function proofClaims({
  proofClaims: { jti, htm, htu, iat, nonce, exp, nbf },
  repeatedProofClaims,
}: Proof & { repeatedProofClaims: readonly string[] }): Verdict {
  if (repeatedProofClaims.length > 0) return wrong('claims', 'each name once', repeatedProofClaims)
  if (typeof jti !== 'string' || jti === '') return wrong('jti', 'text', jti)
  if (jti.length > MAX_JTI) {
    return wrong('jti', `at most ${MAX_JTI} characters`, `${jti.length} characters`)
  }
  if (typeof htm !== 'string') return wrong('htm', 'text', htm)
  if (typeof htu !== 'string') return wrong('htu', 'text', htu)
  if (nonce !== undefined && typeof nonce !== 'string') return wrong('nonce', 'text', nonce)
  if (!Number.isFinite(iat)) return wrong('iat', 'a number of seconds', iat)
  for (const [claim, value] of Object.entries({ exp, nbf })) {
    if (value !== undefined && !Number.isFinite(value)) {
      return wrong(claim, 'a number of seconds', value)
    }
  }
  return passed
}

/** Methods are told apart by case (RFC 9110 §9.1). */
export function proofMethod({
  proofClaims: { htm },
  request: { method },
}: Proof & { request: RequestFacts }): Verdict {
  return htm === method ? passed : wrong('htm', method, htm)
}

export function proofAddress({
  proofClaims: { htu },
  request: { url },
}: Proof & { request: RequestFacts }): Verdict {
  const found = typeof htu === 'string' ? comparableUri(htu) : undefined
  if (found !== undefined && found === comparableUri(url)) return passed
  return wrong('htu', url, htu)
}

export function proofToken({
  proofClaims: { ath },
  tokenHash,
}: Proof & { tokenHash: string }): Verdict {
  if (ath === tokenHash) return passed
  return failed('dpop-ath-mismatch', { claim: 'ath', expected: tokenHash, found: ath })
}

export function proofKey({
  proofKey,
  claims: { cnf },
}: {
  proofKey: ProofKeyFacts
  claims: JsonObject
}): Verdict {
  const expected = isObject(cnf) ? cnf.jkt : undefined
  const found = proofKey.outcome === 'usable' ? proofKey.thumbprint : proofKey.fault
  if (proofKey.outcome === 'usable' && expected === found) return passed
  return failed('dpop-key-mismatch', { claim: 'cnf.jkt', expected, found })
}

/** RFC 9449 §9: a nonce that is given must be ours, asked for or not. */
export function proofNonce({ nonce, wanted }: { nonce: NonceVerdict; wanted: Wanted }): Verdict {
  if (nonce === 'current' || nonce === 'previous') return passed
  if (nonce === 'absent' && !wanted.nonceRequired) return passed
  return failed('dpop-nonce-required', {
    claim: 'nonce',
    expected: 'a nonce of this server, not older than a few minutes',
    found: nonce === 'absent' ? 'none' : 'an old one, or one of another server',
  })
}

/** A proof may limit itself by `exp` and `nbf` (RFC 7519 §4.1), which the same clock wrote. */
export function proofTime({
  proofClaims: { iat, exp, nbf },
  nonce,
  time,
}: Proof & { nonce: NonceVerdict; time: number }): Verdict {
  const window = windowWith(nonce)
  const earliest = time - window
  const latest = time + window
  if (!isWithin(iat, earliest, latest)) return outside('iat', iat)
  if (exp !== undefined && !isWithin(exp, earliest, Infinity)) return outside('exp', exp)
  if (nbf !== undefined && !isWithin(nbf, -Infinity, latest)) return outside('nbf', nbf)
  return passed

  function outside(claim: string, found: unknown): Verdict {
    const expected = `within ${window} seconds of ${time}`
    return failed('dpop-iat-outside-window', { claim, expected, found })
  }
}

const isWithin = (value: unknown, earliest: number, latest: number): boolean =>
  typeof value === 'number' && value >= earliest && value <= latest

/** Seconds from `iat` within which a proof is accepted. */
export const windowWith = (nonce: NonceVerdict | undefined): number =>
  nonce === 'current' || nonce === 'previous' ? WINDOW_WITH_NONCE : WINDOW

/** RFC 9449 §11.1. A store that cannot be asked is an outage, and no reason to let a copy in. */
export function proofUsedOnce({
  proofUse,
  proofClaims: { jti },
}: Proof & { proofUse: ProofUseFacts }): Verdict {
  switch (proofUse.outcome) {
    case 'first':
      return passed
    case 'repeated':
      return failed('dpop-replay', { claim: 'jti', expected: 'a new one', found: jti })
    case 'unreachable':
      return failed('auth-backend-down', {
        expected: 'the list of proofs that were used',
        found: proofUse.fault,
      })
  }
}

const wrong = (part: string, expected: unknown, found: unknown): Verdict =>
  failed('dpop-proof-invalid', { part, expected, found })
