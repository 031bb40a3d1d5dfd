/**
 * The seed file read into the database, and the way back to it. Each entry is remembered with the fingerprints of
 * the entry and of the row it made: an entry that was edited since is loaded again, unless the row was changed
 * or removed by hand, which wins.
 */
import type { Database, Transaction } from '../db/client.ts'
import type { Denylist } from '../db/denylist.ts'
import type { Revision } from '../db/revision.ts'
import type { Clock } from '../lib/clock.ts'
import { StartFault } from '../lib/fault.ts'
import type { Secrets } from '../lib/secrets.ts'
import { DISABLED } from './accounts.ts'
import { endClient, endIssued } from './endings.ts'
import type { PasswordHashing } from './password-hashing.ts'
import { readSeedFile } from './seed/file.ts'
import type { SeedFile, SeedPerson } from './seed/file.ts'
import { rowFingerprint } from './seed/kinds.ts'
import { markEntries, planSeed, seedKinds, seedKindNames } from './seed/plan.ts'
import type { EntryMark, Loaded, SeedKindName, Step } from './seed/plan.ts'

export type SeedReport = {
  /** Rows changed by hand whose entry in the file says something else now, such as "client web". */
  kept: string[]
  /** People of the file who are there, with the password the file gives them. */
  people: { login: string; password: string; note: string }[]
  clients: { clientId: string; secret?: string; kind: string }[]
}

/** What a reset took away and the seed did not bring back. */
export type Removed = {
  people: string[]
  clients: string[]
  notes: number
  ledgerEntries: number
  consents: number
  sessions: number
}

export type Seed = {
  /** Loads what is new in the file. Where nothing is, nothing is written and no password hashed. */
  apply(): Promise<SeedReport>
  /**
   * Leaves the signing keys, the seed and nothing else: whoever was signed in is signed out, and what was issued
   * is refused (but for JWTs that clients got for themselves, which live on for their five minutes).
   */
  reset(): Promise<{ removed: Removed; report: SeedReport }>
}

export type SeedParts = {
  db: Database
  clock: Clock
  secrets: Secrets
  hashing: PasswordHashing
  denylist: Denylist
  revision: Revision
  issuer: string
  /** Path of the seed file. */
  file: string
  /** In production only resources are loaded, and whatever else the local profile had loaded is removed. */
  profile: 'local' | 'production'
}

const TRANSACTION = { maxWait: 10_000, timeout: 30_000 }

const CHANGED = 'changed by hand since, so this may not hold'

export function createSeed(parts: SeedParts): Seed {
  const { db, clock, secrets, hashing, denylist, revision, issuer, file, profile } = parts

  /** Passwords by the hash they will have, for the people who are about to be written. */
  async function hashPasswords(steps: readonly Step[]): Promise<Map<string, string>> {
    const entries = steps.filter(({ kind, action }) => kind === 'person' && action === 'write')
    const hashed = entries.map(async ({ id, entry }): Promise<[string, string]> => {
      return [id, await hashing.hash((entry as SeedPerson).password)]
    })
    return new Map(await Promise.all(hashed))
  }

  /** Who is removed or disabled loses what was issued to them; who is back counts again. */
  async function settleStandings(tx: Transaction, steps: readonly Step[]): Promise<void> {
    const ending = { tx, denylist, clock }
    const welcome: string[] = []
    for (const { kind, id, action, entry, sameEntry } of steps) {
      if (sameEntry) continue
      if (kind === 'person' && action === 'write') {
        if (!(entry as SeedPerson).disabled) welcome.push(`account:${id}`)
        else {
          await denylist.deny(`account:${id}`, DISABLED, undefined, tx)
          await endIssued(ending, { accountId: id }, DISABLED)
        }
      }
      if (kind === 'person' && action === 'remove')
        await endIssued(ending, { accountId: id }, 'removed')
      if (kind === 'client' && action === 'write') welcome.push(`client:${id}`)
      if (kind === 'client' && action === 'remove') await endClient(ending, id)
    }
    const denied = await tx.denial.findMany({ where: { key: { in: welcome }, lifted: false } })
    for (const { key } of denied) {
      await (key.startsWith('client:') ? denylist.onlyOlder(key, tx) : denylist.lift(key, tx))
    }
  }

  async function run(tx: Transaction, steps: readonly Step[], hashes: Map<string, string>) {
    for (const kind of seedKindNames) {
      const own = steps.filter((step) => step.kind === kind)
      const table = seedKinds[kind]
      const writes = own.filter(({ action }) => action === 'write')
      for (const { id, entry } of writes) {
        const passwordHash = async (password: string) =>
          hashes.get(id) ?? (await hashing.hash(password))
        const writeParts = { tx, now: clock.date(), secrets, passwordHash }
        await table.write(writeParts, entry as never)
      }
      if (writes.length > 0) {
        const rows = await table.rows(
          tx,
          writes.map(({ id }) => id),
        )
        for (const { id, mark = '' } of writes) {
          const marks = { entry: mark, row: rowFingerprint(rows.get(id) ?? {}) }
          await tx.seedEntry.upsert({
            where: { kind_id: { kind, id } },
            create: { kind, id, ...marks },
            update: marks,
          })
        }
      }
      const removed = own.filter(({ action }) => action === 'remove').map(({ id }) => id)
      if (removed.length > 0) await table.remove(tx, removed)
      for (const { action, id } of own) {
        if (action === 'disown' && 'disown' in table) await table.disown(tx, id)
      }
      const forgotten = own.filter(({ action }) => action !== 'write' && action !== 'keep')
      await tx.seedEntry.deleteMany({ where: { kind, id: { in: forgotten.map(({ id }) => id) } } })
    }
  }

  async function report(
    seed: SeedFile,
    steps: readonly Step[],
    loaded: readonly Loaded[],
  ): Promise<SeedReport> {
    const kept = steps
      .filter(({ action }) => action === 'keep' || action === 'disown')
      .map(({ kind, id }) => `${kind} ${id}`)
    if (profile === 'production') return { kept, people: [], clients: [] }

    const standing = async (kind: 'person' | 'client') => {
      const before = loaded.filter((row) => row.kind === kind)
      const rows = await seedKinds[kind].rows(
        db,
        before.map(({ id }) => id),
      )
      return new Map(
        before.flatMap(({ id, row }): [string, boolean][] => {
          const now = rows.get(id)
          return now ? [[id, rowFingerprint(now) === row && !kept.includes(`${kind} ${id}`)]] : []
        }),
      )
    }
    const words = (about: string | undefined, isAsSeeded: boolean | undefined) =>
      [about, isAsSeeded ? undefined : CHANGED].filter((part) => part !== undefined).join('; ')

    const [people, clients] = await Promise.all([standing('person'), standing('client')])
    return {
      kept,
      people: seed.people
        .filter(({ login }) => people.has(login))
        .map(({ login, password, about }) => ({
          login,
          password,
          note: words(about, people.get(login)),
        })),
      clients: seed.clients
        .filter(({ client_id }) => clients.has(client_id))
        .map(({ client_id, client_secret, about }) => ({
          clientId: client_id,
          ...(client_secret !== undefined && { secret: client_secret }),
          kind: words(about, clients.get(client_id)),
        })),
    }
  }

  const plan = (tx: Transaction, marks: readonly EntryMark[], loaded: readonly Loaded[]) =>
    planSeed(tx, marks, loaded, profile)

  return {
    async apply() {
      const seed = await readSeedFile(file, issuer)
      const marks = markEntries(seed, profile, secrets)
      const loaded = await db.seedEntry.findMany()
      const first = await plan(db, marks, loaded)
      if (first.every(({ action }) => action === 'keep')) return report(seed, first, loaded)

      const hashes = await hashPasswords(first)
      const steps = await db.$transaction(async (tx) => {
        // Holds every other starting process back, so what was planned is planned again on what stands now.
        await revision.bump(tx)
        const now = await plan(tx, marks, await tx.seedEntry.findMany())
        await settleStandings(tx, now)
        await run(tx, now, hashes)
        return now
      }, TRANSACTION)
      return report(seed, steps, await db.seedEntry.findMany())
    },

    async reset() {
      if (profile === 'production') {
        throw new StartFault([
          'PROFILE=production has no seed to go back to; reset is for the local profile.',
        ])
      }
      const seed = await readSeedFile(file, issuer)
      const marks = markEntries(seed, profile, secrets)
      const steps = marks.map((mark): Step => ({ ...mark, action: 'write' }))
      const ids = (kind: SeedKindName) => marks.filter((m) => m.kind === kind).map(({ id }) => id)

      const hashes = await hashPasswords(steps)
      const removed = await db.$transaction(async (tx) => {
        await revision.bump(tx)
        const gone = await countOthers(tx, ids)
        await endIssued({ tx, denylist, clock }, {}, 'removed')
        for (const clientId of gone.clients) await endClient({ tx, denylist, clock }, clientId)
        await tx.sessionClient.deleteMany()
        await tx.logoutDelivery.deleteMany()
        await tx.consent.deleteMany()
        await tx.note.deleteMany()
        await tx.ledgerEntry.deleteMany()
        await tx.client.deleteMany()
        await tx.account.deleteMany()
        await tx.resource.deleteMany()
        await tx.seedEntry.deleteMany()
        await settleStandings(tx, steps)
        await run(tx, steps, hashes)
        return gone
      }, TRANSACTION)
      return { removed, report: await report(seed, [], await db.seedEntry.findMany()) }
    },
  }
}

/** What is there beside the seed's own rows. */
async function countOthers(
  tx: Transaction,
  seedIds: (kind: SeedKindName) => string[],
): Promise<Removed> {
  const people = await tx.account.findMany({ where: { sub: { notIn: seedIds('person') } } })
  const clients = await tx.client.findMany({ where: { clientId: { notIn: seedIds('client') } } })
  const session = { model: 'Session', accountId: { not: null } }
  return {
    people: people.map(({ login }) => login),
    clients: clients.map(({ clientId }) => clientId),
    notes: await tx.note.count({ where: { id: { notIn: seedIds('note') } } }),
    ledgerEntries: await tx.ledgerEntry.count({
      where: { id: { notIn: seedIds('ledger entry') } },
    }),
    consents: await tx.consent.count(),
    sessions: await tx.artifact.count({ where: session }),
  }
}
