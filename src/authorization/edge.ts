/**
 * The engine as middleware, and around it what the RFCs ask and it answers otherwise: verbs it does not know, every
 * refusal in the words of the catalogue, 401 with a challenge, JWTs at introspection and revocation, an outage.
 */
import type { EventEmitter } from 'node:events'
import compose from 'koa-compose'
import type { Context, Middleware, Next } from 'koa'
import type { Provider } from 'oidc-provider'
import type { GuessLimit } from '../db/guess-limit.ts'
import { isOutage } from '../db/outage.ts'
import { POLL_INTERVAL, type PollPace } from '../db/poll-pace.ts'
import { isDocumentUrl } from '../directory/document-url.ts'
import { rowOf, type RefusalId } from '../refusals/catalogue.ts'
import { Refusal, refuse, type Evidence } from '../refusals/refusal.ts'
import { oauthErrorOf } from '../refusals/problem.ts'
import type { RefusalReport } from '../refusals/respond.ts'
import { pageHeaders, policyOptionsFor } from '../web/content-security-policy.ts'
import { isStranger } from './client-documents.ts'
import { refusalShown } from './device-screens.ts'
import { basicFaultOf, prepareClientCredentials, triedClient } from './edge/client-credentials.ts'
import { codeAtHand } from './edge/code-at-hand.ts'
import { prepareDevicePage } from './edge/device-form.ts'
import { polledTooFast } from './edge/device-poll.ts'
import { challengeOf } from './edge/endpoints.ts'
import { invalidGrantOf } from './edge/invalid-grant.ts'
import { carriesError, letTravel, tellInCatalogueWords } from './edge/redirected-error.ts'
import { signErrorsInWords } from './edge/signed-error.ts'
import type { EngineContext } from './engine-context.ts'
import { createJwtAnswers, saysInactive, wantsSigned } from './introspection.ts'
import type { JwtAccessTokens } from './jwt-access-token.ts'
import { evidenceOf, refusalOf, type EngineError } from './refusals.ts'
import { hideSecretFingerprint, joinScopes } from './registration.ts'
import { createUserinfoCredentials } from './userinfo.ts'

export type EdgeParts = {
  provider: Provider
  jwtAccessTokens: JwtAccessTokens
  followKeys: () => Promise<void>
  guessLimit: GuessLimit
  pollPace: PollPace
  /** Scopes of the protected APIs, for the server metadata (RFC 8414 §2). */
  resourceScopes: readonly string[]
  /** Identifiers of the protected APIs (RFC 9728 §4). */
  protectedResources: readonly string[]
  /** Told of refusals that are no error answers: redirects, and tokens that are not active. */
  report: (report: RefusalReport) => void
}

/** The engine's paths and their verbs; it answers 404 to every other verb (RFC 9110 §15.5.6 asks for 405). */
const VERBS: readonly [path: RegExp, verbs: readonly string[]][] = [
  [
    /^\/\.well-known\/(openid-configuration|oauth-authorization-server)$/,
    ['GET', 'HEAD', 'OPTIONS'],
  ],
  [/^\/oauth\/jwks$/, ['GET', 'HEAD', 'OPTIONS']],
  // Not HEAD: looking must not give out codes, or end anything.
  [/^\/oauth\/authorize(\/[^/]+)?$/, ['GET']],
  [/^\/oauth\/userinfo$/, ['GET', 'HEAD', 'POST', 'OPTIONS']],
  [/^\/oauth\/(token|introspect|revoke|par|register|device)$/, ['POST', 'OPTIONS']],
  [/^\/oauth\/register\/[^/]+$/, ['GET', 'PUT', 'DELETE']],
  [/^\/oauth\/logout(\/success)?$/, ['GET']],
  [/^\/oauth\/logout\/confirm$/, ['POST']],
  [/^\/device$/, ['GET', 'POST']],
  [/^\/device\/[^/]+$/, ['GET']],
]

/** Endpoints where a client authenticates; any 401 there needs a challenge (RFC 9110 §15.5.2). */
const CLIENT_AUTHENTICATED = new Set([
  'token',
  'pushed_authorization_request',
  'introspection',
  'revocation',
  'device_authorization',
])

/** Metadata and keys may be remembered this long. Seconds. */
const METADATA_LIFE = 60

export function createAuthorizationEdge(parts: EdgeParts): Middleware {
  const { provider, guessLimit } = parts
  const engine = compose(provider.middleware as unknown as Middleware[])
  const answerForJwt = createJwtAnswers(provider, parts.jwtAccessTokens)
  const userinfo = createUserinfoCredentials(parts.jwtAccessTokens)

  // The engine catches its errors itself, and tells of each by an event.
  const caught = new WeakMap<object, EngineError>()
  const events: EventEmitter = provider
  for (const event of REFUSAL_EVENTS) {
    events.on(event, (ctx: Context, error: EngineError) => {
      // The first one is the reason; a redirect URI that is not registered is found out only after it.
      if (!caught.has(ctx) || error.error === 'invalid_redirect_uri') caught.set(ctx, error)
      if (event === 'server_error') letTravel(ctx as EngineContext, error)
      if (isStranger(ctx as EngineContext)) Object.assign(error, { allow_redirect: false })
    })
  }

  signErrorsInWords(provider, (ctx) => {
    const error = caught.get(ctx)
    if (!error) return undefined
    const id = refusalOf(error, ctx.oidc.route, { outage: isOutage(error) })
    const told = id === 'authz-par-expired' && !isPushed(ctx) ? 'authz-request-uri-invalid' : id
    return oauthErrorOf(told, provider.issuer)
  })

  return async function authorizationServer(ctx: Context, next: Next) {
    const verbs = VERBS.find(([path]) => path.test(ctx.path))?.[1]
    if (!verbs) {
      await next()
      return
    }
    if (!verbs.includes(ctx.method)) {
      const evidence = { check: 'method', expected: verbs, found: ctx.method }
      refuse('method-not-allowed', evidence, { Allow: verbs.join(', ') })
    }
    if (ctx.method === 'OPTIONS') {
      ctx.status = 204
      ctx.set('Allow', verbs.join(', '))
      return
    }
    prepareClientCredentials(ctx)
    if (ctx.path === '/oauth/userinfo') userinfo.prepare(ctx)
    if (ctx.path === '/device') await prepareDevicePage(ctx)
    if (!ctx.path.startsWith('/.well-known/')) await followKeys(ctx)
    // Nothing downstream: a path the engine does not answer is a plain 404 of ours.
    await engine(ctx, async () => {})
    await settle(ctx as EngineContext)
  }

  /** Whoever signs or shows a key asks the database itself, and tells of an outage in words of its own; but for the keys. */
  async function followKeys(ctx: Context): Promise<void> {
    const following = parts.followKeys()
    await (ctx.path === '/oauth/jwks' ? following : following.catch(() => undefined))
  }

  async function settle(ctx: EngineContext): Promise<void> {
    const { route } = ctx.oidc
    const error = caught.get(ctx)
    keepFromPages(ctx)
    protect(ctx)
    const shown = refusalShown(ctx)
    if (shown) {
      note(ctx, shown.id, shown.evidence)
      return
    }
    const jwt = await answerForJwt(ctx)
    if (error instanceof Refusal) throw error
    if (error && jwt === 'no') {
      const { id, evidence } = await judge(ctx, error)
      // The page that offers to start again is sent already (screens.ts).
      if (id !== 'sign-in-expired') {
        const redirected = rowOf(id).status === 303
        if (!redirected || !carriesError(ctx)) {
          throw new Refusal(withoutRedirect(id), evidence)
        }
        tellInCatalogueWords(ctx, id, provider.issuer)
      }
      note(ctx, id, evidence)
    }
    if (route === 'introspection') noteInactive(ctx)
    if (route === 'revocation' && jwt !== 'known') noteUnknown(ctx)
    // RFC 8628 §3.2. The engine leaves it out, and devices that know no default would ask as fast as they can.
    if (route === 'device_authorization')
      Object.assign(ctx.body as object, { interval: POLL_INTERVAL })
    if (route === 'discovery') addResources(ctx, parts)
    if (route === 'discovery' || route === 'jwks') {
      ctx.set('Cache-Control', `public, max-age=${METADATA_LIFE}`)
    }
    if (route === 'client' || route === 'client_update') hideSecretFingerprint(ctx)
    if (route === 'registration' || MANAGEMENT.has(route)) joinScopes(ctx)
    await securePage(ctx)
  }

  /** Which row the engine's error is, and what follows from it besides the answer. */
  async function judge(
    ctx: EngineContext,
    error: EngineError,
  ): Promise<{ id: RefusalId; evidence: Evidence }> {
    const { route } = ctx.oidc
    const outage = isOutage(error)
    const id = invalidGrantOf(ctx, refusalOf(error, route, { outage }))
    const evidence = basicFaultOf(ctx, id) ?? evidenceOf(error)
    if (ctx.status >= 500 || outage || id === 'authz-server-error') ctx.state['error'] = error
    if (route === 'userinfo') return { id: await userinfo.explain(ctx, id), evidence }
    if (id === 'authz-par-expired' && carriesError(ctx) && !isPushed(ctx)) {
      return { id: 'authz-request-uri-invalid', evidence }
    }
    if (id === 'device-pending') {
      const tooFast = await polledTooFast(ctx, parts.pollPace)
      return tooFast ? { id: 'device-slow-down', evidence: tooFast } : { id, evidence }
    }
    const code = codeAtHand(ctx)
    if (code && id === 'grant-pkce-mismatch') await code.burn()
    // OAuth 2.1 §4.1.3: a verifier without a challenge is a request that contradicts itself. Of what the engine finds
    // wrong with a code, only PKCE has a cause.
    if (code && !code.hasChallenge && id === 'grant-code-invalid' && error.cause !== undefined) {
      return { id: 'token-invalid-request', evidence: { ...evidence, found: 'a code_verifier' } }
    }
    // Something was sent, though not what this client is registered for.
    if (id === 'token-no-client-auth' && ctx.oidc.params?.['client_assertion'] !== undefined) {
      return { id: 'token-invalid-client-body', evidence }
    }
    if (id === 'token-invalid-client' || id === 'introspect-unauthenticated') {
      const name = triedClient(ctx)
      // Nobody guesses a signature, and a client whose `jwks_uri` is away for a while should not be locked out too.
      const isAway = name !== undefined && isDocumentUrl(name)
      const guessed =
        ctx.oidc.params?.['client_assertion'] === undefined && !isAway && !usesCertificate(ctx)
      if (guessed && name !== undefined && error.error === 'invalid_client') {
        await guessLimit.failed({ kind: 'client', name, address: ctx.ip })
      }
      if (id === 'introspect-unauthenticated' && wantsSigned(ctx)) {
        return { id: 'introspect-jwt-unauthenticated', evidence }
      }
      if (id === 'token-invalid-client' && ctx.req.headers.authorization === undefined) {
        return { id: 'token-invalid-client-body', evidence }
      }
    }
    if (id === 'dcr-token-refused' && MANAGEMENT.has(route) && !(await clientOf(ctx))) {
      return { id: 'registration-gone', evidence }
    }
    return { id, evidence }
  }

  function clientOf(ctx: EngineContext) {
    return provider.Client.find(ctx.path.split('/').at(-1) ?? '')
  }

  function note(ctx: EngineContext, id: RefusalId, evidence: Evidence): void {
    ctx.state['refusal'] = id
    const { method, path } = ctx
    const { state } = ctx
    const requestId = String(state['requestId'])
    parts.report({ requestId, id, evidence, method, path, headers: {}, state })
  }

  /** RFC 7662 §2.2 forbids to say why; the journal may. */
  function noteInactive(ctx: EngineContext): void {
    if (!saysInactive(ctx.body)) return
    note(ctx, 'introspect-inactive', {
      check: 'token',
      expected: 'a token that is alive, and meant for the resource server that asks',
      found: kindOfToken(ctx),
    })
  }

  /** RFC 7009 §2.2: to the client it is revoked. */
  function noteUnknown(ctx: EngineContext): void {
    const { AccessToken, ClientCredentials, RefreshToken } = ctx.oidc.entities
    if (ctx.status !== 200 || AccessToken || ClientCredentials || RefreshToken) return
    const expected = 'a token of this server that is alive'
    note(ctx, 'revoke-unknown-token', { check: 'token', expected, found: kindOfToken(ctx) })
  }
}

function kindOfToken(ctx: EngineContext): string {
  const token = ctx.oidc.params?.['token']
  return typeof token === 'string' && token.includes('.') ? 'a JWT' : 'an opaque token'
}

const REFUSAL_EVENTS = [
  'authorization.error',
  'grant.error',
  'userinfo.error',
  'introspection.error',
  'revocation.error',
  'pushed_authorization_request.error',
  'registration_create.error',
  'registration_read.error',
  'registration_update.error',
  'registration_delete.error',
  'end_session.error',
  'end_session_confirm.error',
  'end_session_success.error',
  'device_authorization.error',
  'code_verification.error',
  'device_resume.error',
  'server_error',
]

/** The address of a pushed request as `/oauth/par` gives it out. */
const PUSHED = /^urn:ietf:params:oauth:request_uri:[\w-]{16,}$/

/** What cannot be one of ours is told to the app, where there is one to be told. */
function isPushed(ctx: EngineContext): boolean {
  const uri = ctx.oidc.params?.['request_uri']
  return typeof uri !== 'string' || PUSHED.test(uri)
}

/** For whatever is refused from here on. */
function protect(ctx: EngineContext): void {
  const { protection, oauth } = challengeOf(ctx)
  if (protection) ctx.state['protection'] = protection
  if (oauth) ctx.state['oauth'] = true
}

/** Routes of RFC 7592. */
const MANAGEMENT = new Set(['client', 'client_update', 'client_delete'])

/** With nobody to redirect to, an outage is told as anywhere else. */
function withoutRedirect(id: RefusalId): RefusalId {
  if (id === 'authz-server-error') return 'internal-error'
  return id === 'authz-temporarily-unavailable' ? 'auth-backend-down' : id
}

/** Nobody guesses a certificate's key. */
const usesCertificate = (ctx: EngineContext): boolean =>
  ctx.oidc.client?.tokenEndpointAuthMethod?.endsWith('tls_client_auth') ?? false

/** A page can keep no secret, so a client with one is not let in from there. */
function keepFromPages(ctx: EngineContext): void {
  if (!CLIENT_AUTHENTICATED.has(ctx.oidc.route)) return
  if (ctx.oidc.client?.tokenEndpointAuthMethod === 'none') return
  ctx.remove('Access-Control-Allow-Origin')
}

/** Initiating User Registration via OpenID Connect 1.0 §4.1. One session a browser: there is no account to select. */
const PROMPTS = ['none', 'login', 'consent']

function addResources(ctx: Context, { resourceScopes, protectedResources }: EdgeParts): void {
  const metadata = ctx.body as Record<string, unknown> & { scopes_supported?: string[] }
  metadata.scopes_supported = [...(metadata.scopes_supported ?? []), ...resourceScopes]
  metadata['protected_resources'] = [...protectedResources]
  metadata['prompt_values_supported'] = PROMPTS
}

/** The engine's own pages, which submit a form by themselves, come without a policy. */
async function securePage(ctx: EngineContext): Promise<void> {
  if (!ctx.response.is('html') || ctx.res.hasHeader('Content-Security-Policy')) return
  const { client, entities, provider } = ctx.oidc
  const begunBy = entities.Interaction?.params['client_id']
  const app =
    client ?? (typeof begunBy === 'string' ? await provider.Client.find(begunBy) : undefined)
  const options = policyOptionsFor(String(ctx.body))
  // The form leads on to the app, and a browser holds the whole way against the policy.
  const targets = [...(app?.redirectUris ?? []), ...(app?.postLogoutRedirectUris ?? [])]
  ctx.set(pageHeaders({ ...options, formTargets: [...options.formTargets, ...targets] }))
}
