/** Dynamic client registration and its management (RFC 7591, RFC 7592), as far as the engine leaves it to us. */
import { randomBytes } from 'node:crypto'
import type { Context } from 'koa'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { redirectUriFault } from '../directory/redirect-uri.ts'
import { MAX_ACCESS_TOKEN_LIFE, type Resources } from '../directory/resources.ts'
import { limitDocument } from './client-documents.ts'
import { DEVICE_CODE } from './client-payload.ts'
import { errors } from './engine.ts'
import { holdsControl } from './parameters.ts'

/** Members of client metadata that the engine passes through, or refuses by the check below. */
export const EXTRA_METADATA = [
  'require_pkce',
  'access_token_ttl',
  'resource_scopes',
  'audiences',
  'token_exchange',
  'may_act',
  'software_statement',
]

/** Only the operator, not whoever registers, says whose tokens a client may introspect or exchange, and what it may leave out. */
const OPERATORS_ONLY = new Set(['audiences', 'require_pkce', 'token_exchange', 'may_act'])

const REGISTRATION_ROUTES = new Set(['registration', 'client_update'])

const PEOPLES_GRANTS = new Set<unknown>(['authorization_code', DEVICE_CODE])

type Registered = Record<string, unknown> & {
  client_id?: string
  scope?: unknown
  grant_types?: unknown
  resource_scopes?: unknown
  application_type?: unknown
  jwks_uri?: unknown
  backchannel_logout_uri?: unknown
}

type CheckParts = { issuer: string; resources: Pick<Resources, 'all'> }

/** The engine asks this for each extra member, also where it is absent, and whenever it builds a client. */
export const createMetadataCheck = ({ issuer, resources }: CheckParts) =>
  function checkExtraMetadata(
    ctx: KoaContextWithOIDC | undefined,
    name: string,
    value: unknown,
    metadata: Registered,
  ): void {
    // A client of the directory was checked when it was added. A document is checked whenever it is read.
    const first = name === EXTRA_METADATA[0]
    const isNew =
      REGISTRATION_ROUTES.has(ctx?.oidc.route ?? '') || (first && limitDocument(metadata))
    if (!isNew) return
    if (first) {
      checkCharacters(metadata)
      checkResourceScopes(metadata)
      separateScopes(metadata, resources)
      checkRedirectUris(metadata, issuer)
      checkKeysAddress(metadata, issuer)
      checkLogoutUri(metadata, issuer)
    }
    if (metadata[name] === undefined) return
    if (name === 'software_statement') refuseStatement(value)
    if (OPERATORS_ONLY.has(name)) {
      throw new errors.InvalidClientMetadata(`${name} cannot be registered`)
    }
    if (name === 'access_token_ttl' && !isLife(value)) {
      const most = `at most ${MAX_ACCESS_TOKEN_LIFE}`
      throw new errors.InvalidClientMetadata(`access_token_ttl must be whole seconds, ${most}`)
    }
  }

/** In documents too, of which the check is asked nothing more after the first member. */
function checkResourceScopes({ resource_scopes: scopes }: Registered): void {
  if (scopes === undefined || typeof scopes === 'string') return
  throw new errors.InvalidClientMetadata('resource_scopes must be text')
}

/**
 * RFC 7591 §2: `scope` lists what the client can ask for, at APIs too. The engine knows the scopes of OpenID Connect alone and
 * refuses others, so those of APIs are kept where ours are.
 */
function separateScopes(metadata: Registered, resources: CheckParts['resources']): void {
  if (typeof metadata.scope !== 'string') return
  const ofApis = new Set(resources.all().flatMap(({ scopes }) => Object.keys(scopes)))
  const [theirs, rest]: [string[], string[]] = [[], []]
  for (const scope of metadata.scope.split(' ')) (ofApis.has(scope) ? theirs : rest).push(scope)
  if (theirs.length > 0 || metadata.resource_scopes === undefined) {
    metadata.resource_scopes = theirs.join(' ')
  }
  if (rest.length > 0) metadata.scope = rest.join(' ')
  // To the engine no list is all of OpenID Connect's scopes; this is the least that people can be asked for.
  else if (asksPeople(metadata)) metadata.scope = 'openid'
  else delete metadata.scope
}

/** Unless told, a client is for the code flow. */
const asksPeople = ({ grant_types: grants }: Registered): boolean =>
  !Array.isArray(grants) || grants.some((grant) => PEOPLES_GRANTS.has(grant))

/** What was sent as one list is told as one (RFC 7591 §3.2.1), and so can be sent back shorter (RFC 7592 §2.2). */
export function joinScopes(ctx: Context): void {
  const body = ctx.body as Record<string, unknown> | undefined
  if (!body || ctx.status >= 400 || typeof body['resource_scopes'] !== 'string') return
  body['scope'] = [body['scope'], body['resource_scopes']].filter(Boolean).join(' ')
  delete body['resource_scopes']
}

/** People are shown some of it, and browsers sent to some of it. */
function checkCharacters(metadata: Registered): void {
  const broken = Object.entries(metadata).find(([, value]) => holdsControl(value))
  if (broken) throw new errors.InvalidClientMetadata(`${broken[0]} has a control character`)
}

/** Stricter than the engine, which takes plain http everywhere for the code flow (RFC 8252 §7, RFC 9700 §2.1). */
function checkRedirectUris(metadata: Registered, issuer: string): void {
  const kind = metadata.application_type === 'native' ? 'native' : 'web'
  for (const name of ['redirect_uris', 'post_logout_redirect_uris']) {
    const uris = metadata[name]
    if (!Array.isArray(uris)) continue
    for (const uri of uris) {
      const fault = typeof uri === 'string' ? redirectUriFault(uri, issuer, kind) : 'not text'
      // The engine tells invalid_redirect_uri from invalid_client_metadata by the first word.
      if (fault !== undefined) throw new errors.InvalidClientMetadata(`${name} has ${fault}`)
    }
  }
}

/** What is revoked is remembered for as long as a token can live. */
const isLife = (value: unknown): boolean =>
  Number.isInteger(value) && Number(value) > 0 && Number(value) <= MAX_ACCESS_TOKEN_LIFE

/** Keys that came over plain http are whoever's sits in between; loopback has nobody in between. */
function checkKeysAddress({ jwks_uri }: Registered, issuer: string): void {
  const fault = typeof jwks_uri === 'string' ? redirectUriFault(jwks_uri, issuer) : undefined
  if (fault !== undefined) throw new errors.InvalidClientMetadata(`jwks_uri is ${fault}`)
}

/** Where this server itself will send to, so no less strict (OpenID Connect Back-Channel Logout 1.0 §2.2). */
function checkLogoutUri({ backchannel_logout_uri: uri }: Registered, issuer: string): void {
  const fault = typeof uri === 'string' ? redirectUriFault(uri, issuer) : undefined
  if (fault === undefined) return
  throw new errors.InvalidClientMetadata(`backchannel_logout_uri is ${fault}`)
}

/** RFC 7591 §2.3, §3.2.2: this server trusts nobody to make statements, but tells a broken one from a good one. */
function refuseStatement(statement: unknown): never {
  const segments = typeof statement === 'string' ? statement.split('.') : []
  try {
    const [, payload = ''] = segments
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iss?: unknown }
    if (segments.length !== 3 || typeof claims.iss !== 'string') throw new Error('no issuer')
  } catch {
    throw new errors.InvalidSoftwareStatement('the software_statement is no JWT with an issuer')
  }
  throw new errors.UnapprovedSoftwareStatement('no issuer of software statements is trusted here')
}

export const newClientId = (): string => `app-${randomBytes(9).toString('hex')}`
export const newClientSecret = (): string => randomBytes(32).toString('base64url')

/** What is stored of a secret is a fingerprint, which is nobody's business; RFC 7592 §3 lets the secret be left out. */
export function hideSecretFingerprint(ctx: Context): void {
  const body = ctx.body as Record<string, unknown> | undefined
  if (body && ctx.status < 400) delete body['client_secret']
}
