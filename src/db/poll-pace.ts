/** How fast a device asks (RFC 8628 §3.5): one atomic statement a poll, shared by all processes. */
import type { Clock } from '../lib/clock.ts'
import type { Database } from './client.ts'

export type PollPace = {
  /**
   * Notes a poll, and tells the interval that it broke, in seconds; undefined when it kept it. From a poll that
   * broke it on, the interval is five seconds longer, for good. `issuedAt`: milliseconds since the epoch, less than
   * 17 minutes ago.
   */
  note(key: string, issuedAt: number): Promise<number | undefined>
}

/** RFC 8628 §3.2, the default. Seconds. */
export const POLL_INTERVAL = 5

/** No code lives that long. Milliseconds. */
const LIFE = 3_600_000

/** The slow-downs so far, whether the last poll caused one, and when that poll came: packed into one whole number. */
const SLOW_DOWN = 2 ** 21
const CAUSED = 2 ** 20

export function createPollPace({ db, clock }: { db: Database; clock: Clock }): PollPace {
  return {
    async note(key, issuedAt) {
      const at = Math.min(Math.max(0, clock.now() - issuedAt), CAUSED - 1)
      const expiresAt = new Date(clock.now() + LIFE)
      // The numbers in the statement are those above, and half a second's grace for a device that waits by its own
      // clock. A 32-bit column holds a thousand slow-downs.
      const [row] = await db.$queryRaw<{ highest: number | bigint }[]>`
        INSERT INTO "OnceValue" ("key", "highest", "expiresAt") VALUES (${key}, ${at}, ${expiresAt})
        ON CONFLICT ("key") DO UPDATE SET "highest" = CASE
          WHEN excluded."highest" <
            "OnceValue"."highest" % 1048576 + 5000 * ("OnceValue"."highest" / 2097152 + 1) - 500
          THEN (CASE WHEN "OnceValue"."highest" / 2097152 < 1000
            THEN "OnceValue"."highest" / 2097152 + 1 ELSE 1000 END) * 2097152 + 1048576 + excluded."highest"
          ELSE "OnceValue"."highest" / 2097152 * 2097152 + excluded."highest" END
        RETURNING "highest"`
      const packed = Number(row?.highest ?? 0)
      const slowDowns = Math.floor(packed / SLOW_DOWN)
      return packed % SLOW_DOWN >= CAUSED ? POLL_INTERVAL * slowDowns : undefined
    },
  }
}
