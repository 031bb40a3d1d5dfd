/** How each kind of seed entry becomes a row, and which part of the row tells that somebody changed it. */
import type { Transaction } from '../../db/client.ts'
import { fingerprint } from '../../lib/secrets.ts'
import { TOTP_PURPOSE } from '../accounts.ts'
import { secretFingerprint } from '../clients.ts'
import { digestColumns } from '../digest-secret.ts'
import type { Secrets } from '../../lib/secrets.ts'
import type { SeedClient, SeedLedgerEntry, SeedNote, SeedPerson, SeedResource } from './file.ts'

/** What writing needs that is no part of the entry. */
export type WriteParts = {
  tx: Transaction
  now: Date
  secrets: Secrets
  /** Made before the transaction began: hashing takes long, and others wait meanwhile. */
  passwordHash: (password: string) => Promise<string>
}

export type SeedKind<Entry> = {
  /** Goes up by one when an entry makes more of its row than before, so that rows from before follow. 1 unless told. */
  format?: number
  idOf(entry: Entry): string
  /** The rows as they stand, by id; what they consist of, times of writing left out. */
  rows(tx: Transaction, ids: string[]): Promise<Map<string, object>>
  write(parts: WriteParts, entry: Entry): Promise<void>
  remove(tx: Transaction, ids: string[]): Promise<unknown>
  /** From now on the row is no longer the seed's. */
  disown?(tx: Transaction, id: string): Promise<unknown>
}

/** JSON with names in order: equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

/** What is empty counts as absent, so that a column added later makes no row look changed. */
export function rowFingerprint(row: object): string {
  const isEmpty = (value: unknown) => value === null || value === false || value === ''
  return fingerprint(
    canonicalJson(Object.fromEntries(Object.entries(row).filter(([, value]) => !isEmpty(value)))),
  )
}

const byId = <Row>(
  rows: readonly Row[],
  idOf: (row: Row) => string,
  partOf: (row: Row) => object,
) => new Map(rows.map((row) => [idOf(row), partOf(row)]))

export const people: SeedKind<SeedPerson> = {
  // 2: the columns for Digest.
  format: 2,
  idOf: (entry) => entry.login,
  async rows(tx, ids) {
    // By login too: another person of that name stands in the way just as well.
    const rows = await tx.account.findMany({
      where: { OR: [{ sub: { in: ids } }, { login: { in: ids } }] },
    })
    return byId(
      rows,
      (row) => (ids.includes(row.sub) ? row.sub : row.login),
      (row) => ({
        ...row,
        updatedAt: null,
        seeded: null,
        disabledAt: null,
        disabled: row.disabledAt !== null,
      }),
    )
  },
  async write({ tx, now, secrets, passwordHash }, entry) {
    const { login, password, totp_secret: totpSecret } = entry
    const hashed = await passwordHash(password)
    const row = {
      login,
      passwordHash: hashed,
      ...digestColumns(secrets, { login, passwordHash: hashed, password }),
      totpSecret: totpSecret === undefined ? null : secrets.seal(TOTP_PURPOSE, totpSecret),
      name: entry.name ?? null,
      givenName: entry.given_name ?? null,
      familyName: entry.family_name ?? null,
      email: entry.email ?? null,
      emailVerified: entry.email_verified,
      picture: entry.picture ?? null,
      roles: entry.roles.join(' '),
      disabledAt: entry.disabled ? now : null,
      seeded: true,
      updatedAt: now,
    }
    const sub = login
    await tx.account.upsert({ where: { sub }, create: { sub, ...row }, update: row })
  },
  async remove(tx, ids) {
    await tx.consent.deleteMany({ where: { sub: { in: ids } } })
    await tx.account.deleteMany({ where: { sub: { in: ids } } })
  },
  disown: (tx, sub) =>
    tx.account.updateMany({
      where: { sub },
      data: { seeded: false, digestUser: null, digestSecret: null },
    }),
}

export const clients: SeedKind<SeedClient> = {
  idOf: (entry) => entry.client_id,
  async rows(tx, ids) {
    const rows = await tx.client.findMany({ where: { clientId: { in: ids } } })
    return byId(
      rows,
      (row) => row.clientId,
      ({ clientId, metadata, secretFingerprint }) => ({ clientId, metadata, secretFingerprint }),
    )
  },
  async write({ tx, now, secrets }, entry) {
    const row = {
      metadata: JSON.stringify(entry.metadata),
      secretFingerprint:
        entry.client_secret === undefined ? null : secretFingerprint(secrets, entry.client_secret),
      seeded: true,
      updatedAt: now,
    }
    const clientId = entry.client_id
    await tx.client.upsert({
      where: { clientId },
      create: { clientId, createdAt: now, ...row },
      update: row,
    })
  },
  remove: (tx, ids) => tx.client.deleteMany({ where: { clientId: { in: ids } } }),
  disown: (tx, clientId) => tx.client.updateMany({ where: { clientId }, data: { seeded: false } }),
}

export const resources: SeedKind<SeedResource> = {
  idOf: (entry) => entry.identifier,
  async rows(tx, ids) {
    const rows = await tx.resource.findMany({ where: { identifier: { in: ids } } })
    return byId(
      rows,
      (row) => row.identifier,
      (row) => row,
    )
  },
  async write({ tx }, entry) {
    const { identifier } = entry
    const row = {
      name: entry.name,
      scopes: JSON.stringify(entry.scopes),
      format: entry.format,
      accessTokenTtl: entry.access_token_ttl,
    }
    await tx.resource.upsert({ where: { identifier }, create: { identifier, ...row }, update: row })
  },
  remove: (tx, ids) => tx.resource.deleteMany({ where: { identifier: { in: ids } } }),
}

export const notes: SeedKind<SeedNote> = {
  idOf: (entry) => entry.id,
  async rows(tx, ids) {
    const rows = await tx.note.findMany({
      where: { id: { in: ids } },
      include: { shares: { orderBy: { sub: 'asc' } } },
    })
    return byId(
      rows,
      (row) => row.id,
      ({ id, text, owner, shares }) => ({ id, text, owner, shares: shares.map(({ sub }) => sub) }),
    )
  },
  async write({ tx }, entry) {
    const { id } = entry
    const row = { text: entry.text, owner: entry.owner, createdAt: new Date(entry.created_at) }
    await tx.note.upsert({ where: { id }, create: { id, ...row }, update: row })
    await tx.noteShare.deleteMany({ where: { noteId: id } })
    const shares = [...new Set(entry.shared_with)].map((sub) => ({ noteId: id, sub }))
    if (shares.length > 0) await tx.noteShare.createMany({ data: shares })
  },
  remove: (tx, ids) => tx.note.deleteMany({ where: { id: { in: ids } } }),
}

export const ledger: SeedKind<SeedLedgerEntry> = {
  idOf: (entry) => entry.id,
  async rows(tx, ids) {
    const rows = await tx.ledgerEntry.findMany({ where: { id: { in: ids } } })
    return byId(
      rows,
      (row) => row.id,
      ({ bookedAt, ...row }) => ({ ...row, bookedAt: bookedAt.toISOString() }),
    )
  },
  async write({ tx }, entry) {
    const { id, owner, text, amount, currency } = entry
    const row = { owner, text, amount, currency, bookedAt: new Date(entry.booked_at) }
    await tx.ledgerEntry.upsert({ where: { id }, create: { id, ...row }, update: row })
  },
  remove: (tx, ids) => tx.ledgerEntry.deleteMany({ where: { id: { in: ids } } }),
}
