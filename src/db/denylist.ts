/** What no longer counts although its signature does: revoked tokens and grants, disabled accounts, removed clients. */
import type { Clock } from '../lib/clock.ts'
import type { Database, Transaction } from './client.ts'
import { createMirror } from './mirror.ts'
import type { Revision } from './revision.ts'

export type DeniedKey = { key: string; reason: string }

export type Denylist = {
  /** See `denyMany`. */
  deny(key: string, reason: string, expiresAt?: Date, tx?: Transaction): Promise<void>
  /**
   * Denies these keys (`jti:…`, `grant:…`, `account:…`, `client:…`) in one transaction, the caller's if one is
   * given. When it has committed, the next `find` of every process knows. Denying again keeps the later expiry and
   * takes the new reason. Without an expiry a key is denied until it is lifted.
   */
  denyMany(
    keys: readonly string[],
    reason: string,
    expiresAt?: Date,
    tx?: Transaction,
  ): Promise<void>
  /** Takes a denial back. Nothing happens when there is none. */
  lift(key: string, tx?: Transaction): Promise<void>
  /**
   * From now on only what was issued before the denial is refused: a client is registered again under an id
   * that was removed. To the second, as that is how tokens tell when they were issued.
   */
  onlyOlder(key: string, tx?: Transaction): Promise<void>
  /** Takes back every denial. Rows must not simply be deleted: other processes would not notice. */
  liftAll(tx?: Transaction): Promise<void>
  /**
   * The first of these keys that is denied, for something issued at `issuedAt` (seconds since the epoch).
   * Rejects when the database is out of reach.
   */
  find(keys: readonly string[], issuedAt?: number): Promise<DeniedKey | undefined>
}

type Entry = {
  reason: string
  /** Milliseconds. */
  expiresAt: number
  /** Seconds. */
  issuedBefore: number
}

export function createDenylist({
  db,
  clock,
  revision,
}: {
  db: Database
  clock: Clock
  revision: Revision
}): Denylist {
  const caughtUp = createMirror<Map<string, Entry>>({ revision, empty: () => new Map(), load })

  async function load(entries: Map<string, Entry>, since: number): Promise<void> {
    const rows = await db.denial.findMany({ where: { revision: { gt: since } } })
    const now = clock.now()
    for (const [key, entry] of entries) if (entry.expiresAt <= now) entries.delete(key)
    for (const { key, reason, lifted, expiresAt, deniedAt, onlyOlder } of rows) {
      const end = expiresAt?.getTime() ?? Infinity
      if (lifted || end <= now) entries.delete(key)
      else {
        const issuedBefore = onlyOlder ? Math.floor(deniedAt.getTime() / 1000) : Infinity
        entries.set(key, { reason, expiresAt: end, issuedBefore })
      }
    }
  }

  const inTransaction = (tx: Transaction | undefined, work: (tx: Transaction) => Promise<void>) =>
    tx ? work(tx) : db.$transaction(work)

  async function write(
    tx: Transaction,
    keys: Iterable<string>,
    reason: string,
    expiresAt: Date | null,
  ): Promise<void> {
    const bumped = await revision.bump(tx)
    for (const key of keys) {
      await tx.$executeRaw`
        INSERT INTO "Denial" ("key", "reason", "revision", "lifted", "deniedAt", "onlyOlder", "expiresAt")
        VALUES (${key}, ${reason}, ${bumped}, false, ${clock.date()}, false, ${expiresAt})
        ON CONFLICT ("key") DO UPDATE SET
          "reason" = excluded."reason",
          "revision" = excluded."revision",
          "lifted" = false,
          "deniedAt" = excluded."deniedAt",
          "onlyOlder" = false,
          "expiresAt" = CASE
            WHEN "Denial"."lifted" THEN excluded."expiresAt"
            WHEN "Denial"."expiresAt" IS NULL THEN NULL
            WHEN "Denial"."expiresAt" > excluded."expiresAt" THEN "Denial"."expiresAt"
            ELSE excluded."expiresAt"
          END`
    }
  }

  async function denyMany(
    keys: readonly string[],
    reason: string,
    expiresAt?: Date,
    tx?: Transaction,
  ): Promise<void> {
    if (keys.length === 0) return
    await inTransaction(tx, (tx) => write(tx, new Set(keys), reason, expiresAt ?? null))
  }

  async function liftWhere(tx: Transaction, where: { key?: string }): Promise<void> {
    const bumped = await revision.bump(tx)
    await tx.denial.updateMany({
      where: { ...where, lifted: false },
      data: { lifted: true, revision: bumped },
    })
  }

  return {
    deny: (key, reason, expiresAt, tx) => denyMany([key], reason, expiresAt, tx),
    denyMany,
    lift: (key, tx) => inTransaction(tx, (tx) => liftWhere(tx, { key })),
    liftAll: (tx) => inTransaction(tx, (tx) => liftWhere(tx, {})),
    onlyOlder: (key, tx) =>
      inTransaction(tx, async (tx) => {
        const bumped = await revision.bump(tx)
        await tx.denial.updateMany({
          where: { key, lifted: false },
          data: { onlyOlder: true, revision: bumped },
        })
      }),
    async find(keys, issuedAt = -Infinity) {
      const entries = await caughtUp()
      if (entries.size === 0) return undefined
      const now = clock.now()
      for (const key of keys) {
        const entry = entries.get(key)
        if (entry && entry.expiresAt > now && issuedAt < entry.issuedBefore)
          return { key, reason: entry.reason }
      }
      return undefined
    },
  }
}

/**
 * What a token can be denied by: itself, its family (the grant), its person, its application; and of an exchanged
 * token (RFC 8693) those that it came from, and whoever acts in it.
 */
export function denialKeys(claims: Readonly<Record<string, unknown>>): string[] {
  const { jti, grant_id, sub, client_id, exchanged_from } = claims
  const keys: string[] = []
  const add = (kind: string, id: unknown) => {
    if (typeof id === 'string') keys.push(`${kind}:${id}`)
  }
  add('jti', jti)
  add('grant', grant_id)
  add('account', sub)
  add('client', client_id)
  if (Array.isArray(exchanged_from)) for (const from of exchanged_from) add('jti', from)
  let actor = claims['act'] as { sub?: unknown; act?: unknown } | null | undefined
  for (let depth = 0; typeof actor === 'object' && actor && depth < MOST_ACTORS; depth++) {
    add('client', actor.sub)
    add('account', actor.sub)
    actor = actor.act as typeof actor
  }
  return keys
}

/** As many exchanges may follow on each other. */
export const MOST_ACTORS = 8
