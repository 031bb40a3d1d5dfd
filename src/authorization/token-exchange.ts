/**
 * Token exchange (RFC 8693): a client that may do so trades a person's access token for one of its own, for the same
 * person and no more scope and no longer life. `act` tells who acts; the new token dies with the family of the old one.
 */
import type { Provider, TokenEndpointGrantContext } from 'oidc-provider'
import {
  buildTokenResponse,
  checkDpopReplay,
  resolveRequestedResources,
  validateDpop,
} from 'oidc-provider/lib/helpers/grants.js'
import type { Clock } from '../lib/clock.ts'
import { errors } from './engine.ts'
import type { AccessTokenClaims, JwtAccessTokens } from './jwt-access-token.ts'

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'

const PARAMETERS = [
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
  'requested_token_type',
  'audience',
  'scope',
]

type Parts = { provider: Provider; jwtAccessTokens: JwtAccessTokens; clock: Clock }

/** What was exchanged in the request at hand, for the claims of the new token (token-shape.ts). */
const exchanged = new WeakMap<object, AccessTokenClaims>()
export const exchangedIn = (ctx: object): AccessTokenClaims | undefined => exchanged.get(ctx)

export function registerTokenExchange({ provider, jwtAccessTokens, clock }: Parts): void {
  /** RFC 8693 §2.2.2: whatever is wrong with the subject token is invalid_request. */
  const requireSubject = async (
    ctx: TokenEndpointGrantContext,
    thumbprint: string | undefined,
  ): Promise<AccessTokenClaims> => {
    const { subject_token: token, subject_token_type: type } = ctx.oidc.params
    if (typeof token !== 'string' || typeof type !== 'string') {
      throw new errors.InvalidRequest('subject_token and subject_token_type are required')
    }
    if (type !== ACCESS_TOKEN && type !== JWT) notValid('a type that is not taken')
    const claims = await jwtAccessTokens.find(token)
    if (!claims) return notValid((await jwtAccessTokens.why(token)) ?? 'not a token of ours')
    if (claims.sub === claims.client_id) notValid('a token of a client for itself')
    // A bound token is worth nothing without its key (RFC 9449 §7).
    if (claims.cnf?.jkt !== undefined && claims.cnf.jkt !== thumbprint) notValid('bound to a key')
    return claims
  }

  async function handler(ctx: TokenEndpointGrantContext): Promise<void> {
    const { params, client } = ctx.oidc
    const requested = params['requested_token_type']
    if (requested !== undefined && requested !== ACCESS_TOKEN && requested !== JWT) {
      throw new errors.InvalidRequest('requested_token_type is not one that is issued here')
    }
    if (params['actor_token'] !== undefined) {
      throw new errors.InvalidRequest('actor_token is not taken: the actor is the client itself')
    }
    const proof = await validateDpop(provider, ctx)
    const subject = await requireSubject(ctx, proof?.thumbprint)
    params['resource'] ??= params['audience'] as string | undefined
    if (params['resource'] === undefined && params['scope'] === undefined) {
      params['scope'] = subject.scope
    }
    const [server, ...others] = await resolveRequestedResources(provider, ctx)
    if (!server || others.length > 0)
      throw new errors.InvalidTarget('exactly one resource is needed')

    const granted = subject.scope?.split(' ') ?? []
    const asked = typeof params['scope'] === 'string' ? params['scope'].split(' ') : granted
    const excess = asked.filter((scope) => !granted.includes(scope))
    if (params['scope'] !== undefined && excess.length > 0) {
      throw new errors.InvalidScope('more scope than the subject_token has', excess.join(' '))
    }
    const ofServer = new Set(server.scope.split(' '))
    const token = new provider.AccessToken({
      accountId: subject.sub,
      client,
      grantId: subject.grant_id ?? '',
      gty: 'token_exchange',
    })
    token.resourceServer = server
    token.scope = asked.filter((scope) => ofServer.has(scope)).join(' ')
    const left = subject.exp - clock.seconds()
    if (token.expiration > left) Object.assign(token, { expiresIn: Math.max(1, left) })
    if (proof) {
      await checkDpopReplay(provider, ctx, proof, client.clientId, errors.InvalidDpopProof)
      token.setThumbprint('jkt', proof.thumbprint)
    }
    exchanged.set(ctx, subject)
    ctx.oidc.entity('AccessToken', token)
    ctx.body = buildTokenResponse(provider, {
      accessToken: await token.save(),
      tokenType: token.tokenType,
      expiresIn: token.expiration,
      scope: token.scope,
      issuedTokenType: ACCESS_TOKEN,
    })
  }

  provider.registerGrantType(TOKEN_EXCHANGE, handler, [...PARAMETERS, 'resource'])
}

function notValid(found: string): never {
  throw new errors.InvalidRequest('the subject_token is not valid', undefined, { detail: found })
}

/** RFC 8693 §4.1: who acts for the person, and before it whoever did so in the token that was exchanged. */
export const actorClaim = (actor: string, subject: AccessTokenClaims): object => ({
  sub: actor,
  ...(subject['act'] !== undefined && { act: subject['act'] }),
})
