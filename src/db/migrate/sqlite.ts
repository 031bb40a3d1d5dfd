/** Migrating an SQLite file. */
import { randomUUID } from 'node:crypto'
import { open } from 'node:fs/promises'
import { createClient } from '@libsql/client'
import type { Client } from '@libsql/client'
import type { MigrationConnection } from './connection.ts'
import type { Migration } from './history.ts'

/** How long to wait for a process that migrates, in milliseconds. */
const LOCK_TIMEOUT = 10_000

const BOOK = `
CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id"                    TEXT PRIMARY KEY NOT NULL,
    "checksum"              TEXT NOT NULL,
    "finished_at"           DATETIME,
    "migration_name"        TEXT NOT NULL,
    "logs"                  TEXT,
    "rolled_back_at"        DATETIME,
    "started_at"            DATETIME NOT NULL DEFAULT current_timestamp,
    "applied_steps_count"   INTEGER UNSIGNED NOT NULL DEFAULT 0
);`

/**
 * SQLite would make it readable for all; what lies beside the file later takes over its mode. A file that is there is
 * not even opened: closing it would take away the locks that this process holds on it elsewhere (POSIX), and with
 * them its notice of what other processes write.
 */
async function makeFile(file: string): Promise<void> {
  try {
    await (await open(file, 'ax', 0o600)).close()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** Makes the file when it is not there yet, readable by its owner only. */
export async function connectSqlite({
  file,
  url,
}: {
  file: string
  url: string
}): Promise<MigrationConnection> {
  await makeFile(file)
  const client = createClient({ url, timeout: LOCK_TIMEOUT })
  let inTransaction = false
  return {
    history: () => readHistory(client),
    async hasTables() {
      const { rows } = await client.execute(
        `SELECT 1 FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'
           AND name <> '_prisma_migrations' LIMIT 1`,
      )
      return rows.length > 0
    },
    async begin() {
      // Stays in the file, and is refused within a transaction.
      await client.execute('PRAGMA journal_mode = WAL')
      // Rebuilding a table drops the old one, and with foreign keys on that would delete the rows that point to it.
      // The setting cannot be changed within a transaction.
      await client.execute('PRAGMA foreign_keys = OFF')
      await client.execute('BEGIN IMMEDIATE')
      inTransaction = true
    },
    async rollback() {
      if (!inTransaction) return
      inTransaction = false
      await client.execute('ROLLBACK')
    },
    async apply(migration) {
      // The client ends an open transaction after a script: with ours at the latest, in a failure by rolling back.
      inTransaction = false
      await client.executeMultiple(
        [BOOK, migration.script, bookEntry(migration), 'COMMIT;'].join('\n'),
      )
    },
    async close() {
      client.close()
    },
  }
}

async function readHistory(client: Client) {
  try {
    const { rows } = await client.execute(
      `SELECT migration_name, checksum, finished_at IS NOT NULL AS finished
         FROM _prisma_migrations WHERE rolled_back_at IS NULL`,
    )
    return rows.map((row) => ({
      name: row['migration_name'] as string,
      checksum: row['checksum'] as string,
      finished: row['finished'] === 1,
    }))
  } catch (error) {
    if (error instanceof Error && error.message.includes('no such table')) return undefined
    throw error
  }
}

/** A script cannot have parameters, so the values are quoted; only the name could hold a quote. */
function bookEntry({ name, checksum }: Migration): string {
  const now = `strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')`
  return `;INSERT INTO "_prisma_migrations"
    ("id", "checksum", "migration_name", "started_at", "finished_at", "applied_steps_count")
    VALUES ('${randomUUID()}', '${checksum}', '${name.replaceAll("'", "''")}', ${now}, ${now}, 1);`
}
