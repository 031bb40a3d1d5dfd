/** Prisma's libSQL adapter with transactions that stay on their connection and begin by locking. */
import { createClient } from '@libsql/client'
import type { Client, Config, Transaction } from '@libsql/client'
import type { SqlDriverAdapter } from '@prisma/driver-adapter-utils'
import { PrismaLibSql } from '@prisma/adapter-libsql'
import Database from 'libsql'

/** How long a statement waits while another process writes, in milliseconds. The whole process waits with it. */
export const BUSY_TIMEOUT = 5_000

// A commit in WAL mode survives the end of the process with NORMAL; FULL would only add the loss of power.
const SETTINGS = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;'

export class LibSqlAdapter extends PrismaLibSql {
  constructor(url: string) {
    super({ url, timeout: BUSY_TIMEOUT })
  }

  override createClient(config: Config): Client {
    const client = createClient(config)
    return Object.assign(client, { transaction: () => beginOn(client) })
  }

  override async connect(): Promise<SqlDriverAdapter> {
    const adapter = await super.connect()
    try {
      // These hold for one connection, so they must be set on the one that is used.
      await adapter.executeScript(SETTINGS)
    } catch (error) {
      await adapter.dispose()
      throw error
    }
    return adapter
  }
}

/**
 * The client's own `transaction` gives its connection away for good: two file handles lost each time, and
 * the settings with them. And it begins without a lock, so that a read followed by a write fails at once
 * when another process wrote in between. The adapter lets nobody else use the client meanwhile.
 */
async function beginOn(client: Client): Promise<Transaction> {
  await client.execute('BEGIN IMMEDIATE')
  let open = true
  const rollback = async (): Promise<void> => {
    if (!open) return
    open = false
    await client.execute('ROLLBACK')
  }
  return {
    execute: (...statement: Parameters<Client['execute']>) => client.execute(...statement),
    batch: () => Promise.reject(new Error('A batch in a transaction is not used.')),
    executeMultiple: () => Promise.reject(new Error('A script in a transaction is not used.')),
    async commit() {
      try {
        await client.execute('COMMIT')
        open = false
      } catch (error) {
        // The connection is shared: a transaction left open would swallow what follows.
        await rollback()
        throw error
      }
    },
    rollback,
    close: () => void rollback(),
    get closed() {
      return !open
    },
  }
}

/**
 * A second connection, for reading what has been committed. On the adapter's own, a read waits for a
 * transaction that is open there. Statements are prepared once; a read takes some microseconds and no turn of the
 * event loop, as SQLite is a library and not a server.
 */
export function openReader(file: string) {
  const database = new Database(file, { timeout: BUSY_TIMEOUT })
  const statements = new Map<string, Database.Statement>()
  return {
    read(sql: string): Row | undefined {
      let statement = statements.get(sql)
      if (!statement) statements.set(sql, (statement = database.prepare(sql)))
      return statement.get() as Row | undefined
    },
    close() {
      if (!database.open) return
      // Leaves everything in the one file, so that a copy of it is whole; without waiting for other processes.
      try {
        database.pragma('wal_checkpoint(PASSIVE)')
      } finally {
        statements.clear()
        database.close()
      }
    },
  }
}

type Row = Record<string, unknown>
