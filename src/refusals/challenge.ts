/** Every `WWW-Authenticate` line this server sends (RFC 6750 §3, RFC 9449 §7.1, RFC 9470 §3, RFC 9728 §5.1, RFC 7617 §2, RFC 7616 §3.3). */
import { formatChallenge, type ChallengeParam } from '../lib/http-auth.ts'
import { rowOf, type RefusalId, type Row, type Scheme } from './catalogue.ts'

/** How an address is protected, and what of the request a challenge depends on. Never changed once it is in use. */
export type Protection = Readonly<{
  realm: string
  schemes: readonly Scheme[]
  /** The scopes this operation needs, space-separated; absent where any token will do. */
  scope?: string
  /** The address of the resource metadata, from settings and never from the request. */
  resourceMetadata?: string
  /** What the client authenticated with; the error rides on that scheme. `both`: it sent both. Bearer unless told. */
  usedScheme?: 'Bearer' | 'DPoP' | 'both'
  acrValues?: string
  /** Seconds. */
  maxAge?: number
  /** What Digest offers this one request; without it there is no Digest challenge. */
  digest?: Readonly<{
    nonce: string
    opaque: string
    /** The credentials were right, only the nonce is old or its count was used: the client need not ask the person. */
    stale?: boolean
  }>
  /** Where this refusal is explained; sent with an error code only. */
  errorUri?: string
  /** The token was refused before its signature was verified, so the answer does not say why. */
  unproven?: boolean
}>

/** What a stranger may know about a token nobody vouches for. */
const UNPROVEN = rowOf('token-bad-signature').description

/** The row's description, or less than that. */
export const descriptionFor = (
  { error, description }: Pick<Row, 'error' | 'description'>,
  { unproven = false }: Pick<Protection, 'unproven'> = {},
): string => (unproven && error === 'invalid_token' ? UNPROVEN : description)

/** Bearer first: some clients only read a value that begins with it. */
const ORDER: readonly Scheme[] = ['Bearer', 'DPoP', 'Digest', 'Basic']

/** Signature algorithms of DPoP proofs (RFC 9449 §7.1). */
export const PROOF_ALGORITHMS: readonly string[] = ['ES256', 'EdDSA']

const ALGS = PROOF_ALGORITHMS.join(' ')

/** Codes whose remedy is a token with the scopes named beside them. */
const NAMES_SCOPE = new Set(['insufficient_scope', 'insufficient_user_authentication'])

/** One item per header line; empty where no challenge is due (RFC 9110 §11.6.1). */
export const challengesFor = (id: RefusalId, protection: Protection): string[] =>
  challengesOf(rowOf(id), protection)

export function challengesOf(
  row: Pick<Row, 'status' | 'schemes' | 'error' | 'description'>,
  protection: Protection,
): string[] {
  const { schemes, realm, digest } = protection
  const offered = ORDER.filter((scheme) => row.schemes.includes(scheme) && schemes.includes(scheme))
  const carriers = carriersOf(row, offered, protection.usedScheme)
  return offered.flatMap((scheme) => {
    if (scheme === 'Basic') return formatChallenge(scheme, basicParams(realm))
    if (scheme === 'Digest')
      return digest ? formatChallenge(scheme, digestParams(realm, digest)) : []
    const params = carriers.includes(scheme)
      ? errorParams(row, protection)
      : invitationParams(row, protection)
    return formatChallenge(scheme, inOrder(params, scheme))
  })
}

/** The schemes whose line carries the error code. */
function carriersOf(
  { error }: Pick<Row, 'error'>,
  offered: readonly Scheme[],
  used: Protection['usedScheme'] = 'Bearer',
): readonly Scheme[] {
  const able = offered.filter((scheme) => scheme === 'Bearer' || scheme === 'DPoP')
  if (error === undefined) return []
  if (used === 'both') return able
  return able.includes(used) ? [used] : able.slice(0, 1)
}

type Params = Partial<Record<ParamName, string>>
type ParamName = (typeof PARAM_ORDER)[number]

/** What machines read comes before free text: some clients take the first `scope=` they find. */
const PARAM_ORDER = [
  'realm',
  'error',
  'scope',
  'acr_values',
  'max_age',
  'algs',
  'resource_metadata',
  'error_description',
  'error_uri',
] as const

/** RFC 7617 §2, §2.1: these two and nothing else. */
const basicParams = (realm: string): ChallengeParam[] => [
  ['realm', realm],
  ['charset', 'UTF-8'],
]

/** RFC 7616 §3.3 says which of them are quoted and which never. */
function digestParams(
  realm: string,
  { nonce, opaque, stale = false }: NonNullable<Protection['digest']>,
): ChallengeParam[] {
  return [
    ['realm', realm],
    ['qop', 'auth'],
    ['algorithm', 'SHA-256', false],
    ['nonce', nonce],
    ['opaque', opaque],
    ['charset', 'UTF-8', false],
    ['userhash', 'true', false],
    ...(stale ? [['stale', 'true', false] as const] : []),
  ]
}

function inOrder(params: Params, scheme: Scheme): ChallengeParam[] {
  const all: Params = scheme === 'DPoP' ? { ...params, algs: ALGS } : params
  return PARAM_ORDER.flatMap((name): ChallengeParam[] => {
    const value = all[name]
    return value === undefined ? [] : [[name, value]]
  })
}

/** Tells how to get in, without an error. A 403 offers nothing, as no other credential would help. */
function invitationParams(
  row: Pick<Row, 'status' | 'error'>,
  { realm, scope, resourceMetadata }: Protection,
): Params {
  if (row.status === 403 && row.error === undefined) return { realm }
  return {
    realm,
    ...(scope !== undefined && { scope }),
    ...(resourceMetadata !== undefined && { resource_metadata: resourceMetadata }),
  }
}

function errorParams(row: Pick<Row, 'error' | 'description'>, protection: Protection): Params {
  const { error } = row
  const { realm, scope, acrValues, maxAge, resourceMetadata, errorUri } = protection
  if (error === undefined) return { realm }
  const stepUp = error === 'insufficient_user_authentication'
  return {
    realm,
    error,
    ...(scope !== undefined && NAMES_SCOPE.has(error) && { scope }),
    ...(acrValues !== undefined && stepUp && { acr_values: acrValues }),
    ...(maxAge !== undefined && stepUp && { max_age: String(maxAge) }),
    ...(resourceMetadata !== undefined && { resource_metadata: resourceMetadata }),
    error_description: descriptionFor(row, protection),
    ...(errorUri !== undefined && { error_uri: errorUri }),
  }
}
