/** Time is a value that is passed in. The only file that reads the machine's clock. */

export type Clock = {
  /** Milliseconds since the epoch. */
  now(): number
  /** Whole seconds since the epoch: a NumericDate (RFC 7519 §2). */
  seconds(): number
  date(): Date
}

function clockOf(now: () => number): Clock {
  return {
    now,
    seconds: () => Math.floor(now() / 1000),
    date: () => new Date(now()),
  }
}

export const systemClock: Clock = clockOf(() => Date.now())

export type FixedClock = Clock & {
  /** Moves the clock by this many seconds; negative goes back. */
  advance(seconds: number): void
}

/** A clock for tests: it stands still until it is moved. Starts at the machine's time. */
export function fixedClock(startMs: number = Date.now()): FixedClock {
  let time = startMs
  return {
    ...clockOf(() => time),
    advance(seconds) {
      time += seconds * 1000
    },
  }
}
