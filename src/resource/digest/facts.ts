/** What the checks of Digest judge by: plain data, without the response and without a query. */
import type { AttemptFacts } from '../attempts.ts'
import type { AuthorizationFacts } from '../credentials.ts'
import type { DigestFault } from './credentials.ts'

export type DigestFacts = {
  readonly scheme: 'Digest'
  /** When the call is judged: seconds since the epoch, with a fraction. */
  readonly time: number
  readonly wanted: {
    readonly realm: string
    /** Seconds. */
    readonly nonceLife: number
  }
  authorization: AuthorizationFacts | undefined
  credentials:
    | { outcome: 'parsed'; user: string; named: 'by name' | 'by hash'; realm: string; nc: string }
    | ({ outcome: 'malformed' } & DigestFault)
    | undefined
  uri: { outcome: 'same' } | { outcome: 'another'; expected: string; found: string } | undefined
  opaque: 'ours' | 'another' | undefined
  /** `issuedAt`: seconds since the epoch. */
  nonce: { outcome: 'ours'; issuedAt: number } | { outcome: 'another' } | undefined
  attempts: AttemptFacts | undefined
  person: 'known' | 'unknown' | 'without Digest' | 'disabled' | undefined
  response: 'right' | 'wrong' | undefined
  /** Whether the nonce count is higher than all before it. */
  count: 'higher' | 'used' | undefined
}

export const noDigestFacts = (
  time: DigestFacts['time'],
  wanted: DigestFacts['wanted'],
): DigestFacts => ({
  scheme: 'Digest',
  time,
  wanted,
  authorization: undefined,
  credentials: undefined,
  uri: undefined,
  opaque: undefined,
  nonce: undefined,
  attempts: undefined,
  person: undefined,
  response: undefined,
  count: undefined,
})
