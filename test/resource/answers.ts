/** What a refusal must look like on the wire, written out, and compared as a whole. */
import type { ExecutionContext } from 'ava'
import { rowOf } from '../../src/refusals/catalogue.ts'
import type { RefusalId } from '../../src/refusals/catalogue.ts'
import { headerValue, headerValues } from '../helpers/raw-http.ts'
import type { RawResponse } from '../helpers/raw-http.ts'
import type { Api } from './api.ts'

type Expected = { status: number; challenges: string[]; description: string; error?: string }

type Scheme = 'Bearer' | 'DPoP'
type Issuer = Pick<Api, 'issuer'>

/** A 401 without an error: the request had nothing to be judged. One line a scheme. */
export const bare = (api: Issuer, scope?: string): string[] => [
  invitation(api, 'Bearer', scope),
  invitation(api, 'DPoP', scope),
]

const invitation = ({ issuer }: Issuer, scheme: Scheme, scope?: string): string =>
  [
    `${scheme} realm="api"`,
    ...(scope === undefined ? [] : [`scope="${scope}"`]),
    ...(scheme === 'DPoP' ? ['algs="ES256 EdDSA"'] : []),
    `resource_metadata="${issuer}/.well-known/oauth-protected-resource/api"`,
  ].join(', ')

type WithError = {
  id: string
  error: string
  description: string
  /** Of the operation. The error names it where a token with more of it is the remedy. */
  scope?: string
  /** `acr_values` and `max_age`, as they are written. */
  stepUp?: string
  /** What the client used; the other line stays an invitation. */
  on?: Scheme | 'both'
}

/** Challenges with an error. */
export function withError(api: Issuer, { on = 'Bearer', ...told }: WithError): string[] {
  return (['Bearer', 'DPoP'] as const).map((scheme) =>
    on === 'both' || on === scheme
      ? errorLine(api, scheme, told)
      : invitation(api, scheme, told.scope),
  )
}

const NAMES_SCOPE = ['insufficient_scope', 'insufficient_user_authentication']

const errorLine = (
  { issuer }: Issuer,
  scheme: Scheme,
  { id, error, description, scope, stepUp }: Omit<WithError, 'on'>,
): string =>
  [
    `${scheme} realm="api", error="${error}"`,
    ...(scope !== undefined && NAMES_SCOPE.includes(error) ? [`scope="${scope}"`] : []),
    ...(stepUp === undefined ? [] : [stepUp]),
    ...(scheme === 'DPoP' ? ['algs="ES256 EdDSA"'] : []),
    `resource_metadata="${issuer}/.well-known/oauth-protected-resource/api"`,
    `error_description="${description}"`,
    `error_uri="${issuer}/refusals/${id}"`,
  ].join(', ')

export const GENERIC = 'The access token is not valid'

/** Status, challenges, caching, media type and every member of the body. */
export function assertRefused(
  t: ExecutionContext,
  api: Pick<Api, 'issuer'>,
  response: RawResponse,
  id: RefusalId,
  { status, challenges, description, error }: Expected,
): void {
  const requestId = headerValue(response, 'X-Request-Id') ?? ''
  t.deepEqual(
    {
      status: response.status,
      challenges: headerValues(response, 'WWW-Authenticate'),
      type: headerValue(response, 'Content-Type'),
      caching: headerValue(response, 'Cache-Control'),
      body: JSON.parse(response.body) as unknown,
    },
    {
      status,
      challenges,
      type: 'application/problem+json',
      caching: 'no-store',
      body: {
        type: `${api.issuer}/refusals/${id}`,
        title: rowOf(id).title,
        status,
        detail: description,
        ...(error !== undefined && { error }),
        instance: `${api.issuer}/doctor/${requestId}`,
      },
    },
  )
}

/** Any refusal of a token: one answer, whose words are told where the signature was good. */
export function assertInvalidToken(
  t: ExecutionContext,
  api: Pick<Api, 'issuer'>,
  response: RawResponse,
  id: RefusalId,
  description: string = GENERIC,
  on: Scheme = 'Bearer',
): void {
  const error = 'invalid_token'
  const challenges = withError(api, { id, error, description, on })
  assertRefused(t, api, response, id, { status: 401, challenges, description, error })
}
