/** Values that may be used once (proofs, assertions), and counters that only go up. */
import type { Clock } from '../lib/clock.ts'
import type { Database } from './client.ts'

export type Once = {
  /**
   * True the first time, false when the key was used before and that use has not expired. Of any number of
   * calls at once, in any number of processes, one gets true. Whether `expiresAt` lies ahead is for the caller to check.
   */
  use(key: string, expiresAt: Date): Promise<boolean>
  /** Whether it was used and that use has not expired. Only a hint: whoever wants to use it asks `use`. */
  isUsed(key: string): Promise<boolean>
  /** True when the number is higher than all that were used with this key before. From 1 to 2^31 - 1. */
  useHigher(key: string, number: number, expiresAt: Date): Promise<boolean>
}

export function createOnce({ db, clock }: { db: Database; clock: Clock }): Once {
  return {
    async use(key, expiresAt) {
      // One statement, so there is no moment between looking and writing. It writes over a use that has expired.
      const written = await db.$executeRaw`
        INSERT INTO "OnceValue" ("key", "highest", "expiresAt") VALUES (${key}, 0, ${expiresAt})
        ON CONFLICT ("key") DO UPDATE SET "expiresAt" = excluded."expiresAt"
          WHERE "OnceValue"."expiresAt" <= ${clock.date()}`
      return written === 1
    },

    isUsed: async (key) =>
      (await db.onceValue.count({ where: { key, expiresAt: { gt: clock.date() } } })) > 0,

    async useHigher(key, number, expiresAt) {
      const written = await db.$executeRaw`
        INSERT INTO "OnceValue" ("key", "highest", "expiresAt") VALUES (${key}, ${number}, ${expiresAt})
        ON CONFLICT ("key") DO UPDATE SET "highest" = excluded."highest", "expiresAt" = excluded."expiresAt"
          WHERE "OnceValue"."highest" < excluded."highest"`
      return written === 1
    },
  }
}
