/**
 * Which signing key stands where, at a given moment: waiting, signing, or taken out of use. Nothing but the times in
 * the database decides, so every process says the same without a word to the others.
 */
import { MAX_ACCESS_TOKEN_LIFE } from '../../directory/resources.ts'
import { SESSION_LIFE } from '../session-storage.ts'

/**
 * RS256 signs the ID tokens of clients that did not ask for another (OIDC Core §15.1), ES256 access tokens; what
 * clients register for is signed with any of them.
 */
export const SIGNING_ALGORITHMS = ['ES256', 'RS256', 'PS256', 'EdDSA'] as const

export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number]

/**
 * Seconds that a key is published before it signs. Our answer may be kept for one minute, and verifiers that fetch
 * again when they meet an unknown key do so after one minute (openid-client), or keep a set for five.
 */
export const PUBLISH_AHEAD = 300

/** Seconds that a key is published after it signed last: no token that others verify lives longer; an hour is spare. */
export const PUBLISH_AFTER = MAX_ACCESS_TOKEN_LIFE + 3600

/** Seconds that it is known to us after that: an ID token says at sign-out who signs out, long after it expired. */
export const KNOWN_AFTER = SESSION_LIFE + 3600

export type KeyTimes = {
  kid: string
  alg: string
  /** When it was made, and published. */
  createdAt: Date
  /** When it begins to sign; absent: not decided. */
  signsFrom: Date | null
}

/**
 * `next`: published, and signs nothing yet. `current`: signs. `retired`: published, as what it signed may still be
 * alive. `kept`: published no more, and known for what is said at sign-out (`id_token_hint`).
 */
export type KeyState = 'next' | 'current' | 'retired' | 'kept'

export type Standing = {
  kid: string
  alg: string
  state: KeyState
  /** When this state began. Milliseconds since the epoch, as all times here. */
  since: number
  /** When it ends; absent where nobody has decided. */
  until?: number
}

/** Those of each algorithm: the one that signs, then the older ones, then those that wait. Over ones are left out. */
export function standingsAt(now: number, keys: readonly KeyTimes[]): Standing[] {
  const algorithms = Map.groupBy(keys, ({ alg }) => alg)
  return [...algorithms.values()].flatMap((ofOne) => standingsOfOne(now, ofOne))
}

function standingsOfOne(now: number, keys: readonly KeyTimes[]): Standing[] {
  const chosen = keys
    .flatMap(({ kid, alg, createdAt, signsFrom }) =>
      signsFrom ? [{ kid, alg, made: createdAt.getTime(), from: signsFrom.getTime() }] : [],
    )
    .toSorted((a, b) => b.from - a.from || (a.kid < b.kid ? -1 : 1))
  // A clock that stands before them all leaves the first one: something has to sign.
  const started = chosen.some(({ from }) => from <= now)
    ? chosen.filter(({ from }) => from <= now)
    : chosen.slice(-1)
  const pending = chosen.filter((key) => !started.includes(key))
  const [current, ...older] = started

  const waiting = [
    ...pending.map(({ kid, alg, made, from }): Standing => {
      return { kid, alg, state: 'next', since: made, until: from }
    }),
    ...keys.flatMap(({ kid, alg, createdAt, signsFrom }): Standing[] =>
      signsFrom ? [] : [{ kid, alg, state: 'next', since: createdAt.getTime() }],
    ),
  ]
  const out = older.flatMap(({ kid, alg }, at): Standing[] => {
    // The one before it in the list took its place.
    const since = started[at]?.from ?? now
    const published = since + PUBLISH_AFTER * 1000
    const known = since + KNOWN_AFTER * 1000
    if (now >= known) return []
    return now < published
      ? [{ kid, alg, state: 'retired', since, until: published }]
      : [{ kid, alg, state: 'kept', since: published, until: known }]
  })
  if (!current) return waiting
  const { kid, alg, from: since } = current
  const until = pending.at(-1)?.from
  const signing: Standing = { kid, alg, state: 'current', since, ...(until && { until }) }
  return [signing, ...out, ...waiting]
}
