/** A breakage, as data: how to turn a good request into one that is refused with one certain id. */
import type { Protection } from '../../refusals/challenge.ts'
import type { Mint } from '../mint.ts'
import { partsOf } from '../request.ts'
import type { Header, RequestParts } from '../request.ts'
import type { Answer } from '../send.ts'
import type { Batch } from '../throwaways.ts'
import type { Walk } from '../walk.ts'

/** `GET /api/notes` of a person who may read and write notes, and the tools to break it with. */
export type GoodRequest = RequestParts & {
  token: string
  /** The person of the token. */
  sub: string
  issuer: string
  mint: Mint
  /** Seconds since the epoch, by the clock of the API. */
  now: () => number
  /** Puts a key such as `jti:…` on the list of what no longer counts. */
  deny: (key: string, reason: string) => Promise<void>
  /** Ids, seen from this person: somebody else's private note, and one that is shared read-only. */
  notes: { foreign: () => Promise<string>; readOnly: () => Promise<string> }
}

/** What a breakage of the authorization server is prepared with: made-up people and clients, and their browsers. */
export type Workshop = {
  issuer: string
  batch: Batch
  /** A browser nobody has used yet. */
  walk: () => Walk
  /** Sends a request to this server. */
  exchange: (request: RequestParts) => Promise<Answer>
  /** A nonce for Digest that this server gave out so many seconds ago. */
  digestNonce: (secondsAgo: number) => string
}

/** What has to be wrong behind the servers while the request is answered. */
export type Fault =
  | 'keys out of reach'
  | 'keys unusable'
  | 'introspection out of reach'
  | 'introspection unusable'
  | 'unexpected error'
  /** The authorization server's own, where it keeps what it handed out. */
  | 'database out of reach'
  | 'storage broken'

export type Breakage = {
  request(good: GoodRequest, workshop: Workshop): RequestParts | Promise<RequestParts>
  faults?: readonly Fault[]
  /**
   * Who says no: the API (unless told), the server outside of it, its edge, before the request is known to be meant
   * for it; or the authorization server, to a program, by a redirect back to the app, or to a person by a page, or on
   * one of the screens of a sign-in. Apart from these, the addresses that ask for a password.
   */
  place?: 'api' | 'password' | 'outside' | 'edge' | 'endpoint' | 'redirect' | 'page' | 'screen'
  /** The scope of the operation that is refused; `notes:read` unless told. */
  scope?: string
  /** What else the challenge of the API depends on. */
  protection?: Partial<Protection>
  /** What the answer depends on, where it is not the usual for its place. */
  vary?: string
  /** Of a redirect: the answer stands in the fragment. */
  fragment?: true
  /** Of a redirect or a screen: which cookies are written. */
  cookies?: 'session' | 'resume'
  /** Of a screen: its form leads on to an app. */
  ofApp?: true
  /** The whole content, where it is none of the usual ones. */
  told?: { fields: [name: string, value: string][]; body: unknown }
  /** Fields of the answer besides those that every refusal with this id has. */
  headers?: Readonly<Record<string, string>>
  /** Members of the body besides those that every refusal has. */
  body?: Readonly<Record<string, unknown>>
  /** The answer comes when the server's time for a request is over. */
  slow?: boolean
}

export const withToken = (good: GoodRequest, token: string): RequestParts =>
  withAuthorization(good, `Bearer ${token}`)

/** Any number of Authorization lines in place of the good one. */
export const withAuthorization = (good: GoodRequest, ...values: string[]): RequestParts => ({
  ...partsOf(good),
  headers: [
    ...without(good.headers, 'authorization'),
    ...values.map((value): Header => ['Authorization', value]),
  ],
})

export function withBody(
  request: RequestParts,
  method: string,
  mediaType: string,
  body: string,
): RequestParts {
  const headers: Header[] = [
    ...without(request.headers, 'content-type'),
    ['Content-Type', mediaType],
  ]
  return { method, target: request.target, headers, body }
}

export const without = (headers: readonly Header[], name: string): Header[] =>
  headers.filter(([other]) => other.toLowerCase() !== name)
