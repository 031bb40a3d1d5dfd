/** "Age everything by one hour": what was issued so far counts as that much older, and nobody's clock is touched. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../lib/clock.ts'
import type { Database } from './client.ts'
import { createMirror } from './mirror.ts'
import type { Revision } from './revision.ts'

export type Ageing = {
  /**
   * Makes all that was issued so far older by a whole number of seconds, as the next call of every process finds.
   *
   * Time stamps are whole seconds, so an ageing takes effect at a full one: this waits for the next full second,
   * less than one away, and answers when the ageing is written. What has a time stamp before that second is aged,
   * hence all that was issued before the call; what has that second or a later one is not, hence nothing that is
   * issued after the answer. Between the two the time stamp alone decides.
   */
  age(seconds: number): Promise<Aged>
  /**
   * How many seconds older than its time stamp something is, by all ageings since: `issuedAt` is in whole seconds
   * since the epoch. Rejects when the database is out of reach.
   */
  secondsFor(issuedAt: number): Promise<number>
  /** The same for several things at once, or while the time stamp is still being read. */
  current(): Promise<SecondsFor>
}

/**
 * Nothing that an ageing can touch lives as long: the longest is the family of a refresh token, with 30 days and an hour
 * (authorization/provider.ts). An ageing that lies further back makes nothing older any more. Seconds.
 */
export const LONGEST_LIFE = 31 * 86_400

export type SecondsFor = (issuedAt: number) => number

/** Rows that became older: codes, tokens, sessions and whatever else the authorization server keeps for a while. */
export type Aged = {
  total: number
  /** By the model of the row; those without a row are left out. */
  byModel: ReadonlyMap<string, number>
}

/** One ageing, in seconds: what was issued before `at` is older by `seconds`. */
type Entry = { id: number; at: number; seconds: number }

export function createAgeing({
  db,
  clock,
  revision,
  wait = (milliseconds) => pause(milliseconds),
}: {
  db: Database
  /** The one that time stamps are taken from. */
  clock: Clock
  revision: Revision
  /** Waits for at most a second. Where the clock stands still, it has to be moved here. */
  wait?: (milliseconds: number) => Promise<unknown>
}): Ageing {
  const caughtUp = createMirror<Entry[]>({ revision, empty: () => [], load })

  async function load(entries: Entry[]): Promise<void> {
    // Ids go up in the order in which ageings are committed: each begins with the revision, which lets in one at a time.
    const last = entries.reduce((highest, { id }) => Math.max(highest, id), 0)
    const rows = await db.ageing.findMany({ where: { id: { gt: last } } })
    for (const { id, at, seconds } of rows) {
      entries.push({ id, at: Math.floor(at.getTime() / 1000), seconds })
    }
    // Two processes may have waited for different seconds, and have written in the other order.
    entries.sort((a, b) => a.at - b.at)
  }

  async function nextFullSecond(): Promise<Date> {
    const second = (clock.seconds() + 1) * 1000
    // A timer may be early by a millisecond.
    for (let left: number; (left = second - clock.now()) > 0;) await wait(left)
    return new Date(second)
  }

  async function current(): Promise<SecondsFor> {
    const entries = await caughtUp()
    return (issuedAt) => sumSince(entries, issuedAt)
  }

  return {
    async age(seconds) {
      const at = await nextFullSecond()
      return db.$transaction(async (tx) => {
        await revision.bump(tx)
        await tx.ageing.create({ data: { at, seconds } })
        const counts = await tx.artifact.groupBy({
          by: ['model'],
          where: {
            createdAt: { lt: at },
            // What lives on and on is of no age.
            expiresAt: { gt: at, lt: new Date(at.getTime() + LONGEST_LIFE * 1000) },
            consumedAt: null,
          },
          _count: true,
        })
        const byModel = new Map(counts.map(({ model, _count }) => [model, _count]))
        return { total: [...byModel.values()].reduce((sum, count) => sum + count, 0), byModel }
      })
    },
    secondsFor: async (issuedAt) => sumSince(await caughtUp(), issuedAt),
    current,
  }
}

/** From the latest one back: what is in use was issued a short while ago, and has few of them to look at. */
function sumSince(entries: readonly Entry[], issuedAt: number): number {
  let sum = 0
  for (let i = entries.length - 1; i >= 0; i--) {
    const entry = entries[i]
    if (entry === undefined || entry.at <= issuedAt) break
    sum += entry.seconds
  }
  return sum
}
