/**
 * Token exchange (RFC 8693): a client whose registration allows it trades a person's access token for one of its own,
 * for the same person, with no more scope and no longer life. With an actor_token the new one says who acts
 * (delegation), without one it does not (impersonation). It ends with the family of the old token, and with that
 * token itself, as far back as exchanges go.
 */
import type { Provider, TokenEndpointGrantContext } from 'oidc-provider'
import {
  buildTokenResponse,
  checkDpopReplay,
  checkDpopRequired,
  checkMtlsCert,
  resolveRequestedResources,
  validateDpop,
} from 'oidc-provider/lib/helpers/grants.js'
import { denialKeys, type Denylist } from '../db/denylist.ts'
import type { Accounts } from '../directory/accounts.ts'
import type { Clients } from '../directory/clients.ts'
import { TOKEN_EXCHANGE, type ExchangePolicy } from '../directory/exchange-policy.ts'
import type { Resources } from '../directory/resources.ts'
import type { Clock } from '../lib/clock.ts'
import { refuse } from '../refusals/refusal.ts'
import { clientCertificateOf } from '../web/http-edge/client-certificate.ts'
import { errors } from './engine.ts'
import type { JwtAccessTokens } from './jwt-access-token.ts'
import { requireAllowed, requirePolicy, type Party } from './token-exchange/policy.ts'
import {
  ACCESS_TOKEN,
  createTokenReader,
  JWT,
  type ExchangeableClaims,
  type Proven,
} from './token-exchange/tokens.ts'

const PARAMETERS = [
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
  'requested_token_type',
  'resource',
  'audience',
  'scope',
]

/** RFC 8693 §2.1: these may stand there more than once. */
const REPEATABLE = ['resource', 'audience']

type ResourceServer = InstanceType<Provider['ResourceServer']>

type Parts = {
  provider: Provider
  jwtAccessTokens: JwtAccessTokens
  accounts: Accounts
  clients: Clients
  resources: Resources
  denylist: Denylist
  clock: Clock
}

/** What of the old token stands in the one that the request at hand is given (token-shape.ts). */
const carried = new WeakMap<object, Record<string, unknown>>()
export const carriedIn = (ctx: object): Record<string, unknown> | undefined => carried.get(ctx)

export function registerTokenExchange(parts: Parts): void {
  const { provider, clients, resources, clock } = parts
  const readToken = createTokenReader(parts)

  async function handler(ctx: TokenEndpointGrantContext): Promise<void> {
    const { params, client } = ctx.oidc
    const policy = await requirePolicy(clients, client.clientId)
    checkTypes(params)
    const proof = await validateDpop(provider, ctx)
    checkDpopRequired(provider, ctx, proof)
    const certificate = checkMtlsCert(provider, ctx)
    const proven = {
      jkt: proof?.thumbprint,
      certificate: clientCertificateOf(ctx)?.thumbprint,
    }
    const subject = await requireSubject(params, proven)
    const actor = await requireActor(params, client, proven)
    await requireAllowed(clients, policy, { client: client.clientId, subject, actor })
    const server = await requireTarget(ctx, policy, subject)
    const scope = narrowed(params.scope, subject, server)
    const atHome = audiencesOf(subject).includes(server.audience ?? '')
    if (scope === '' && !atHome) {
      throw new errors.InvalidTarget('the subject_token has no scope at this resource')
    }

    const token = new provider.AccessToken({
      accountId: subject.sub,
      client,
      // The Grant is another client's; what the engine asks it, `endWithTheirOrigin` asks the denylist.
      grantId: undefined as unknown as string,
      gty: 'token_exchange',
      ...(atHome && { rar: subject.authorization_details as never }),
    })
    token.resourceServer = server
    token.scope = scope
    const left = subject.exp - clock.seconds()
    if (token.expiration > left) Object.assign(token, { expiresIn: Math.max(1, left) })
    if (proof) {
      await checkDpopReplay(provider, ctx, proof, client.clientId, errors.InvalidDpopProof)
      token.setThumbprint('jkt', proof.thumbprint)
    }
    if (certificate) token.setThumbprint('x5t', certificate)
    carried.set(ctx, carriedOver(subject, actor))
    ctx.oidc.entity('AccessToken', token)
    ctx.body = buildTokenResponse(provider, {
      accessToken: await token.save(),
      tokenType: token.tokenType,
      expiresIn: token.expiration,
      scope: scope || undefined,
      issuedTokenType: params['requested_token_type'] === JWT ? JWT : ACCESS_TOKEN,
      authorizationDetails: token.rar,
    })
  }

  async function requireSubject(
    { subject_token: token, subject_token_type: type }: Record<string, unknown>,
    proven: Proven,
  ): Promise<ExchangeableClaims> {
    const read = await readToken(text(token), text(type), proven)
    if ('fault' in read) refuse('exchange-subject-invalid', subjectEvidence(read.fault))
    const { claims } = read
    // A client's own token stands for nobody whom another client could act for.
    if (claims.sub === claims.client_id) {
      refuse('exchange-subject-invalid', subjectEvidence('a token of a client for itself'))
    }
    return claims
  }

  /** One who acts is known by a token of theirs that was issued to this client, or is meant for it. */
  async function requireActor(
    { actor_token: token, actor_token_type: type }: Record<string, unknown>,
    client: { clientId: string },
    proven: Proven,
  ): Promise<Party | undefined> {
    if (token === undefined) return undefined
    const read = await readToken(text(token), text(type), proven)
    const expected = 'a token of this server that is alive'
    if ('fault' in read) {
      refuse('exchange-actor-invalid', { check: 'actor_token', expected, found: read.fault })
    }
    const { sub, client_id } = read.claims
    const serverOf = (await clients.find(client.clientId))?.metadata.audiences ?? []
    const meant = audiencesOf(read.claims).some((audience) => serverOf.includes(audience))
    if (client_id !== client.clientId && !meant) {
      const evidence = { check: 'actor_token', expected: 'issued to this client, or meant for it' }
      refuse('exchange-actor-invalid', { ...evidence, found: client_id })
    }
    return { sub, client_id }
  }

  /** `resource` and `audience` name the same things here: identifiers of resources. */
  async function requireTarget(
    ctx: TokenEndpointGrantContext,
    policy: ExchangePolicy,
    subject: ExchangeableClaims,
  ): Promise<ResourceServer> {
    const { params } = ctx.oidc
    const asked = [params.resource, params['audience'] as string | string[] | undefined].flat()
    const own = audiencesOf(subject).filter((audience) => resources.byIdentifier(audience))
    const named = asked.filter((one) => one !== undefined)
    const [target, ...others] = new Set(named.length > 0 ? named : own)
    if (target === undefined || others.length > 0) {
      throw new errors.InvalidTarget('exactly one resource is needed')
    }
    if (!policy.audiences.includes(target)) {
      throw new errors.InvalidTarget('the client may not exchange tokens for this resource')
    }
    params.resource = target
    const [server] = await resolveRequestedResources(provider, ctx)
    if (!server) throw new errors.InvalidTarget()
    const { requested_token_type: requested } = params
    if (requested === JWT && resources.byIdentifier(target)?.format !== 'jwt') {
      const evidence = { check: 'requested_token_type', expected: ACCESS_TOKEN, found: JWT }
      refuse('token-invalid-request', evidence)
    }
    return server
  }

  provider.registerGrantType(TOKEN_EXCHANGE, handler, PARAMETERS, REPEATABLE)
  endWithTheirOrigin(parts)
}

/** RFC 8693 §2.1: each token comes with its type, and a type with its token. */
function checkTypes(params: Readonly<Record<string, unknown>>): void {
  const missing = (expected: string): never =>
    refuse('token-invalid-request', { check: 'parameters', expected, found: 'no such parameter' })
  if (params['subject_token'] === undefined) missing('subject_token')
  if (params['subject_token_type'] === undefined) missing('subject_token_type')
  if (params['actor_token'] === undefined) {
    if (params['actor_token_type'] !== undefined) missing('actor_token')
  } else if (params['actor_token_type'] === undefined) missing('actor_token_type')
  const requested = params['requested_token_type']
  if (requested !== undefined && requested !== ACCESS_TOKEN && requested !== JWT) {
    refuse('token-invalid-request', {
      check: 'requested_token_type',
      expected: [ACCESS_TOKEN, JWT],
      found: 'another',
    })
  }
}

/** What was asked for, whole or not at all; else all that the old token, the resource and the client have in common. */
function narrowed(
  asked: string | undefined,
  subject: ExchangeableClaims,
  server: ResourceServer,
): string {
  const ofServer = new Set(server.scope.split(' '))
  const possible = (subject.scope?.split(' ') ?? []).filter((scope) => ofServer.has(scope))
  const wanted = asked?.split(' ').filter(Boolean)
  const excess = wanted?.filter((scope) => !possible.includes(scope)) ?? []
  if (excess.length > 0) {
    throw new errors.InvalidScope('more scope than the subject_token has', excess.join(' '))
  }
  return (wanted ?? possible).join(' ')
}

/** How the person signed in, the family, whoever acts or may act, and what it came from. */
function carriedOver(
  subject: ExchangeableClaims,
  actor: Party | undefined,
): Record<string, unknown> {
  const { act, may_act, auth_time, acr, grant_id, exchanged_from = [], jti } = subject
  // Who acted before is not washed away by an impersonation.
  const acting = actor ? { sub: actor.sub, ...(act && { act }) } : act
  const all = { auth_time, acr, grant_id, act: acting, may_act }
  const known = Object.entries(all).filter(([, value]) => value !== undefined)
  return { ...Object.fromEntries(known), exchanged_from: [...exchanged_from, jti] }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const audiencesOf = ({ aud }: ExchangeableClaims): string[] => [aud ?? []].flat()

const subjectEvidence = (found: string) => ({
  check: 'subject_token',
  expected: 'an access token of a person, of this server and alive',
  found,
})

/** The engine types give its classes no `find` that can be replaced. */
type AccessTokenModel = {
  find(value: string, options?: object): Promise<InstanceType<Provider['AccessToken']> | undefined>
}

/** An opaque token that came of an exchange is refused as a JWT is: by what it carries of the old one. */
function endWithTheirOrigin({ provider, denylist }: Pick<Parts, 'provider' | 'denylist'>): void {
  const model = provider.AccessToken as unknown as AccessTokenModel
  const find = model.find.bind(model)
  model.find = async (value, options) => {
    const token = await find(value, options)
    if (token?.extra?.['exchanged_from'] === undefined) return token
    const claims = { ...token.extra, sub: token.accountId, client_id: token.clientId }
    return (await denylist.find(denialKeys(claims), token.iat)) ? undefined : token
  }
}
