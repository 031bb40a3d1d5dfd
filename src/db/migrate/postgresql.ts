/** Migrating a PostgreSQL database. */
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import type { MigrationConnection } from './connection.ts'
import type { AppliedMigration } from './history.ts'

/** Prisma's own tool takes the same lock (its number is arbitrary), so the two cannot meet either. */
const LOCK = 72_707_369

/** How long to wait for the server, and for a process that migrates, in milliseconds. */
const CONNECT_TIMEOUT = 5_000
const LOCK_TIMEOUT = 60_000

const BOOK = `
CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id"                    VARCHAR(36) PRIMARY KEY NOT NULL,
    "checksum"              VARCHAR(64) NOT NULL,
    "finished_at"           TIMESTAMPTZ,
    "migration_name"        VARCHAR(255) NOT NULL,
    "logs"                  TEXT,
    "rolled_back_at"        TIMESTAMPTZ,
    "started_at"            TIMESTAMPTZ NOT NULL DEFAULT now(),
    "applied_steps_count"   INTEGER NOT NULL DEFAULT 0
);`

export async function connectPostgresql(url: string): Promise<MigrationConnection> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    // The models live there whatever the user's search path says.
    options: '-c search_path=public',
  })
  // A connection that breaks while it is idle is reported here, and again by the next query.
  client.on('error', () => undefined)
  await client.connect()
  let inTransaction = false
  return {
    async history() {
      // Asked first, as an error would end the transaction; and of the catalogue's rows, since functions such as
      // to_regclass may remember an answer from before the lock.
      const { rowCount } = await client.query(
        `SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tablename = '_prisma_migrations'`,
      )
      if (rowCount === 0) return undefined
      const { rows } = await client.query<AppliedMigration>(
        `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished
           FROM _prisma_migrations WHERE rolled_back_at IS NULL`,
      )
      return rows
    },
    async hasTables() {
      const { rows } = await client.query(
        `SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_prisma_migrations' LIMIT 1`,
      )
      return rows.length > 0
    },
    async begin() {
      // Each statement sees what was committed before it, so what follows the lock sees the last migration.
      await client.query('BEGIN ISOLATION LEVEL READ COMMITTED')
      inTransaction = true
      await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}ms'`)
      await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK])
    },
    async rollback() {
      if (!inTransaction) return
      inTransaction = false
      // Where this fails the connection is gone, and the transaction with it.
      await client.query('ROLLBACK').catch(() => undefined)
    },
    async apply({ name, checksum, script }) {
      await client.query(BOOK)
      // Without parameters a query may hold many statements.
      await client.query(script)
      await client.query(
        `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
         VALUES ($1, $2, $3, now(), now(), 1)`,
        [randomUUID(), checksum, name],
      )
      await client.query('COMMIT')
      inTransaction = false
    },
    close: () => client.end(),
  }
}
