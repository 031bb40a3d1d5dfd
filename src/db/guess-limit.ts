/** Slows down whoever guesses passwords and secrets (RFC 6749 §2.3.1): failures are counted by name and address. */
import { Refusal, refuse } from '../refusals/refusal.ts'
import { addressBlock } from '../lib/address-block.ts'
import { fingerprint } from '../lib/secrets.ts'
import type { Clock } from '../lib/clock.ts'
import { createTurns } from '../lib/turns.ts'
import type { Denylist } from './denylist.ts'
import type { Limit, Throttle } from './throttle.ts'

export type Guesser = {
  kind: 'account' | 'client' | 'user-code'
  /** The name that was tried, whether or not anybody has it; empty where there are no names. */
  name: string
  /** Where the guess came from. All of an IPv6 network counts as one. */
  address: string
}

export type GuessLimit = {
  /**
   * Judges one guess, counted before it is judged, so that any number at once are no more than the limit. A right
   * one clears the count of its name, where there is a name. Refuses with login-throttled, right or wrong. For what costs a database
   * anyway, as passwords do.
   */
  attempt(guesser: Guesser, judge: () => Promise<boolean>): Promise<boolean>
  /** Counts a guess that was wrong. Refuses with login-throttled when it was one too many. */
  failed(guesser: Guesser): Promise<void>
  /** Refuses with login-throttled after too many were `failed`. Costs no statement where nobody guesses. */
  requireUnblocked(guesser: Guesser): Promise<void>
}

/** Wrong guesses of one name from one address. */
export const OWN_LIMIT: Limit = { most: 10, seconds: 300 }
/** Wrong guesses from one address. */
export const ADDRESS_LIMIT: Limit = { most: 100, seconds: 300 }

/** A guess counts as wrong until it is judged. Fewer than the limit are judged at once, so that many right ones pass. */
const AT_ONCE = OWN_LIMIT.most / 2

export function createGuessLimit(parts: {
  throttle: Throttle
  denylist: Denylist
  clock: Clock
  /** Names made up for one trial, whose failures are no sign of an attack from their address. */
  isThrowaway?: (name: string) => boolean
}): GuessLimit {
  const { throttle, denylist, clock, isThrowaway = () => false } = parts
  const inTurn = createTurns(AT_ONCE)

  const limitsFor = (guesser: Guesser): [key: string, limit: Limit][] => {
    const { kind, name } = guesser
    const from = addressBlock(guesser.address)
    const own: [string, Limit] = [
      `guess:${kind}:${from}:${fingerprint(name.normalize('NFC'))}`,
      OWN_LIMIT,
    ]
    return isThrowaway(name) ? [own] : [own, [`guess:${from}`, ADDRESS_LIMIT]]
  }

  async function attemptNow(
    { name }: Guesser,
    limits: readonly [key: string, limit: Limit][],
    judge: () => Promise<boolean>,
  ): Promise<boolean> {
    const counted: string[] = []
    for (const [key, limit] of limits) {
      const { within, count, secondsLeft } = await throttle.count(key, limit)
      if (!within) throttled(limit, count, secondsLeft)
      counted.push(key)
    }
    const right = await judge().catch(async (error: unknown) => {
      // An outage is no guess.
      for (const key of counted) await throttle.giveBack(key)
      throw error
    })
    if (right) {
      const [own = '', ...others] = counted
      // Nobody may make up for wrong guesses by typing a code of their own in between.
      await (name === '' ? throttle.giveBack(own) : throttle.clear(own))
      for (const key of others) await throttle.giveBack(key)
    }
    return right
  }

  return {
    attempt(guesser, judge) {
      const limits = limitsFor(guesser)
      return inTurn(limits[0]?.[0] ?? '', () => attemptNow(guesser, limits, judge))
    },

    async failed(guesser) {
      for (const [key, limit] of limitsFor(guesser)) {
        const { count, within, secondsLeft } = await throttle.count(key, limit)
        if (!within) throttled(limit, count, secondsLeft)
        if (count < limit.most) continue
        // From here on right ones are refused too, and everybody is told by the list that every request asks.
        await denylist.deny(key, 'throttled', new Date(clock.now() + secondsLeft * 1000))
      }
    },

    async requireUnblocked(guesser) {
      const limits = limitsFor(guesser)
      const denied = await denylist.find(limits.map(([key]) => key))
      if (!denied) return
      for (const [key, limit] of limits) {
        if (key !== denied.key) continue
        const { count, secondsLeft } = await throttle.look(key, limit)
        throttled(limit, count, secondsLeft)
      }
    },
  }
}

/** For pages that show the sentence above their form instead of a page of its own. */
export const isThrottled = (error: unknown): error is Refusal =>
  error instanceof Refusal && error.id === 'login-throttled'

function throttled({ most, seconds }: Limit, found: number, secondsLeft: number): never {
  refuse(
    'login-throttled',
    { check: 'failed attempts', expected: `at most ${most} in ${seconds} seconds`, found },
    { 'Retry-After': String(secondsLeft) },
  )
}
