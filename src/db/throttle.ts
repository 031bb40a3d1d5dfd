/** Counts within a time, shared by all processes: failed sign-ins, calls. One atomic statement a count. */
import type { Clock } from '../lib/clock.ts'
import { fingerprint } from '../lib/secrets.ts'
import type { Database } from './client.ts'

export type Limit = {
  /** This many are allowed … */
  most: number
  /** … within this many seconds from the first one. */
  seconds: number
}

export type Count = {
  count: number
  within: boolean
  /** Whole seconds until the time is over, at least 1. */
  secondsLeft: number
}

export type Throttle = {
  /** Counts one more, and tells whether it is still within the limit. Of any number at once, so many are as allowed. */
  count(key: string, limit: Limit): Promise<Count>
  /** What `count` would tell, without counting. */
  look(key: string, limit: Limit): Promise<Count>
  /** Takes one back that turned out not to count. */
  giveBack(key: string): Promise<void>
  /** Begins at nought again. */
  clear(key: string): Promise<void>
}

type Row = { count: number | bigint; expiresAt: Date | string }

export function createThrottle({ db, clock }: { db: Database; clock: Clock }): Throttle {
  const told = (row: Row | undefined, { most, seconds }: Limit): Count => {
    const end = row ? new Date(row.expiresAt).getTime() : clock.now() + seconds * 1000
    const count = Number(row?.count ?? 0)
    const secondsLeft = Math.max(1, Math.ceil((end - clock.now()) / 1000))
    return { count, within: count <= most, secondsLeft }
  }

  return {
    async count(key, limit) {
      const now = clock.date()
      const end = new Date(now.getTime() + limit.seconds * 1000)
      const [row] = await db.$queryRaw<Row[]>`
        INSERT INTO "Throttle" ("key", "count", "expiresAt") VALUES (${fingerprint(key)}, 1, ${end})
        ON CONFLICT ("key") DO UPDATE SET
          "count" = CASE WHEN "Throttle"."expiresAt" <= ${now} THEN 1 ELSE "Throttle"."count" + 1 END,
          "expiresAt" = CASE WHEN "Throttle"."expiresAt" <= ${now}
            THEN excluded."expiresAt" ELSE "Throttle"."expiresAt" END
        RETURNING "count", "expiresAt"`
      return told(row, limit)
    },

    async look(key, limit) {
      const row = await db.throttle.findUnique({ where: { key: fingerprint(key) } })
      return told(row && row.expiresAt > clock.date() ? row : undefined, limit)
    },

    async giveBack(key) {
      await db.throttle.updateMany({
        where: { key: fingerprint(key), count: { gt: 0 } },
        data: { count: { decrement: 1 } },
      })
    },

    async clear(key) {
      await db.throttle.deleteMany({ where: { key: fingerprint(key) } })
    },
  }
}
