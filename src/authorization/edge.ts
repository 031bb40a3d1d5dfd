/**
 * The engine as middleware, and around it what the RFCs ask and it answers otherwise: verbs it does not know, 401
 * without a challenge, JWTs at introspection and revocation, an outage.
 */
import type { EventEmitter } from 'node:events'
import compose from 'koa-compose'
import type { Context, Middleware, Next } from 'koa'
import type { Provider } from 'oidc-provider'
import { isOutage } from '../db/outage.ts'
import { refuse } from '../refusals/refusal.ts'
import { pageHeaders, policyOptionsFor } from '../web/content-security-policy.ts'
import type { EngineContext } from './engine-context.ts'
import { createJwtAnswers } from './introspection.ts'
import type { JwtAccessTokens } from './jwt-access-token.ts'
import { refusalOf } from './refusals.ts'

export type EdgeParts = {
  provider: Provider
  jwtAccessTokens: JwtAccessTokens
  /** Scopes of the protected APIs, for the server metadata (RFC 8414 §2). */
  resourceScopes: readonly string[]
  /** Identifiers of the protected APIs (RFC 9728 §4). */
  protectedResources: readonly string[]
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
  [/^\/oauth\/(token|introspect|revoke)$/, ['POST', 'OPTIONS']],
  [/^\/oauth\/logout(\/success)?$/, ['GET']],
  [/^\/oauth\/logout\/confirm$/, ['POST']],
]

/** RFC 7617 §2 allows a Basic challenge a realm and a charset, no more. */
const BASIC_CHALLENGE = 'Basic realm="as", charset="UTF-8"'

/** Endpoints where a client authenticates; any 401 there needs a challenge (RFC 9110 §15.5.2). */
const CLIENT_AUTHENTICATED = new Set(['token', 'introspection', 'revocation'])

/** Where a person's browser is sent. */
const PEOPLES_ROUTES = new Set(['authorization', 'resume', 'end_session', 'end_session_confirm'])

/** Metadata and keys may be remembered this long. Seconds. */
const METADATA_LIFE = 60

export function createAuthorizationEdge(parts: EdgeParts): Middleware {
  const { provider } = parts
  const engine = compose(provider.middleware as unknown as Middleware[])
  const answerForJwt = createJwtAnswers(parts.jwtAccessTokens)

  // What the engine refused goes to the log line of the request.
  const noteRefusal = (ctx: Context, error: Error) => {
    ctx.state['refusal'] = refusalOf(error, (ctx as EngineContext).oidc.route)
  }
  const events: EventEmitter = provider
  for (const event of REFUSAL_EVENTS) events.on(event, noteRefusal)
  events.on('server_error', (ctx: Context, error: Error) => {
    ctx.state['outage'] = isOutage(error)
    ctx.state['error'] = error
    noteRefusal(ctx, error)
  })

  return async function authorizationServer(ctx: Context, next: Next) {
    const verbs = VERBS.find(([path]) => path.test(ctx.path))?.[1]
    if (!verbs) {
      await next()
      return
    }
    if (!verbs.includes(ctx.method)) {
      refuse(
        'method-not-allowed',
        { expected: verbs, found: ctx.method },
        { Allow: verbs.join(', ') },
      )
    }
    if (ctx.method === 'OPTIONS') {
      ctx.status = 204
      ctx.set('Allow', verbs.join(', '))
      return
    }
    // Nothing downstream: a path the engine does not answer is a plain 404 of ours.
    await engine(ctx, async () => {})
    const engineCtx = ctx as EngineContext
    const route = engineCtx.oidc.route
    if (route === 'introspection' || route === 'revocation') {
      if (await answerForJwt(engineCtx)) delete ctx.state['refusal']
    }
    if (route === 'discovery') addResources(ctx, parts)
    if (route === 'discovery' || route === 'jwks') {
      ctx.set('Cache-Control', `public, max-age=${METADATA_LIFE}`)
    }
    // A page can keep no secret, so a client with one is not let in from there.
    if (
      CLIENT_AUTHENTICATED.has(route) &&
      engineCtx.oidc.client?.tokenEndpointAuthMethod !== 'none'
    ) {
      ctx.remove('Access-Control-Allow-Origin')
    }
    if (ctx.status === 401 && CLIENT_AUTHENTICATED.has(route)) {
      ctx.set('WWW-Authenticate', BASIC_CHALLENGE)
    }
    await securePage(engineCtx)
    if (ctx.state['outage'] === true && ctx.status === 500) answerOutage(ctx, route)
  }
}

const REFUSAL_EVENTS = [
  'authorization.error',
  'grant.error',
  'userinfo.error',
  'introspection.error',
  'revocation.error',
  'end_session.error',
  'end_session_confirm.error',
  'end_session_success.error',
]

function addResources(ctx: Context, { resourceScopes, protectedResources }: EdgeParts): void {
  const metadata = ctx.body as { scopes_supported?: string[]; protected_resources?: string[] }
  metadata.scopes_supported = [...(metadata.scopes_supported ?? []), ...resourceScopes]
  metadata.protected_resources = [...protectedResources]
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

/** The client did nothing wrong and its tokens are as good as before: 503, never 401. */
function answerOutage(ctx: Context, route: string): void {
  // A person's browser gets a page, by the refusal of the same id.
  if (PEOPLES_ROUTES.has(route)) refuse('auth-backend-down', { check: 'database' })
  ctx.state['refusal'] = 'auth-backend-down'
  ctx.status = 503
  ctx.set('Retry-After', '30')
  ctx.body = {
    error: 'temporarily_unavailable',
    error_description: 'The authorization server cannot reach its database',
  }
}
