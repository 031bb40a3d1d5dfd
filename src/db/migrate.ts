/** Brings a database to the tables this version needs, in the book-keeping of Prisma's own tool (`_prisma_migrations`). */
import { join } from 'node:path'
import { parseDatabaseUrl } from './address.ts'
import type { DatabaseAddress } from './address.ts'
import { MigrationFault } from './database-fault.ts'
import { databaseFault, foreignFault } from './faults.ts'
import type { MigrationConnection } from './migrate/connection.ts'
import { pendingMigrations, readMigrations } from './migrate/history.ts'
import type { Migration } from './migrate/history.ts'

// As far from src/db as from dist/db.
const ownMigrations = join(import.meta.dirname, '../../prisma/migrations')

/**
 * Applies the migrations that are missing, each in a transaction, and returns their names. Several processes
 * may do so at once: one applies, the others wait. Where nothing is missing it only reads. `directory` holds a
 * folder for each provider.
 *
 * Throws `DatabaseFault` when the database cannot be opened or belongs to another program, and `MigrationFault`
 * when a migration was altered after it was applied, is unknown here, or fails; then nothing of it remains.
 */
export async function migrate(
  url: string,
  { directory = ownMigrations }: { directory?: string } = {},
): Promise<string[]> {
  const address = parseDatabaseUrl(url)
  const migrations = await readMigrations(join(directory, address.provider))
  try {
    const connection = await connect(address)
    try {
      return await bringUpToDate(connection, migrations, address)
    } finally {
      await connection.close()
    }
  } catch (cause) {
    throw await databaseFault(address, cause)
  }
}

async function connect(address: DatabaseAddress): Promise<MigrationConnection> {
  if (address.provider === 'sqlite') {
    const { connectSqlite } = await import('./migrate/sqlite.ts')
    return connectSqlite(address)
  }
  const { connectPostgresql } = await import('./migrate/postgresql.ts')
  return connectPostgresql(address.url)
}

async function bringUpToDate(
  connection: MigrationConnection,
  migrations: Migration[],
  address: DatabaseAddress,
): Promise<string[]> {
  const before = await connection.history()
  if (before?.length) {
    if (pendingMigrations(migrations, before, address).length === 0) return []
  } else if (await isForeign(connection)) {
    throw foreignFault(address)
  }
  const applied: string[] = []
  for (;;) {
    await connection.begin()
    try {
      // Read again behind the lock: another process may have been quicker.
      const history = await connection.history()
      const [next] = pendingMigrations(migrations, history ?? [], address)
      if (!next) return applied
      await applyOne(connection, next)
      applied.push(next.name)
    } finally {
      // Does nothing after a commit.
      await connection.rollback()
    }
  }
}

/** Asked before anything is written. Tables first: whoever migrates meanwhile makes them together with the history. */
async function isForeign(connection: MigrationConnection): Promise<boolean> {
  return (await connection.hasTables()) && !(await connection.history())?.length
}

async function applyOne(connection: MigrationConnection, migration: Migration): Promise<void> {
  try {
    await connection.apply(migration)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new MigrationFault(
      `The migration ${migration.name} failed, and nothing of it was kept: ${reason}`,
      { cause },
    )
  }
}
