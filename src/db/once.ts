/** Values that may be used once: proofs, assertions. */
import type { Clock } from '../lib/clock.ts'
import type { Database } from './client.ts'

export type Once = {
  /**
   * True the first time, false when the key was used before and that use has not expired. Of any number of
   * calls at once, in any number of processes, one gets true. Whether `expiresAt` lies ahead is for the caller to check.
   */
  use(key: string, expiresAt: Date): Promise<boolean>
}

export function createOnce({ db, clock }: { db: Database; clock: Clock }): Once {
  return {
    async use(key, expiresAt) {
      // One statement, so there is no moment between looking and writing. It writes over a use that has expired.
      const written = await db.$executeRaw`
        INSERT INTO "OnceValue" ("key", "expiresAt") VALUES (${key}, ${expiresAt})
        ON CONFLICT ("key") DO UPDATE SET "expiresAt" = excluded."expiresAt"
          WHERE "OnceValue"."expiresAt" <= ${clock.date()}`
      return written === 1
    },
  }
}
