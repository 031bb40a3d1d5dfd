/** The challenges of one operation, by what was sent and what is missing (RFC 6750 §3, RFC 9449 §7.1, RFC 9470 §3). */
import type { RefusalId } from '../refusals/catalogue.ts'
import type { Protection } from '../refusals/challenge.ts'
import { usedSchemeOf } from './credentials.ts'
import type { Facts } from './facts.ts'
import type { ProtectedResource } from './metadata.ts'
import { scopesOf } from './permission.ts'

/** What an operation asks for. */
export type Guarding = {
  resource: ProtectedResource
  /** Space-separated: everything the operation needs. */
  scope?: string
  /** How the person must have signed in (RFC 9470). */
  acr?: string
  /** Seconds since the person signed in, at most. */
  maxAge?: number
}

export type Protections = {
  /** Before anything is known about the call. */
  any: Protection
  /** Always the same object for the same challenges: `respond.ts` remembers what it writes. */
  of(id: RefusalId, facts: Facts, unproven: boolean): Protection
}

export function createProtections({ resource, scope, acr, maxAge }: Guarding): Protections {
  const any: Protection = {
    realm: resource.realm,
    schemes: ['Bearer', 'DPoP'],
    resourceMetadata: resource.metadataUrl,
    ...(scope !== undefined && { scope }),
  }
  // Whatever is short, everything is named, so that one new authorization is enough: acr_values and max_age count
  // only with openid (OpenID Connect Core §3.1.2.1), and the new token needs the operation's scopes as well.
  const stepUp: Protection = {
    ...any,
    scope: ['openid', ...scopesOf(scope)].join(' '),
    ...(acr !== undefined && { acrValues: acr }),
    ...(maxAge !== undefined && { maxAge }),
  }
  const made = new Map<string, Protection>()

  return {
    any,
    of(id, { authorization, elsewhere }, unproven) {
      const base = id === 'step-up-acr' || id === 'step-up-max-age' ? stepUp : any
      const usedScheme = usedSchemeOf(authorization, elsewhere?.body)
      const key = `${base === stepUp} ${usedScheme} ${unproven}`
      const protection = made.get(key) ?? { ...base, usedScheme, unproven }
      made.set(key, protection)
      return protection
    },
  }
}
