/** The whole configuration of the engine (oidc-provider), readable top to bottom. */
import Keygrip from 'keygrip'
import type { Configuration, Provider as EngineProvider, ResourceServer } from 'oidc-provider'
import type { Ageing } from '../db/ageing.ts'
import type { Denylist } from '../db/denylist.ts'
import type { Database } from '../db/client.ts'
import type { GuessLimit } from '../db/guess-limit.ts'
import { createLogoutDeliveries } from '../db/logout-deliveries.ts'
import type { Once } from '../db/once.ts'
import type { Accounts } from '../directory/accounts.ts'
import type { Clients } from '../directory/clients.ts'
import { MAX_ACCESS_TOKEN_LIFE, type Resources } from '../directory/resources.ts'
import { ACR_VALUES } from '../lib/acr.ts'
import type { Clock } from '../lib/clock.ts'
import type { Secrets } from '../lib/secrets.ts'
import type { Log } from '../web/log.ts'
import { createBackchannel, type Wait } from './backchannel.ts'
import { certificateMethods, type MutualTls } from './client-certificates.ts'
import { createDocumentPages, keepSignedOutAtHome, tellDocumentFaults } from './client-documents.ts'
import type { DocumentPages } from './client-documents.ts'
import { CLAIMS_BY_SCOPE, engineAccount, OPENID_SCOPES } from './claims.ts'
import { errors, Provider } from './engine.ts'
import type { EngineContext } from './engine-context.ts'
import { followClientKeys } from './client-keys.ts'
import { createFeatures } from './features.ts'
import { createFamilies, type Families } from './families.ts'
import { createConsents, createGrantLoader, saveGrant, type Consents } from './grants.ts'
import { createJwtAccessTokens, type JwtAccessTokens } from './jwt-access-token.ts'
import { createKeyFollower } from './engine-keys.ts'
import type { SigningKeys } from './keys.ts'
import { SIGNING_ALGORITHMS } from './keys/standing.ts'
import { checkAssertionLife } from './client-assertion.ts'
import { BODY_LIMITS, createOutgoingFetch } from './outgoing.ts'
import { parameterChecks } from './parameters.ts'
import { createPolicy } from './policy.ts'
import { createMetadataCheck, EXTRA_METADATA } from './registration.ts'
import { DETAIL_TYPES, requireGrantedDetails } from './rich-authorization.ts'
import { createScreens } from './screens.ts'
import { SESSION_LIFE } from './session-storage.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { createStorage } from './storage.ts'
import { registerTokenExchange } from './token-exchange.ts'
import { furtherClaims, openUserinfoToJwts, shapeAccessToken } from './token-shape.ts'

export type AuthorizationParts = {
  issuer: string
  db: Database
  clock: Clock
  secrets: Secrets
  keys: SigningKeys
  accounts: Accounts
  clients: Clients
  resources: Resources
  ageing: Ageing
  denylist: Denylist
  once: Once
  guessLimit: GuessLimit
  /** Whether anybody may register clients, without an initial access token. */
  openRegistration: boolean
  /** Whether clients may be known by the address of a document alone. */
  clientDocuments: boolean
  /** Whether addresses that clients register (`jwks_uri`) may be on this machine. */
  allowLoopback: boolean
  requireDpopNonce: boolean
  mutualTls: MutualTls
  /** Whether there is a doctor's page about every request. */
  doctor?: boolean
  log: Log
  /** How the pause before another try is spent; a timer unless given. */
  wait?: Wait | undefined
  /** Called before the storage does anything, which fails if this throws. */
  interfere?: () => void
}

export type AuthorizationServer = {
  provider: EngineProvider
  families: Families
  sessions: Sessions
  consents: Consents
  jwtAccessTokens: JwtAccessTokens
  documentPages: DocumentPages
  /** Has the engine sign and publish with the keys of this moment; for before it signs. Rejects in an outage. */
  followKeys: () => Promise<void>
  /** Begins what goes on in the background: telling apps of sign-outs. */
  start(): void
  /** Ends it. */
  close(): Promise<void>
}

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A refresh token's family lives this long from its first token on, however often it is rotated. Seconds. */
const REFRESH_LIFE = 30 * DAY

export function createProvider(parts: AuthorizationParts): AuthorizationServer {
  const { issuer, db, clock, secrets, keys, accounts, clients, resources } = parts
  const { ageing, denylist, once } = parts
  const families = createFamilies({ db, clock, denylist })
  const consents = createConsents({ db, clock })
  const loadGrant = createGrantLoader(consents)
  const screens = createScreens(parts)
  const documentPages = createDocumentPages()
  const secure = issuer.startsWith('https:')
  const cookie = { httpOnly: true, sameSite: 'lax', signed: true, overwrite: true, secure } as const

  const configuration: Configuration = {
    adapter: createStorage({
      db,
      clock,
      ageing,
      clients,
      families,
      secrets,
      guessLimit: parts.guessLimit,
      beforeCode: saveGrant,
      ...(parts.interfere && { interfere: parts.interfere }),
    }),
    jwks: { keys: keys.privateKeys().map((key) => ({ ...key })) },
    clientDefaults: {
      grant_types: ['authorization_code'],
      response_types: ['code'],
      id_token_signed_response_alg: 'RS256',
      token_endpoint_auth_method: 'client_secret_basic',
      authorization_details_types: Object.keys(DETAIL_TYPES),
    },
    clientAuthMethods: [
      ...(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const),
      ...certificateMethods(parts.mutualTls),
    ],
    assertJwtClientAuthClaimsAndHeader: (_ctx, { exp }) => checkAssertionLife(exp, clock),
    fetch: createOutgoingFetch({ allowLoopback: parts.allowLoopback }),
    fetchResponseBodyLimits: BODY_LIMITS,
    extraClientMetadata: {
      properties: EXTRA_METADATA,
      validator: createMetadataCheck({ issuer, resources }),
    },
    enabledJWA: {
      // RFC 9864 renames EdDSA; clients have both names.
      clientAuthSigningAlgValues: ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'],
      idTokenSigningAlgValues: [...SIGNING_ALGORITHMS],
      authorizationSigningAlgValues: [...SIGNING_ALGORITHMS],
      introspectionSigningAlgValues: [...SIGNING_ALGORITHMS],
      requestObjectSigningAlgValues: ['ES256', 'RS256', 'PS256', 'EdDSA'],
      dPoPSigningAlgValues: ['ES256', 'EdDSA'],
    },

    responseTypes: ['code'],
    pkce: {
      required: (_ctx, client) =>
        client.tokenEndpointAuthMethod === 'none' || client['require_pkce'] !== false,
    },
    allowOmittingSingleRegisteredRedirectUri: false,
    extraParams: parameterChecks,
    acrValues: [...ACR_VALUES],
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
      const used = ctx.oidc.entities.RefreshToken
      const granted = used?.resourceIndicators
      if (!asked.every((one) => typeof one === 'string' && granted?.has(one)))
        throw new errors.InvalidTarget()
      requireGrantedDetails(ctx, used)
      return true
    },
    // Signing out ends families by our own query (families.ts), which knows of offline_access.
    expiresWithSession: async () => false,
    ttl: {
      AccessToken: (_ctx, token, client) => accessTokenLife(token, client),
      ClientCredentials: (_ctx, token, client) => accessTokenLife(token, client),
      AuthorizationCode: () => MINUTE,
      DeviceCode: () => 10 * MINUTE,
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

    extraTokenClaims: furtherClaims(clients),
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
      pushed_authorization_request: '/oauth/par',
      registration: '/oauth/register',
      introspection: '/oauth/introspect',
      revocation: '/oauth/revoke',
      end_session: '/oauth/logout',
      device_authorization: '/oauth/device',
      code_verification: '/device',
    },

    features: createFeatures({
      resources,
      secrets,
      screens,
      documentPages,
      openRegistration: parts.openRegistration,
      clientDocuments: parts.clientDocuments,
      requireDpopNonce: parts.requireDpopNonce,
      mutualTls: parts.mutualTls,
    }),
  }

  const provider = new Provider(issuer, configuration)
  tellDocumentFaults(provider)
  keepSignedOutAtHome(provider)
  followClientKeys(provider, clock)
  // Secrets are kept as fingerprints (clients.ts), so that is what is compared.
  provider.Client.prototype.compareClientSecret = async function compareClientSecret(
    actual: string,
  ) {
    // After too many wrong ones a right one counts no more: else guessing would only be slower.
    const address = Provider.ctx?.ip ?? ''
    await parts.guessLimit.requireUnblocked({ kind: 'client', name: this.clientId, address })
    return clients.verifySecret(this.clientSecret ?? '', actual)
  }
  // One INSERT instead of the engine's look-then-write: ten at once, one wins.
  provider.ReplayDetection.unique = (iss: string, jti: string, exp: number) =>
    once.use(`replay:${iss}:${jti}`, new Date(exp * 1000))

  const jwtAccessTokens = createJwtAccessTokens({ keys, issuer, clock, ageing, denylist })
  registerTokenExchange({ ...parts, provider, jwtAccessTokens })
  openUserinfoToJwts(provider, jwtAccessTokens, `${issuer}/oauth/userinfo`)
  const { log, wait } = parts
  const deliveries = createLogoutDeliveries({ db, clock })
  const followKeys = createKeyFollower(provider, keys)
  const backchannel = createBackchannel({ provider, deliveries, followKeys, clock, log, wait })
  const sessions = createSessions({ db, clock, ageing, families, backchannel })
  const start = () => backchannel.start()
  const close = () => backchannel.close()
  return {
    provider,
    families,
    sessions,
    consents,
    jwtAccessTokens,
    documentPages,
    followKeys,
    start,
    close,
  }
}

const cookieName = (issuer: string, kind: string): string =>
  ['countersign', new URL(issuer).port, kind].filter(Boolean).join('_')

function accessTokenLife(
  token: { resourceServer?: ResourceServer | undefined },
  client: { [name: string]: unknown },
): number {
  const own = client['access_token_ttl']
  return typeof own === 'number' ? own : (token.resourceServer?.accessTokenTTL ?? 5 * MINUTE)
}
