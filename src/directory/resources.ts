/** The protected APIs a token can be meant for (RFC 8707): read once, when the server starts. */
import type { Database } from '../db/client.ts'
import { expandIssuer } from './issuer-placeholder.ts'

/** No access token lives longer than this, in seconds: what is denied may be forgotten after it. */
export const MAX_ACCESS_TOKEN_LIFE = 86_400

export type Resource = {
  /** Absolute; the `aud` of its tokens. */
  readonly identifier: string
  readonly name: string
  /** Each scope in words. */
  readonly scopes: Readonly<Record<string, string>>
  readonly format: ResourceFormat
  /** Seconds. */
  readonly accessTokenTtl: number
}

export type ResourceFormat = 'jwt' | 'opaque'

export type Resources = {
  all(): readonly Resource[]
  byIdentifier(identifier: string): Resource | undefined
  /** Those that know at least one of the scopes. */
  forScopes(scopes: readonly string[]): Resource[]
}

export async function createResources(parts: { db: Database; issuer: string }): Promise<Resources> {
  const rows = await parts.db.resource.findMany({ orderBy: { identifier: 'asc' } })
  const resources = rows.map((row): Resource =>
    Object.freeze({
      identifier: expandIssuer(row.identifier, parts.issuer),
      name: row.name,
      scopes: Object.freeze(JSON.parse(row.scopes) as Record<string, string>),
      format: row.format as ResourceFormat,
      accessTokenTtl: Math.min(row.accessTokenTtl, MAX_ACCESS_TOKEN_LIFE),
    }),
  )
  const byIdentifier = new Map(resources.map((resource) => [resource.identifier, resource]))

  return {
    all: () => resources,
    byIdentifier: (identifier) => byIdentifier.get(identifier),
    forScopes: (scopes) =>
      resources.filter((resource) => scopes.some((scope) => Object.hasOwn(resource.scopes, scope))),
  }
}
