/** The `claims` parameter (OpenID Connect Core 1.0 §5.5): what a request asks for claim by claim. */
import type { KoaContextWithOIDC } from 'oidc-provider'
import { ACR_VALUES, acrRank, leastRank } from '../lib/acr.ts'
import { CLAIMS_BY_SCOPE } from './claims.ts'
import { errors } from './engine.ts'

type Params = Readonly<Record<string, unknown>>
type ClaimRequest = { essential?: unknown; value?: unknown; values?: unknown }
type ClaimsRequest = Partial<
  Record<'id_token' | 'userinfo', Record<string, ClaimRequest | null | undefined>>
>

/** A person decides on claims by the scope that opens them too, which the consent page has words for. */
const SCOPE_BY_CLAIM = new Map(
  Object.entries(CLAIMS_BY_SCOPE).flatMap(([scope, claims]) =>
    scope === 'openid' ? [] : claims.map((claim) => [claim, scope] as const),
  ),
)

export const scopeOfClaim = (claim: string): string | undefined => SCOPE_BY_CLAIM.get(claim)

// The engine has checked that it is an object of objects before anybody asks here.
const parse = ({ claims }: Params): ClaimsRequest =>
  typeof claims === 'string' ? (JSON.parse(claims) as ClaimsRequest) : {}

/** Scopes that stand for the claims asked for one by one, each with whether any of its claims is essential (§5.5.1). */
export function scopesOfClaims(params: Params): Map<string, boolean> {
  const { id_token = {}, userinfo = {} } = parse(params)
  const scopes = new Map<string, boolean>()
  for (const [claim, request] of [...Object.entries(id_token), ...Object.entries(userinfo)]) {
    const scope = scopeOfClaim(claim)
    if (scope === undefined || typeof request !== 'object') continue
    scopes.set(scope, scopes.get(scope) === true || request?.essential === true)
  }
  return scopes
}

/**
 * How a person may have signed in for this request: at least as well as one of `acr_values` (RFC 9470 §4), and exactly
 * as an essential `acr` of the ID token says (§5.5.1.1). Empty where nobody can meet both.
 */
export function acceptableAcrs(params: Params): readonly string[] {
  const least = leastRank(params['acr_values'])
  if (least === undefined) return []
  const acr = parse(params).id_token?.['acr']
  const exactly = acr?.essential === true ? (acr.values ?? acr.value) : undefined
  return ACR_VALUES.filter(
    (one) => acrRank(one) >= least && (exactly === undefined || [exactly].flat().includes(one)),
  )
}

/** The engine's `assertClaimsParameter`: what it does not look at itself, and we rely on. */
export function checkClaimsParameter(_ctx: KoaContextWithOIDC, claims: object): void {
  const acr = (claims as ClaimsRequest).id_token?.['acr']
  if (acr === null || acr === undefined) return
  const { value, values } = acr
  if (value !== undefined && typeof value !== 'string') {
    throw new errors.InvalidRequest('claims.id_token.acr.value must be text')
  }
  const texts = Array.isArray(values) && values.every((one) => typeof one === 'string')
  if (values !== undefined && !texts) {
    throw new errors.InvalidRequest('claims.id_token.acr.values must be a list of texts')
  }
}
