/** Which apps are still to be told of a sign-out, and how it went: kept in the database, so that a restart loses none. */
import { randomUUID } from 'node:crypto'
import type { Clock } from '../lib/clock.ts'
import type { Database } from './client.ts'

export type LogoutDelivery = {
  id: string
  clientId: string
  sub: string
  /** What the app knows the session by; null when it ends all that it has for this person. */
  sid: string | null
  /** Tries that were begun. */
  attempts: number
  /** When the next one is due; null when there is none. */
  nextAt: Date | null
}

/** Without `failure` it was delivered; without `nextAt` there is no further try. */
export type Settlement = { failure?: string; nextAt?: Date | undefined }

export type LogoutDeliveries = {
  /** Due at once. */
  add(wanted: Pick<LogoutDelivery, 'clientId' | 'sub' | 'sid'>): Promise<LogoutDelivery>
  /**
   * Takes the try that follows those of `delivery` for this process. Of any number of calls at once, in any number of
   * processes, one gets true.
   */
  claim(delivery: LogoutDelivery): Promise<boolean>
  /** How a claimed try went; returns the delivery after it. */
  settle(delivery: LogoutDelivery, settlement: Settlement): Promise<LogoutDelivery>
  /** Those that no process is trying at the moment, the one that is due first first. */
  open(limit: number): Promise<LogoutDelivery[]>
}

/** Longer than any try takes. A process that died in the middle of one is not waited for. Milliseconds. */
const LEASE = 30_000

/** For looking back, whatever came of it. Milliseconds. */
const KEPT = 7 * 24 * 60 * 60 * 1000

export function createLogoutDeliveries({
  db,
  clock,
}: {
  db: Database
  clock: Clock
}): LogoutDeliveries {
  const free = () => ({ OR: [{ leasedUntil: null }, { leasedUntil: { lt: clock.date() } }] })

  return {
    async add({ clientId, sub, sid }) {
      const createdAt = clock.date()
      const row = { id: randomUUID(), clientId, sub, sid, attempts: 0, nextAt: createdAt }
      const expiresAt = new Date(createdAt.getTime() + KEPT)
      await db.logoutDelivery.create({ data: { ...row, createdAt, expiresAt } })
      return row
    },

    async claim({ id, attempts }) {
      const { count } = await db.logoutDelivery.updateMany({
        where: { id, attempts, nextAt: { not: null }, ...free() },
        data: { attempts: attempts + 1, leasedUntil: new Date(clock.now() + LEASE) },
      })
      return count === 1
    },

    async settle(delivery, { failure, nextAt: again }) {
      const nextAt = again ?? null
      const attempts = delivery.attempts + 1
      // Not when another process has taken over meanwhile.
      await db.logoutDelivery.updateMany({
        where: { id: delivery.id, attempts },
        data: {
          nextAt,
          leasedUntil: null,
          outcome: failure ?? 'delivered',
          deliveredAt: failure === undefined ? clock.date() : null,
        },
      })
      return { ...delivery, attempts, nextAt }
    },

    open: (limit) =>
      db.logoutDelivery.findMany({
        where: { nextAt: { not: null }, ...free() },
        orderBy: { nextAt: 'asc' },
        take: limit,
        select: { id: true, clientId: true, sub: true, sid: true, attempts: true, nextAt: true },
      }),
  }
}
