/**
 * Our own JWT access tokens (RFC 9068) read back: the engine makes them but takes only opaque ones at userinfo,
 * introspection and revocation.
 */
import { compactVerify, createLocalJWKSet, decodeJwt, type JWTPayload } from 'jose'
import type { Ageing } from '../db/ageing.ts'
import { denialKeys, type Denylist } from '../db/denylist.ts'
import type { RefusalId } from '../refusals/catalogue.ts'
import type { Clock } from '../lib/clock.ts'
import type { SigningKeys } from './keys.ts'
import { makeOlder } from './older.ts'

export type AccessTokenClaims = JWTPayload & {
  jti: string
  sub: string
  client_id: string
  scope?: string
  grant_id?: string
  /** Claims that userinfo is to tell beyond those of the scopes. */
  userinfo_claims?: string[]
  cnf?: { jkt?: string; 'x5t#S256'?: string }
  auth_time?: number
  acr?: string
  exp: number
  iat: number
}

export type JwtAccessTokens = {
  /** The claims of a token of ours that is still good, aged; undefined for anything else. */
  find(token: string): Promise<AccessTokenClaims | undefined>
  /** The claims of a token of ours, good or not, by its signature alone. */
  read(token: string): Promise<AccessTokenClaims | undefined>
  /** Why `find` does not find a token, where it is one of ours: what the API would say. */
  why(token: string): Promise<RefusalId | undefined>
  /** Whether this issuer signed it, whatever it is. */
  isOurs(token: string): Promise<boolean>
  /** Refuses this one token from the next call on (RFC 7009). */
  revoke(claims: AccessTokenClaims): Promise<void>
}

/** The last second that a Date can hold. */
const LAST_SECOND = 8.64e12

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
const isSecond = (value: unknown): boolean =>
  typeof value === 'number' && value >= 0 && value <= LAST_SECOND

/** Our signature says who made it, not what shape it has. */
function isAccessToken(claims: JWTPayload): claims is AccessTokenClaims {
  const { jti, sub, client_id, scope = '', grant_id = '', exp, iat, nbf = 0 } = claims
  const texts = [jti, sub, client_id].every(isText)
  const optional = [scope, grant_id].every((value) => typeof value === 'string')
  return texts && optional && [exp, iat, nbf].every(isSecond)
}

const looksLikeJwt = (token: string): boolean => /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/.test(token)

export function createJwtAccessTokens(parts: {
  keys: SigningKeys
  issuer: string
  clock: Clock
  ageing: Ageing
  denylist: Denylist
}): JwtAccessTokens {
  const { keys, issuer, clock, ageing, denylist } = parts
  const keySet = createLocalJWKSet(keys.publicKeySet())

  /** By its signature and what it must have to be one (RFC 9068 §2.2); whether it counts now is for the caller. */
  async function read(token: string): Promise<AccessTokenClaims | undefined> {
    if (!looksLikeJwt(token)) return undefined
    try {
      const { protectedHeader } = await compactVerify(token, keySet, { algorithms: ['ES256'] })
      const claims = decodeJwt(token)
      if (protectedHeader.typ !== 'at+jwt' || claims.iss !== issuer) return undefined
      return isAccessToken(claims) ? claims : undefined
    } catch {
      return undefined
    }
  }

  async function isOurs(token: string): Promise<boolean> {
    try {
      await compactVerify(token, keySet)
      return decodeJwt(token).iss === issuer
    } catch {
      return false
    }
  }

  return {
    async find(token) {
      const claims = await read(token)
      if (!claims || (claims.nbf ?? 0) > clock.seconds()) return undefined
      // Asked at once, so that both share one read of the revision.
      const [denied, seconds] = await Promise.all([
        denylist.find(denialKeys(claims), claims.iat),
        ageing.secondsFor(claims.iat),
      ])
      const aged = makeOlder(claims, seconds)
      return denied || aged.exp <= clock.seconds() ? undefined : aged
    },
    read,
    async why(token) {
      const claims = await read(token)
      if (!claims) return (await isOurs(token)) ? 'token-wrong-typ' : undefined
      const aged = makeOlder(claims, await ageing.secondsFor(claims.iat))
      if (aged.exp <= clock.seconds()) return 'token-expired'
      const denied = await denylist.find(denialKeys(claims), claims.iat)
      if (!denied) return undefined
      return denied.reason === 'disabled' ? 'token-subject-disabled' : 'token-revoked'
    },
    isOurs,
    revoke: (claims) =>
      denylist.deny(`jti:${claims.jti}`, 'revoked', new Date((claims.exp + 600) * 1000)),
  }
}
