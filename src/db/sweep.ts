/** Removes what has expired, and ageings of what has. */
import type { Clock } from '../lib/clock.ts'
import { LONGEST_LIFE } from './ageing.ts'
import type { Database } from './client.ts'

/** Rows removed, by table. */
export type Swept = {
  artifacts: number
  sessionClients: number
  denials: number
  onceValues: number
  throttles: number
  logoutDeliveries: number
  ageings: number
}

/**
 * Kept longer, in milliseconds: a sign-in that was left open can then be started afresh, and a device is told that its
 * code expired rather than that there is no such code (RFC 8628 §3.5).
 */
const GRACE = 24 * 60 * 60 * 1000

const KEPT_LONGER = ['Interaction', 'DeviceCode']

/** Removes expired rows, `batch` in a statement, so that nobody waits long for the database meanwhile. */
export async function sweep({
  db,
  clock,
  batch = 500,
}: {
  db: Database
  clock: Clock
  batch?: number
}): Promise<Swept> {
  const now = clock.date()
  const expired = { lte: now }
  const longExpired = { lte: new Date(now.getTime() - GRACE) }
  const forgotten = { lt: new Date(now.getTime() - LONGEST_LIFE * 1000) }
  const artifact = {
    OR: [
      { model: { notIn: KEPT_LONGER }, expiresAt: expired },
      { model: { in: KEPT_LONGER }, expiresAt: longExpired },
    ],
  }
  return {
    artifacts: await inBatches(batch, (limit) =>
      db.artifact.deleteMany({ where: artifact, limit }),
    ),
    sessionClients: await inBatches(batch, (limit) =>
      db.sessionClient.deleteMany({ where: { expiresAt: expired }, limit }),
    ),
    denials: await inBatches(batch, (limit) =>
      db.denial.deleteMany({ where: { expiresAt: expired }, limit }),
    ),
    onceValues: await inBatches(batch, (limit) =>
      db.onceValue.deleteMany({ where: { expiresAt: expired }, limit }),
    ),
    throttles: await inBatches(batch, (limit) =>
      db.throttle.deleteMany({ where: { expiresAt: expired }, limit }),
    ),
    logoutDeliveries: await inBatches(batch, (limit) =>
      db.logoutDelivery.deleteMany({ where: { expiresAt: expired }, limit }),
    ),
    ageings: await inBatches(batch, (limit) =>
      db.ageing.deleteMany({ where: { at: forgotten }, limit }),
    ),
  }
}

async function inBatches(
  batch: number,
  remove: (limit: number) => Promise<{ count: number }>,
): Promise<number> {
  let removed = 0
  for (;;) {
    const { count } = await remove(batch)
    removed += count
    if (count < batch) return removed
  }
}
