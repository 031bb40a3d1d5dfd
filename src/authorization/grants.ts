/**
 * Consent: remembered per person, client and resource; what was granted for one request; a fresh Grant, and so a
 * family of its own, for every authorization.
 */
import { randomUUID } from 'node:crypto'
import type { Grant } from 'oidc-provider'
import type { Database } from '../db/client.ts'
import type { Clock } from '../lib/clock.ts'
import type { EngineContext } from './engine-context.ts'
import { scopeOfClaim } from './requested-claims.ts'

/** OpenID Connect's own scopes are remembered under this name instead of a resource identifier. */
export const OPENID_RESOURCE = ''

/** Resource identifier to scopes. */
export type ScopesByResource = Map<string, Set<string>>

/** What a person allowed an app at one resource. */
export type Allowed = {
  resource: string
  scopes: readonly string[]
  /** All of this, since then: when the last scope was added. */
  since: Date
}

export type Consents = {
  /** The apps that may do something for this person. */
  list(sub: string): Promise<{ clientId: string; allowed: Allowed[] }[]>
  find(sub: string, clientId: string): Promise<ScopesByResource>
  /** Remembers the answer to a consent page: the shown scopes that were left out are forgotten. */
  remember(
    sub: string,
    clientId: string,
    shown: ScopesByResource,
    granted: ReadonlySet<string>,
  ): Promise<void>
}

export function createConsents(parts: { db: Database; clock: Clock }): Consents {
  const { db, clock } = parts

  async function find(sub: string, clientId: string): Promise<ScopesByResource> {
    const rows = await db.consent.findMany({ where: { sub, clientId } })
    return new Map(rows.map((row) => [row.resource, scopeSet(row.scopes)]))
  }

  return {
    find,
    async list(sub) {
      const rows = await db.consent.findMany({
        where: { sub, scopes: { not: '' } },
        orderBy: [{ clientId: 'asc' }, { resource: 'asc' }],
      })
      const byClient = Map.groupBy(rows, ({ clientId }) => clientId)
      return [...byClient].map(([clientId, ofClient]) => ({
        clientId,
        allowed: ofClient.map(({ resource, scopes, grantedAt }) => ({
          resource,
          scopes: [...scopeSet(scopes)],
          since: grantedAt,
        })),
      }))
    },
    async remember(sub, clientId, shown, granted) {
      const before = await find(sub, clientId)
      for (const [resource, scopes] of shown) {
        const kept = new Set(before.get(resource))
        for (const scope of scopes) {
          if (granted.has(scope)) kept.add(scope)
          else kept.delete(scope)
        }
        const key = { sub, clientId, resource }
        const row = { scopes: [...kept].join(' '), grantedAt: clock.date() }
        const known = before.get(resource)
        const hasMore = [...kept].some((scope) => !known?.has(scope))
        await db.consent.upsert({
          where: { sub_clientId_resource: key },
          create: { ...key, ...row },
          update: hasMore ? row : { scopes: row.scopes },
        })
      }
    },
  }
}

/** What the authorization request at hand asks for, by resource. */
function requestedScopes(ctx: EngineContext): ScopesByResource {
  const { oidc } = ctx
  const requested: ScopesByResource = new Map()
  if (oidc.requestParamOIDCScopes.size > 0) {
    requested.set(OPENID_RESOURCE, new Set(oidc.requestParamOIDCScopes))
  }
  for (const [resource, server] of Object.entries(oidc.resourceServers ?? {})) {
    const scopes = [...oidc.requestParamScopes].filter((scope) => server.scopes.has(scope))
    if (scopes.length > 0) requested.set(resource, new Set(scopes))
  }
  return requested
}

const unsaved = new WeakSet<Grant>()

/**
 * The engine's `loadExistingGrant`: a new Grant of what the person allowed before or just now. It is stored only when
 * a code is issued from it (`saveGrant`), since most of the time a page comes first.
 */
export function createGrantLoader(consents: Consents) {
  return async function loadExistingGrant(ctx: EngineContext): Promise<Grant | undefined> {
    const { client, account, provider, result } = ctx.oidc
    if (!client || !account) return undefined
    const grant = new provider.Grant({ accountId: account.accountId, clientId: client.clientId })
    grant.jti = randomUUID()
    unsaved.add(grant)
    const remembered = await consents.find(account.accountId, client.clientId)
    const decided =
      result?.consent?.sub === account.accountId ? new Set(result.consent.granted) : undefined
    for (const [resource, scopes] of requestedScopes(ctx)) {
      for (const scope of scopes) {
        const allowed = decided ? decided.has(scope) : remembered.get(resource)?.has(scope)
        if (allowed) addScope(grant, resource, scope)
        // A refused scope counts as asked, so the page is not shown again for this request.
        else if (decided) rejectScope(grant, resource, scope)
      }
    }
    // Claims asked for one by one (OpenID Connect Core 1.0 §5.5); the engine refuses them in a request without openid.
    for (const claim of ctx.oidc.requestParamClaims) {
      const scope = scopeOfClaim(claim)
      if (scope === undefined) continue
      const allowed = (decided ?? remembered.get(OPENID_RESOURCE))?.has(scope)
      if (allowed) grant.addOIDCClaims([claim])
      else if (decided) grant.rejectOIDCClaims([claim])
    }
    return grant
  }
}

/** Stores the Grant of the request at hand, before the code that refers to it. */
export async function saveGrant(ctx: EngineContext): Promise<void> {
  const grant = ctx.oidc.entities.Grant
  if (!grant || !unsaved.delete(grant)) return
  await grant.save()
}

function addScope(grant: Grant, resource: string, scope: string): void {
  if (resource === OPENID_RESOURCE) grant.addOIDCScope(scope)
  else grant.addResourceScope(resource, scope)
}

function rejectScope(grant: Grant, resource: string, scope: string): void {
  if (resource === OPENID_RESOURCE) grant.rejectOIDCScope(scope)
  else grant.rejectResourceScope(resource, scope)
}

const scopeSet = (scopes: string): Set<string> => new Set(scopes.split(' ').filter(Boolean))
