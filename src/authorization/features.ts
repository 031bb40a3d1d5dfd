/** What of the engine is switched on, and the decisions each part of it leaves to us. */
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider'
import type { Resources } from '../directory/resources.ts'
import type { Secrets } from '../lib/secrets.ts'
import { createMutualTls, type MutualTls } from './client-certificates.ts'
import { mayFetch, type DocumentPages } from './client-documents.ts'
import { errors } from './engine.ts'
import { newClientId, newClientSecret } from './registration.ts'
import { checkClaimsParameter } from './requested-claims.ts'
import { DETAIL_TYPES, detailsForCode, detailsForToken } from './rich-authorization.ts'
import type { Screens } from './screens.ts'

export type FeatureParts = {
  resources: Resources
  secrets: Secrets
  screens: Screens
  documentPages: DocumentPages
  /** Whether anybody may register clients; otherwise it takes an initial access token (RFC 7591 §3). */
  openRegistration: boolean
  /** Whether clients may be known by the address of a document alone. */
  clientDocuments: boolean
  /** Whether every DPoP proof needs a nonce; unless told, only those from another time do (RFC 9449 §8). */
  requireDpopNonce: boolean
  mutualTls: MutualTls
}

// The engine's types tell the features apart by which of them are on, and cannot be named otherwise.
type Features = Extract<
  NonNullable<Configuration['features']>,
  { introspection: { enabled: boolean } }
>

export function createFeatures(parts: FeatureParts): Features {
  const { resources, secrets, screens } = parts
  return {
    devInteractions: { enabled: false },
    dPoP: {
      enabled: true,
      nonceSecret: secrets.key('dpop-nonce:as'),
      requireNonce: () => parts.requireDpopNonce,
    },
    mTLS: createMutualTls(parts.mutualTls),
    pushedAuthorizationRequests: { enabled: true },
    requestObjects: {
      enabled: true,
      // Without a key of the client there is nothing its signature could be verified with: secrets are fingerprints.
      // A pushed request without a signature passes here too; the engine made that one itself.
      assertJwtClaimsAndHeader(_ctx, _claims, { alg }, client) {
        if (alg !== 'none' && client.jwks === undefined && client.jwksUri === undefined) {
          throw new errors.RequestNotSupported('the client has no key')
        }
      },
    },
    registration: {
      enabled: true,
      // One registration each: the storage sees to that.
      initialAccessToken: !parts.openRegistration,
      idFactory: newClientId,
      secretFactory: newClientSecret,
    },
    registrationManagement: { enabled: true, rotateRegistrationAccessToken: false },
    clientIdMetadataDocument: {
      enabled: parts.clientDocuments,
      ack: 'draft-02',
      allowFetch: async (_ctx, clientId) => mayFetch(clientId),
      async allowClient(_ctx, client) {
        if (client.tokenEndpointAuthMethod === 'none') {
          parts.documentPages.add(client.redirectUris ?? [])
        }
        return true
      },
    },
    richAuthorizationRequests: {
      enabled: true,
      types: DETAIL_TYPES,
      authorizationDetailsForGrantSource: detailsForCode,
      authorizationDetailsForAccessToken: detailsForToken,
      authorizationDetailsForIntrospection: (_ctx, token) => token.rar,
    },
    userinfo: { enabled: true },
    clientCredentials: { enabled: true },
    claimsParameter: { enabled: true, assertClaimsParameter: checkClaimsParameter },
    jwtResponseModes: { enabled: true },
    jwtIntrospection: { enabled: true },
    introspection: {
      enabled: true,
      // Only the API that a token is meant for may ask about it (RFC 7662 §4).
      allowedPolicy: (_ctx, client, token) =>
        mayIntrospect(client, (token as { aud?: string | string[] }).aud),
    },
    revocation: {
      enabled: true,
      allowedPolicy: (_ctx, client, token) => {
        if (token.clientId === client.clientId) return true
        throw new errors.InvalidRequest('this token was issued to another client')
      },
    },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: screens.logoutSource,
      postLogoutSuccessSource: screens.postLogoutSuccessSource,
    },
    deviceFlow: {
      enabled: true,
      userCodeInputSource: screens.userCodeInputSource,
      userCodeConfirmSource: screens.userCodeConfirmSource,
      successSource: screens.successSource,
    },
    // Sent by backchannel.ts.
    backchannelLogout: { enabled: true },
    resourceIndicators: {
      enabled: true,
      // A request with an API's scope and no `resource` means that API.
      defaultResource: async (ctx, _client, oneOf) => {
        if (oneOf) return oneOf[0] ?? []
        const scope = ctx.oidc.params?.['scope']
        const scopes = typeof scope === 'string' ? scope.split(' ') : []
        const meant = resources.forScopes(scopes)
        // A transfer is asked for at the API that knows its scope, whether or not the scope is asked for too.
        const details = ctx.oidc.params?.['authorization_details'] !== undefined
        if (details && meant.length === 0) meant.push(...resources.forScopes(['transfers:write']))
        if (meant.length === 0) refuseScopesOfNobody(ctx, [])
        return meant.map((resource) => resource.identifier)
      },
      useGrantedResource: async () => true,
      getResourceServerInfo: async (ctx, identifier, client) => {
        const resource = resources.byIdentifier(identifier)
        if (!resource) throw new errors.InvalidTarget()
        const allowed = (client['resource_scopes'] as string | undefined)?.split(' ')
        const scopes = Object.keys(resource.scopes).filter((s) => allowed?.includes(s) ?? true)
        refuseScopesOfNobody(ctx, scopes)
        return {
          scope: scopes.join(' '),
          audience: resource.identifier,
          accessTokenTTL: resource.accessTokenTtl,
          accessTokenFormat: resource.format,
          ...(resource.format === 'jwt' && { jwt: { sign: { alg: 'ES256' } } }),
        }
      },
    },
  }
}

/** A client is the resource server for the audiences it was registered with. */
export function mayIntrospect(
  client: { [name: string]: unknown },
  audience: string | string[] | undefined,
): boolean {
  const own = client['audiences']
  if (!Array.isArray(own)) return false
  return [audience].flat().some((one) => own.includes(one))
}

/** The engine drops, or grants, scopes in client_credentials that nobody defined (RFC 6749 §5.2, §5.1). */
function refuseScopesOfNobody(ctx: KoaContextWithOIDC, allowed: readonly string[]): void {
  if (ctx.oidc.params?.['grant_type'] !== 'client_credentials') return
  const unknown = [...ctx.oidc.requestParamScopes].filter((scope) => !allowed.includes(scope))
  if (unknown.length > 0) {
    throw new errors.InvalidScope('requested scope is not allowed', unknown.join(' '))
  }
}
