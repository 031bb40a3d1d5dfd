/** What a refusal must look like on the wire, written out, and compared as a whole. */
import type { ExecutionContext } from 'ava'
import { rowOf } from '../../src/refusals/catalogue.ts'
import type { RefusalId } from '../../src/refusals/catalogue.ts'
import { headerValue, headerValues } from '../helpers/raw-http.ts'
import type { RawResponse } from '../helpers/raw-http.ts'
import type { Api } from './api.ts'

type Expected = { status: number; challenges: string[]; description: string; error?: string }

/** A 401 without an error: the request had nothing to be judged. */
export const bare = ({ issuer }: Pick<Api, 'issuer'>, scope?: string): string =>
  [
    'Bearer realm="api"',
    ...(scope === undefined ? [] : [`scope="${scope}"`]),
    `resource_metadata="${issuer}/.well-known/oauth-protected-resource/api"`,
  ].join(', ')

/** A challenge with an error. */
export const withError = (
  { issuer }: Pick<Api, 'issuer'>,
  {
    id,
    error,
    description,
    scope,
  }: { id: string; error: string; description: string; scope?: string },
): string =>
  [
    `Bearer realm="api", error="${error}"`,
    ...(scope === undefined ? [] : [`scope="${scope}"`]),
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
): void {
  const error = 'invalid_token'
  const challenges = [withError(api, { id, error, description })]
  assertRefused(t, api, response, id, { status: 401, challenges, description, error })
}
