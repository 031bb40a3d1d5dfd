/** The whole configuration of the engine (oidc-provider), readable top to bottom. */
import Keygrip from 'keygrip'
import type {
  Configuration,
  KoaContextWithOIDC,
  Provider as EngineProvider,
  ResourceServer,
} from 'oidc-provider'
import type { Denylist } from '../db/denylist.ts'
import type { Database } from '../db/client.ts'
import type { Once } from '../db/once.ts'
import type { Accounts } from '../directory/accounts.ts'
import type { Clients } from '../directory/clients.ts'
import { MAX_ACCESS_TOKEN_LIFE, type Resources } from '../directory/resources.ts'
import type { Clock } from '../lib/clock.ts'
import type { Secrets } from '../lib/secrets.ts'
import { CLAIMS_BY_SCOPE, engineAccount, OPENID_SCOPES } from './claims.ts'
import { errors, Provider } from './engine.ts'
import type { EngineContext } from './engine-context.ts'
import { createFamilies, type Families } from './families.ts'
import { createConsents, createGrantLoader, saveGrant, type Consents } from './grants.ts'
import { createJwtAccessTokens, type JwtAccessTokens } from './jwt-access-token.ts'
import type { SigningKeys } from './keys.ts'
import { ACR_PASSWORD, createPolicy } from './policy.ts'
import { createScreens } from './screens.ts'
import { SESSION_LIFE } from './session-storage.ts'
import { createStorage } from './storage.ts'
import { openUserinfoToJwts, shapeAccessToken } from './token-shape.ts'

export type AuthorizationParts = {
  issuer: string
  db: Database
  clock: Clock
  secrets: Secrets
  keys: SigningKeys
  accounts: Accounts
  clients: Clients
  resources: Resources
  denylist: Denylist
  once: Once
  /** Called before the storage does anything, which fails if this throws. */
  interfere?: () => void
}

export type AuthorizationServer = {
  provider: EngineProvider
  families: Families
  consents: Consents
  jwtAccessTokens: JwtAccessTokens
}

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A refresh token's family lives this long from its first token on, however often it is rotated. Seconds. */
const REFRESH_LIFE = 30 * DAY

export function createProvider(parts: AuthorizationParts): AuthorizationServer {
  const { issuer, db, clock, secrets, keys, accounts, clients, resources, denylist, once } = parts
  const families = createFamilies({ db, clock, denylist })
  const consents = createConsents({ db, clock })
  const loadGrant = createGrantLoader(consents)
  const screens = createScreens(parts)
  const secure = issuer.startsWith('https:')
  const cookie = { httpOnly: true, sameSite: 'lax', signed: true, overwrite: true, secure } as const

  const configuration: Configuration = {
    adapter: createStorage({
      db,
      clock,
      clients,
      families,
      secrets,
      beforeCode: saveGrant,
      ...(parts.interfere && { interfere: parts.interfere }),
    }),
    jwks: { keys: keys.privateKeys() },
    clientDefaults: {
      grant_types: ['authorization_code'],
      response_types: ['code'],
      id_token_signed_response_alg: 'RS256',
      token_endpoint_auth_method: 'client_secret_basic',
    },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    extraClientMetadata: {
      properties: ['require_pkce', 'access_token_ttl', 'resource_scopes', 'audiences'],
    },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256'] },

    responseTypes: ['code'],
    pkce: {
      required: (_ctx, client) =>
        client.tokenEndpointAuthMethod === 'none' || client['require_pkce'] !== false,
    },
    allowOmittingSingleRegisteredRedirectUri: false,
    acrValues: [ACR_PASSWORD],
    clockTolerance: 0,

    scopes: OPENID_SCOPES,
    claims: CLAIMS_BY_SCOPE,
    conformIdTokenClaims: false,
    findAccount: async (_ctx, sub) => {
      const account = await accounts.byId(sub)
      return account && !account.disabled ? engineAccount(account) : undefined
    },

    interactions: {
      policy: createPolicy(),
      url: (_ctx, interaction) => `/interaction/${interaction.uid}`,
    },
    loadExistingGrant: (ctx) => loadGrant(ctx as EngineContext),
    renderError: screens.renderError,

    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    // Always. What the engine would refuse only after the token was used is refused here, and the token lives.
    rotateRefreshToken: (ctx) => {
      const asked = [ctx.oidc.params?.['resource'] ?? []].flat()
      const granted = ctx.oidc.entities.RefreshToken?.resourceIndicators
      if (!asked.every((one) => typeof one === 'string' && granted?.has(one)))
        throw new errors.InvalidTarget()
      return true
    },
    // Signing out ends families by our own query (families.ts), which knows of offline_access.
    expiresWithSession: async () => false,
    ttl: {
      AccessToken: (_ctx, token, client) => accessTokenLife(token, client),
      ClientCredentials: (_ctx, token, client) => accessTokenLife(token, client),
      AuthorizationCode: () => MINUTE,
      Grant: (ctx) =>
        (ctx as EngineContext | undefined)?.oidc.client?.grantTypeAllowed('refresh_token')
          ? REFRESH_LIFE + HOUR
          : MAX_ACCESS_TOKEN_LIFE + HOUR,
      IdToken: () => HOUR,
      Interaction: () => HOUR,
      RefreshToken: (ctx) => {
        // A rotated token takes over what is left of the family's life.
        const rotated = (ctx as EngineContext | undefined)?.oidc.entities.RotatedRefreshToken
        return rotated?.exp ? Math.max(1, rotated.exp - clock.seconds()) : REFRESH_LIFE
      },
      Session: (_ctx, session) => {
        if (!session.accountId) return HOUR
        const left = (session.loginTs ?? clock.seconds()) + SESSION_LIFE - clock.seconds()
        return Math.max(1, Math.min(14 * DAY, left))
      },
    },

    formats: { customizers: { jwt: shapeAccessToken({ userinfo: `${issuer}/oauth/userinfo` }) } },
    cookies: {
      // Names of our own, and of this port: all servers of localhost share their cookies.
      names: {
        session: cookieName(issuer, 'session'),
        interaction: cookieName(issuer, 'interaction'),
        resume: cookieName(issuer, 'resume'),
      },
      keys: new Keygrip(
        [secrets.key('cookies').toString('base64')],
        'sha256',
      ) as unknown as string[],
      long: cookie,
      short: cookie,
    },
    routes: {
      authorization: '/oauth/authorize',
      token: '/oauth/token',
      jwks: '/oauth/jwks',
      userinfo: '/oauth/userinfo',
      introspection: '/oauth/introspect',
      revocation: '/oauth/revoke',
      end_session: '/oauth/logout',
    },

    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      userinfo: { enabled: true },
      clientCredentials: { enabled: true },
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
      resourceIndicators: {
        enabled: true,
        // A request with an API's scope and no `resource` means that API.
        defaultResource: async (ctx, _client, oneOf) => {
          if (oneOf) return oneOf[0] ?? []
          const scope = ctx.oidc.params?.['scope']
          const scopes = typeof scope === 'string' ? scope.split(' ') : []
          const meant = resources.forScopes(scopes)
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
    },
  }

  const provider = new Provider(issuer, configuration)
  // Secrets are kept as fingerprints (clients.ts), so that is what is compared.
  provider.Client.prototype.compareClientSecret = function compareClientSecret(actual: string) {
    return clients.verifySecret(this.clientSecret ?? '', actual)
  }
  // One INSERT instead of the engine's look-then-write: ten at once, one wins.
  provider.ReplayDetection.unique = (iss: string, jti: string, exp: number) =>
    once.use(`replay:${iss}:${jti}`, new Date(exp * 1000))

  const jwtAccessTokens = createJwtAccessTokens({ keys, issuer, clock, denylist })
  openUserinfoToJwts(provider, jwtAccessTokens, `${issuer}/oauth/userinfo`)
  return { provider, families, consents, jwtAccessTokens }
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

const cookieName = (issuer: string, kind: string): string =>
  ['countersign', new URL(issuer).port, kind].filter(Boolean).join('_')

/** The engine drops, or grants, scopes in client_credentials that nobody defined (RFC 6749 §5.2, §5.1). */
function refuseScopesOfNobody(ctx: KoaContextWithOIDC, allowed: readonly string[]): void {
  if (ctx.oidc.params?.['grant_type'] !== 'client_credentials') return
  const unknown = [...ctx.oidc.requestParamScopes].filter((scope) => !allowed.includes(scope))
  if (unknown.length > 0) {
    throw new errors.InvalidScope('requested scope is not allowed', unknown.join(' '))
  }
}

function accessTokenLife(
  token: { resourceServer?: ResourceServer | undefined },
  client: { [name: string]: unknown },
): number {
  const own = client['access_token_ttl']
  return typeof own === 'number' ? own : (token.resourceServer?.accessTokenTTL ?? 5 * MINUTE)
}
