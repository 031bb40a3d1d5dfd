/**
 * Checks on an access token: its structure, its signature and its claims (RFC 9068 §4, RFC 7519
 * §7.2, RFC 7662 §2.2).
 */
import { isObject } from '../lib/access-token.ts'
import type { JsonObject } from '../lib/access-token.ts'
import { parseAuthorizationDetails } from './authorization-details.ts'
import type { IntrospectionFacts, StandingFacts, StructureFacts, Wanted } from './facts.ts'
import { TOKEN_ALGORITHMS } from './signing-keys.ts'
import type { KeyFacts } from './signing-keys.ts'
import { failed, passed } from './verdict.ts'
import type { Verdict } from './verdict.ts'

/** Seconds a token may come from the future: `iat`, `nbf` and `auth_time` were written by another clock. */
export const FUTURE_LEEWAY = 5

type Claims = { claims: JsonObject; wanted: Wanted }

export function tokenStructure({ structure }: { structure: StructureFacts }): Verdict {
  const expected = 'a JWS in compact form: three segments of canonical base64url'
  switch (structure.outcome) {
    case 'parsed':
      return passed
    case 'opaque':
      return failed('token-unknown', { expected, found: 'one segment' })
    case 'malformed':
      return failed('token-malformed', { expected, found: structure.fault })
  }
}

/** The header's `alg` is compared with our list; it never chooses anything (RFC 8725 §3.1). */
export function tokenAlgorithm({ header }: { header: JsonObject }): Verdict {
  if (typeof header.alg === 'string' && TOKEN_ALGORITHMS.includes(header.alg)) return passed
  return failed('token-alg-refused', { expected: TOKEN_ALGORITHMS, found: header.alg })
}

/** We know no extension. `b64` may not stand in a JWT at all (RFC 7797 §7), nor without `crit` (§6). */
export function criticalHeaders({ header }: { header: JsonObject }): Verdict {
  if (header.crit === undefined && header.b64 === undefined) return passed
  const found = header.crit === undefined ? { b64: header.b64 } : { crit: header.crit }
  return failed('token-crit-unsupported', { expected: 'neither crit nor b64', found })
}

/** Code point for code point, no normalization: RFC 9068 §4. */
export function tokenIssuer({ claims, wanted }: Claims): Verdict {
  if (claims.iss === wanted.issuer) return passed
  return failed('token-wrong-issuer', { expected: wanted.issuer, found: claims.iss })
}

export function signingKey({ key, header }: { key: KeyFacts; header: JsonObject }): Verdict {
  switch (key.verdict) {
    case 'found':
      return passed
    case 'unreachable':
      return failed('auth-backend-down', { expected: 'the keys of the issuer', found: 'no answer' })
    case 'unusable':
      return failed('auth-backend-broken', {
        expected: 'a JWK set with usable public keys',
        found: 'something else',
      })
    case 'unknown':
      return failed('token-key-unknown', { expected: key.published, found: header.kid })
    case 'ambiguous':
      return failed('token-key-unknown', {
        expected: 'a kid that names one key',
        found: header.kid ?? `no kid, and ${key.published.length} keys that fit`,
      })
  }
}

export function tokenSignature({ signature }: { signature: 'valid' | 'invalid' }): Verdict {
  if (signature === 'valid') return passed
  return failed('token-bad-signature', {
    expected: 'a signature by the key named',
    found: 'another',
  })
}

/** RFC 9068 §4; media types ignore case, and `application/` may be left out (RFC 7515 §4.1.9). */
export function tokenType({ header }: { header: JsonObject }): Verdict {
  if (header.typ === 'at+jwt') return passed
  const typ = typeof header.typ === 'string' ? header.typ.toLowerCase() : undefined
  if (typ === 'at+jwt' || typ === 'application/at+jwt') return passed
  return failed('token-wrong-typ', { expected: 'at+jwt', found: header.typ })
}

/** RFC 7662 §2.2: the server does not say why a token is not active, and must not. */
export function tokenActive({ introspection }: { introspection: IntrospectionFacts }): Verdict {
  switch (introspection.outcome) {
    case 'active':
      return passed
    case 'inactive':
      return failed('token-unknown', { expected: 'active: true', found: 'active: false' })
    case 'unreachable':
      return failed('auth-backend-down', {
        expected: 'an answer to introspection',
        found: introspection.fault,
      })
    case 'unusable':
      return failed('auth-backend-broken', {
        expected: 'an introspection answer',
        found: introspection.fault,
      })
  }
}

/** A refresh token is active too, and no access token. */
export function introspectedType({ claims }: { claims: JsonObject }): Verdict {
  const { token_type, cnf } = claims
  const type = typeof token_type === 'string' ? token_type.toLowerCase() : token_type
  if (type === undefined || type === 'bearer') return passed
  if (type !== 'dpop') {
    return failed('token-wrong-typ', { expected: ['Bearer', 'DPoP'], found: token_type })
  }
  // A bound token whose key is not told would count without a proof.
  return isObject(cnf) && isText(cnf.jkt) ? passed : noText('cnf.jkt', cnf)
}

export function tokenAudience({ claims, wanted }: Claims): Verdict {
  const { aud } = claims
  if (aud === wanted.audience) return passed
  const audiences: unknown = typeof aud === 'string' || aud === undefined ? [aud ?? ''] : aud
  if (!Array.isArray(audiences) || !audiences.every((member) => typeof member === 'string')) {
    return failed('token-claims-invalid', { claim: 'aud', expected: 'text, or texts', found: aud })
  }
  if (audiences.includes(wanted.audience)) return passed
  return failed('token-wrong-audience', { expected: wanted.audience, found: aud })
}

/**
 * `exp` and `iat` are required in a JWT (RFC 9068 §2.2); introspection may leave them out (RFC 7662
 * §2.2). The longest life stops what is a number and yet no date: milliseconds, 1e20. For a token
 * that was aged it is that much later.
 */
export function tokenTime({
  claims,
  wanted,
  time,
  age,
}: Claims & { time: number; age: number }): Verdict {
  const { exp, iat, nbf } = claims
  const mayLack = wanted.format === 'opaque'
  if (!isDate(exp, mayLack)) return noDate('exp', exp)
  if (!isDate(iat, mayLack)) return noDate('iat', iat)
  if (!isDate(nbf, true)) return noDate('nbf', nbf)
  const now = time + age
  if (exp !== undefined && exp + wanted.leeway <= now) {
    const aged = age > 0 ? { aged: age } : {}
    return failed('token-expired', {
      claim: 'exp',
      expected: `later than ${now}`,
      found: exp,
      ...aged,
    })
  }
  const latest = now + FUTURE_LEEWAY
  if (iat !== undefined && iat > latest) {
    const expected = `not later than ${latest}`
    return failed('token-not-yet-valid', { claim: 'iat', expected, found: iat })
  }
  if (nbf !== undefined && nbf > latest) {
    const expected = `not later than ${latest}`
    return failed('token-not-yet-valid', { claim: 'nbf', expected, found: nbf })
  }
  if (exp !== undefined && iat !== undefined && exp > iat + wanted.maxLife) {
    const expected = `not later than ${iat + wanted.maxLife}`
    return failed('token-claims-invalid', { claim: 'exp', expected, found: exp })
  }
  return passed
}

/** NaN and Infinity (which 1e400 is read as) are no dates; a fraction is fine (RFC 7519 §2). */
const isDate = (value: unknown, mayLack: boolean): value is number | undefined =>
  Number.isFinite(value) || (mayLack && value === undefined)

const noDate = (claim: string, found: unknown): Verdict =>
  failed('token-claims-invalid', { claim, expected: 'a number of seconds', found })

/** RFC 9068 §2.2. What stands twice is refused, as another reader might take the other one (RFC 7519 §4). */
export function requiredClaims({
  claims,
  repeatedClaims,
}: {
  claims: JsonObject
  repeatedClaims: readonly string[]
}): Verdict {
  if (repeatedClaims.length > 0) {
    return failed('token-claims-invalid', { expected: 'each name once', found: repeatedClaims })
  }
  const { sub, client_id, jti } = claims
  if (!isText(sub)) return noText('sub', sub)
  if (!isText(client_id)) return noText('client_id', client_id)
  if (!isText(jti)) return noText('jti', jti)
  return optionalClaims(claims)
}

/** RFC 7662 §2.2 requires nothing but `active`; a client's own token has no `sub` there. */
export function introspectedClaims({ claims }: { claims: JsonObject }): Verdict {
  const { sub, client_id } = claims
  if (sub !== undefined && !isText(sub)) return noText('sub', sub)
  if (!isText(client_id)) return noText('client_id', client_id)
  return optionalClaims(claims)
}

function optionalClaims(claims: JsonObject): Verdict {
  const { scope, acr, grant_id, auth_time, authorization_details } = claims
  if (scope !== undefined && typeof scope !== 'string') return noText('scope', scope)
  if (acr !== undefined && !isText(acr)) return noText('acr', acr)
  if (grant_id !== undefined && !isText(grant_id)) return noText('grant_id', grant_id)
  if (!isDate(auth_time, true)) return noDate('auth_time', auth_time)
  if (authorization_details === undefined) return passed
  const details = parseAuthorizationDetails(authorization_details)
  if (!('fault' in details)) return passed
  const { fault: expected } = details
  return failed('token-claims-invalid', { claim: 'authorization_details', expected, found: 'else' })
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

const noText = (claim: string, found: unknown): Verdict =>
  failed('token-claims-invalid', { claim, expected: 'text', found })

/** A list of revoked tokens that cannot be read is an outage, and no reason to let anybody in. */
export function tokenStanding({ standing }: { standing: StandingFacts }): Verdict {
  switch (standing.outcome) {
    case 'good':
      return passed
    case 'denied': {
      const disabled = standing.key.startsWith('account:') && standing.reason === 'disabled'
      return failed(disabled ? 'token-subject-disabled' : 'token-revoked', {
        expected: 'no entry in the list of what is revoked',
        found: { key: standing.key, reason: standing.reason },
      })
    }
    case 'unreachable':
      return failed('auth-backend-down', {
        expected: 'the list of what is revoked',
        found: standing.fault,
      })
  }
}
