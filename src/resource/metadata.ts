/**
 * What a protected API publishes about itself: its identifier, who issues tokens for it, and where
 * to find this (RFC 9728).
 */
import type Router from '@koa/router'
import type { Resource } from '../directory/resources.ts'
import { PROOF_ALGORITHMS } from '../refusals/challenge.ts'

/** A protected API, as the guard and its metadata need to know it. */
export type ProtectedResource = {
  /** The resource identifier (RFC 8707): what `aud` must name. One for every path under it. */
  identifier: string
  /** In challenges: the last part of the identifier. */
  realm: string
  name: string
  scopes: readonly string[]
  /** What its access tokens are. */
  format: 'jwt' | 'opaque'
  metadataUrl: string
}

export function protectedResource({
  identifier,
  name,
  scopes,
  format,
}: Resource): ProtectedResource {
  const { origin, pathname } = new URL(identifier)
  return {
    identifier,
    realm: pathname.slice(pathname.lastIndexOf('/') + 1),
    name,
    scopes: Object.keys(scopes),
    format,
    // RFC 9728 §3.1: the well-known part goes between the host and the path.
    metadataUrl: `${origin}${METADATA_PREFIX}${pathname}`,
  }
}

const METADATA_PREFIX = '/.well-known/oauth-protected-resource'

/** Seconds a client may keep the document. */
const MAX_AGE = 300

type Parts = {
  issuer: string
  resource: ProtectedResource
  /** `body` only where an operation reads forms, as that is how a token travels in a body (RFC 6750 §2.2). */
  bearerMethods: readonly ('header' | 'body')[]
  /** Whether tokens may be bound to a certificate (RFC 8705 §3). */
  mutualTls?: boolean
}

export function registerMetadata(
  router: Router,
  { issuer, resource, bearerMethods, mutualTls = false }: Parts,
): void {
  const document = JSON.stringify({
    resource: resource.identifier,
    authorization_servers: [issuer],
    scopes_supported: resource.scopes,
    bearer_methods_supported: bearerMethods,
    dpop_signing_alg_values_supported: PROOF_ALGORITHMS,
    ...(mutualTls && { tls_client_certificate_bound_access_tokens: true }),
    resource_name: resource.name,
    resource_documentation: `${issuer}/`,
  })
  router.get(new URL(resource.metadataUrl).pathname, (ctx) => {
    ctx.set('Cache-Control', `public, max-age=${MAX_AGE}`)
    ctx.type = 'application/json'
    ctx.body = document
  })
}
