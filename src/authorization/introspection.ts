/**
 * Introspection (RFC 7662, and signed: RFC 9701) and revocation (RFC 7009) where the engine leaves off. It authenticates
 * the client and checks the request, then refuses every JWT: this answers in its place. And the API of this process
 * asks directly.
 */
import { decodeJwt } from 'jose'
import type { Context } from 'koa'
import type { AccessToken, Client, ClientCredentials, Provider } from 'oidc-provider'
import { refuse } from '../refusals/refusal.ts'
import type { EngineContext } from './engine-context.ts'
import type { JwtAccessTokens } from './jwt-access-token.ts'
import { mayIntrospect } from './features.ts'

/** What a caller accepts that wants the answer signed (RFC 9701 §4). */
const SIGNED = 'application/token-introspection+jwt'

export const wantsSigned = (ctx: Context): boolean => ctx.accepts('json', SIGNED) === SIGNED

export function createJwtAnswers(provider: Provider, jwtAccessTokens: JwtAccessTokens) {
  /** Whether the engine refused for no other reason than that the token is a JWT. */
  function refusedAsJwt(ctx: EngineContext): boolean {
    return (ctx.body as { error?: unknown } | undefined)?.error === 'unsupported_token_type'
  }

  async function introspect(ctx: EngineContext, token: string, client: Client): Promise<boolean> {
    const claims = await jwtAccessTokens.find(token)
    ctx.status = 200
    // RFC 7662 §2.2: a token that is not the caller's business looks like one that does not exist.
    if (!claims || !mayIntrospect(client, claims.aud)) {
      await answer(ctx, { active: false })
      return false
    }
    const { grant_id, exchanged_from, userinfo_claims, ...shown } = claims
    const bound = claims.cnf?.jkt !== undefined
    await answer(ctx, { active: true, token_type: bound ? 'DPoP' : 'Bearer', ...shown })
    return true
  }

  /** As the engine answers for opaque tokens: signed for the client that asks, where it asks for that. */
  async function answer(ctx: EngineContext, token_introspection: object): Promise<void> {
    if (!wantsSigned(ctx)) {
      ctx.body = token_introspection
      return
    }
    const token = new provider.IdToken({}, { ctx })
    token.set('token_introspection', token_introspection)
    ctx.body = await token.issue({ use: 'introspection' })
    ctx.type = `${SIGNED}; charset=utf-8`
  }

  /**
   * An opaque token is told of as a JWT is: what ends it is this server's own business, and a program on its own is its own
   * subject (RFC 9068 §2.2), without which some resource servers know nobody.
   */
  async function alignOpaque(ctx: EngineContext): Promise<void> {
    const { grant_id, exchanged_from, ...shown } = said(ctx.body) ?? {}
    const lacksSubject = shown['active'] === true && shown['sub'] === undefined
    if (lacksSubject) shown['sub'] = shown['client_id']
    if (lacksSubject || grant_id !== undefined || exchanged_from !== undefined) {
      await answer(ctx, shown)
    }
  }

  async function revoke(ctx: EngineContext, token: string, client: Client): Promise<boolean> {
    const claims = await jwtAccessTokens.read(token)
    if (claims && claims.client_id !== client.clientId) {
      const evidence = { check: 'client', expected: claims.client_id, found: client.clientId }
      refuse('revoke-foreign-token', evidence)
    }
    // An ID token is ours as well, and nothing that could be taken back (RFC 7009 §2.2.1).
    if (!claims && (await jwtAccessTokens.isOurs(token))) {
      const evidence = { check: 'token type', expected: 'an access or refresh token' }
      refuse('revoke-refused', { ...evidence, found: 'another JWT of this issuer' })
    }
    // RFC 7009 §2.2: a token that is not ours, or is already dead, is revoked as far as the client cares.
    if (claims) await jwtAccessTokens.revoke(claims)
    ctx.status = 200
    ctx.body = ''
    return claims !== undefined
  }

  /** Whether this answered, and whether there was such a token. */
  return async function answerForJwt(ctx: EngineContext): Promise<'no' | 'known' | 'unknown'> {
    const { client, route } = ctx.oidc
    if (route !== 'introspection' && route !== 'revocation') return 'no'
    const token = ctx.oidc.params?.['token']
    if (route === 'introspection') await alignOpaque(ctx)
    if (!client || typeof token !== 'string' || !refusedAsJwt(ctx)) return 'no'
    const respond = route === 'introspection' ? introspect : revoke
    return (await respond(ctx, token, client)) ? 'known' : 'unknown'
  }
}

/** Whether an answer, signed or not, is `active: false`. */
export function saysInactive(body: unknown): boolean {
  return said(body)?.['active'] === false
}

/** What an introspection answer says, signed (RFC 9701 §5) or not. */
function said(body: unknown): Record<string, unknown> | undefined {
  if (typeof body !== 'string') return body as Record<string, unknown> | undefined
  if (!body.startsWith('ey')) return undefined
  return decodeJwt<{ token_introspection?: Record<string, unknown> }>(body).token_introspection
}

/** Introspection as the protected API of this process asks for it: no client, no HTTP, the same answer. */
export function createIntrospect(provider: Provider) {
  return async function introspect(token: string): Promise<Record<string, unknown>> {
    // Opaque tokens have no dots. The other API's JWTs are not this one's business.
    if (token.includes('.')) return { active: false }
    const found =
      (await provider.AccessToken.find(token)) ?? (await provider.ClientCredentials.find(token))
    if (!found?.isValid || !(await standsOnGrant(provider, found))) return { active: false }
    const person = 'accountId' in found ? found.accountId : undefined
    return {
      active: true,
      iss: provider.issuer,
      sub: person ?? found.clientId,
      client_id: found.clientId,
      scope: found.scope,
      aud: found.aud,
      iat: found.iat,
      exp: found.exp,
      token_type: found.tokenType,
      ...(found.isSenderConstrained() && {
        cnf: { jkt: found.jkt, 'x5t#S256': found['x5t#S256'] },
      }),
      ...('grantId' in found && { grant_id: found.grantId }),
      ...found.extra,
      ...(found.jkt !== undefined && { cnf: { jkt: found.jkt } }),
    }
  }
}

/** Whether the family of a token is alive; what came of an exchange names it otherwise (token-exchange.ts). */
export async function standsOnGrant(
  provider: Provider,
  token: AccessToken | ClientCredentials,
): Promise<boolean> {
  if (!('grantId' in token) || (token.grantId as string | undefined) === undefined) return true
  const grant = await provider.Grant.find(token.grantId)
  if (!grant) return false
  return grant.clientId === token.clientId && grant.accountId === token.accountId
}
