/** The tokens that an exchange starts from (RFC 8693 §2.1), JWT or opaque, as the same claims. */
import type { Provider } from 'oidc-provider'
import type { Accounts } from '../../directory/accounts.ts'
import { fingerprint } from '../../lib/secrets.ts'
import { standsOnGrant } from '../introspection.ts'
import type { AccessTokenClaims, JwtAccessTokens } from '../jwt-access-token.ts'

export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
export const JWT = 'urn:ietf:params:oauth:token-type:jwt'

export type ActorClaim = { sub: string; act?: ActorClaim }

export type ExchangeableClaims = AccessTokenClaims & {
  /** RFC 8693 §4.1: who acts, and within it who did so before. */
  act?: ActorClaim
  /** RFC 8693 §4.4: who may. */
  may_act?: unknown
  /** What it was exchanged from, the latest last: ends with any of these (`jti` of JWTs, fingerprints of others). */
  exchanged_from?: string[]
  /** RFC 9396 §9.1. */
  authorization_details?: object[]
}

/** What the request proves to hold: a key by its proof, a key by the certificate of its connection. Thumbprints. */
export type Proven = { jkt: string | undefined; certificate: string | undefined }

export type Read = { claims: ExchangeableClaims } | { fault: string }

export function createTokenReader(parts: {
  provider: Provider
  jwtAccessTokens: JwtAccessTokens
  accounts: Accounts
}) {
  const { provider, jwtAccessTokens, accounts } = parts

  async function readJwt(token: string): Promise<Read> {
    const claims = await jwtAccessTokens.find(token)
    if (claims) return { claims }
    return { fault: (await jwtAccessTokens.why(token)) ?? 'not a token of this server' }
  }

  async function readOpaque(token: string): Promise<Read> {
    const found =
      (await provider.AccessToken.find(token)) ?? (await provider.ClientCredentials.find(token))
    if (!found?.isValid || !(await standsOnGrant(provider, found))) {
      return { fault: 'unknown, expired or revoked' }
    }
    const { clientId = '', scope, aud, iat, exp, extra, jkt, 'x5t#S256': x5t } = found
    const person = 'accountId' in found ? found : undefined
    const claims = {
      sub: person?.accountId ?? clientId,
      client_id: clientId,
      iat,
      exp,
      ...(scope !== undefined && { scope }),
      ...(aud !== undefined && { aud }),
      ...(jkt !== undefined && { cnf: { jkt } }),
      ...(x5t !== undefined && { cnf: { 'x5t#S256': x5t } }),
      ...(person?.grantId !== undefined && { grant_id: person.grantId }),
      ...(person?.rar !== undefined && { authorization_details: person.rar }),
      ...extra,
      // The token itself is what opens the door.
      jti: fingerprint(token),
    }
    return { claims: claims as ExchangeableClaims }
  }

  return async function readToken(token: string, type: string, proven: Proven): Promise<Read> {
    // An ID token says who signed in at an app; it has no scope that a token for an API could be held to.
    if (type !== ACCESS_TOKEN && type !== JWT) return { fault: 'a type that is not taken' }
    const isJwt = token.includes('.')
    if (type === JWT && !isJwt) return { fault: 'not a JWT' }
    const read = await (isJwt ? readJwt : readOpaque)(token)
    if ('fault' in read) return read
    const { sub, client_id, cnf } = read.claims
    // A bound token is worth nothing without its key (RFC 9449 §7, RFC 8705 §3).
    if (cnf?.jkt !== undefined && cnf.jkt !== proven.jkt) {
      return { fault: 'bound to a key that the request does not prove' }
    }
    if (cnf?.['x5t#S256'] !== undefined && cnf['x5t#S256'] !== proven.certificate) {
      return { fault: 'bound to a certificate that the request does not come with' }
    }
    if (sub !== client_id) {
      const account = await accounts.byId(sub)
      if (!account || account.disabled) return { fault: 'of a person whose account is no more' }
    }
    return read
  }
}
