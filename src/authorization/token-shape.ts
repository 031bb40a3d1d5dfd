/** What stands in our JWT access tokens beside what the engine writes (RFC 9068 §2.2), and userinfo for them. */
import type {
  AccessToken,
  ClientCredentials,
  JWTStructured,
  KoaContextWithOIDC,
  Provider,
} from 'oidc-provider'
import type { EngineContext } from './engine-context.ts'
import type { AccessTokenClaims, JwtAccessTokens } from './jwt-access-token.ts'
import type { Clients } from '../directory/clients.ts'
import { scopeOfClaim } from './requested-claims.ts'
import { carriedIn } from './token-exchange.ts'

/**
 * Adds the family (`grant_id`), how and when the person signed in, and, where OpenID Connect's scopes were granted
 * too, these scopes and userinfo as a second audience: most clients use one token for both.
 */
export function shapeAccessToken(options: { userinfo: string }) {
  return (
    rawContext: KoaContextWithOIDC,
    token: AccessToken | ClientCredentials,
    jwt: JWTStructured,
  ): void => {
    const ctx = rawContext as EngineContext
    const { RefreshToken, AuthorizationCode, DeviceCode } = ctx.oidc.entities
    const source = RefreshToken ?? AuthorizationCode ?? DeviceCode
    const { payload } = jwt
    if (!('grantId' in token) || !source) return
    payload['grant_id'] = token.grantId
    payload['auth_time'] = source.authTime
    payload['acr'] = source.acr
    const grant = ctx.oidc.entities.Grant
    const asked = ctx.oidc.params?.['grant_type'] === 'refresh_token' && ctx.oidc.params['scope']
    const scopes = asked ? ctx.oidc.requestParamScopes : source.scopes
    const openid = grant?.getOIDCScopeFiltered(scopes) ?? ''
    if (!openid.split(' ').includes('openid')) return
    payload['aud'] = [payload['aud'], options.userinfo].flat()
    payload['scope'] = [openid, token.scope].filter(Boolean).join(' ')
    // Names alone, and those we know: what userinfo is to tell beyond the scopes (OpenID Connect Core 1.0 §5.5).
    const further = Object.keys(source.claims?.userinfo ?? {}).filter(scopeOfClaim)
    if (further.length > 0) payload['userinfo_claims'] = further
    // The token response repeats the token's scope (RFC 6749 §5.1).
    token.scope = payload['scope'] as string
  }
}

/** Of JWTs and of opaque tokens: what an exchange carries over (RFC 8693 §4), and who may act with them (§4.4). */
export const furtherClaims =
  (clients: Clients) =>
  async (
    ctx: KoaContextWithOIDC,
    token: AccessToken | ClientCredentials,
  ): Promise<Record<string, unknown> | undefined> => {
    const carried = carriedIn(ctx)
    if (!('accountId' in token)) return undefined
    const actor = (await clients.find(token.clientId ?? ''))?.metadata.may_act
    return { ...(actor !== undefined && { may_act: { sub: actor } }), ...carried }
  }

/** The engine's types give its classes no `find` that can be replaced. */
type AccessTokenModel = {
  new (payload: Record<string, unknown>): AccessToken
  find(value: string, options?: { ignoreExpiration?: boolean }): Promise<AccessToken | undefined>
}

/** Lets the engine's userinfo endpoint find our JWT access tokens as it finds its opaque ones. */
export function openUserinfoToJwts(
  provider: Provider,
  jwtAccessTokens: JwtAccessTokens,
  userinfo: string,
): void {
  const model = provider.AccessToken as unknown as AccessTokenModel
  const findOpaque = model.find.bind(model)
  model.find = async (value, options) => {
    const claims = await jwtAccessTokens.find(value)
    return claims ? toModel(claims) : findOpaque(value, options)
  }

  function toModel(claims: AccessTokenClaims): AccessToken {
    const forUserinfo = [claims.aud].flat().includes(userinfo)
    return new model({
      accountId: claims.sub,
      clientId: claims.client_id,
      grantId: claims.grant_id,
      scope: claims.scope,
      claims: {
        userinfo: Object.fromEntries((claims.userinfo_claims ?? []).map((n) => [n, null])),
      },
      iat: claims.iat,
      exp: claims.exp,
      jti: claims.jti,
      ...(claims.cnf?.jkt !== undefined && { jkt: claims.cnf.jkt }),
      ...(claims.cnf?.['x5t#S256'] !== undefined && { 'x5t#S256': claims.cnf['x5t#S256'] }),
      // The engine refuses at userinfo every token that has an audience.
      ...(!forUserinfo && { aud: claims.aud }),
    })
  }
}
