/** A counter in the database that tells every process when something it remembers has changed. */
import { readerOf } from './client.ts'
import { DatabaseOutage } from './outage.ts'
import type { Database, Transaction } from './client.ts'

export type Revision = {
  /**
   * The revision as committed at some moment after the call. Rejects when the database is out of reach; nobody is
   * ever answered from memory. Calls that come close together share one read.
   */
  current(): Promise<number>
  /**
   * Counts up and returns the new revision. Do it first in a transaction: it holds back the other writers until
   * this one has committed, so revisions become visible in their order.
   */
  bump(tx?: Transaction): Promise<number>
}

const NAME = 'standing'
const QUERY = `SELECT "value" FROM "Revision" WHERE "name" = '${NAME}'`

export function createRevision(db: Database): Revision {
  const read = readerOf(db)

  async function readOne(): Promise<number> {
    try {
      const row = await read(QUERY)
      return row ? Number(row['value']) : 0
    } catch (cause) {
      throw new DatabaseOutage('the revision cannot be read', { cause })
    }
  }

  return {
    current: createSharedRead(readOne),
    async bump(tx = db) {
      const { value } = await tx.revision.upsert({
        where: { name: NAME },
        create: { name: NAME, value: 1 },
        update: { value: { increment: 1 } },
      })
      return value
    },
  }
}

/**
 * Lets callers share reads. A caller is answered by a read that began after it asked, never by one under way,
 * which may have looked before a change that the caller already knows of.
 */
export function createSharedRead<T>(read: () => Promise<T>): () => Promise<T> {
  let waiting: PromiseWithResolvers<T> | undefined
  let busy = false

  async function serve(): Promise<void> {
    busy = true
    while (waiting) {
      const served = waiting
      waiting = undefined
      try {
        served.resolve(await read())
      } catch (error) {
        served.reject(error)
      }
    }
    busy = false
  }

  return () => {
    if (!waiting) {
      waiting = Promise.withResolvers<T>()
      // Not at once: the requests that this turn of the event loop still brings can then share the read.
      if (!busy) setImmediate(() => void serve())
    }
    return waiting.promise
  }
}
