/** Opens the database, SQLite or PostgreSQL. The only file that knows the two generated clients. */
import type { DriverAdapterError } from '@prisma/driver-adapter-utils'
import type { Prisma, PrismaClient } from './generated/sqlite/client.ts'
import { parseDatabaseUrl } from './address.ts'
import type { Provider } from './address.ts'
import { databaseFault } from './faults.ts'

/** The Prisma client, whichever provider stands behind it. Only what both can do may be asked of it. */
export type Database = PrismaClient

/** What the function in `db.$transaction(…)` is given. */
export type Transaction = Prisma.TransactionClient

export type OpenedDatabase = {
  db: Database
  provider: Provider
  close: () => Promise<void>
}

/** The first row of one query past Prisma, outside any transaction, on what has been committed. */
export type Reader = (sql: string) => Row | undefined | Promise<Row | undefined>

type Row = Record<string, unknown>

type Parts = { db: Database; read: Reader; close: () => Promise<void> }

// A reader belongs to its client; kept here so that the client remains the one handle that is passed around.
const readers = new WeakMap<Database, Reader>()

/** How long PostgreSQL may take to accept a connection, and to answer a statement, in milliseconds. */
const CONNECT_TIMEOUT = 5_000
const QUERY_TIMEOUT = 15_000

/** In milliseconds. Waiting for one's turn is longer than Prisma's 2 s: a busy machine is no reason to fail. */
const transactionOptions = { maxWait: 5_000, timeout: 10_000 }

/**
 * Opens a database that has been migrated. Throws `DatabaseFault` when it cannot be used. For the URL see
 * `parseDatabaseUrl`.
 */
export async function openDatabase(url: string): Promise<OpenedDatabase> {
  const address = parseDatabaseUrl(url)
  const { provider } = address
  try {
    // Only the client in use is loaded: each costs 100 ms and some megabytes.
    const { db, read, close } = await (provider === 'sqlite'
      ? openSqlite(address)
      : openPostgresql(url))
    readers.set(db, read)
    return { db, provider, close }
  } catch (cause) {
    throw await databaseFault(address, cause)
  }
}

/**
 * The shortest way to read, for what every call has to ask: on SQLite a third of Prisma's cost for the same
 * statement. The SQL is ours and has no parameters.
 */
export function readerOf(db: Database): Reader {
  const reader = readers.get(db)
  if (!reader) throw new Error('This client was not opened by openDatabase.')
  return reader
}

async function openSqlite({ url, file }: { url: string; file: string }): Promise<Parts> {
  const [{ PrismaClient }, { LibSqlAdapter, openReader }] = await Promise.all([
    import('./generated/sqlite/client.ts'),
    import('./libsql-adapter.ts'),
  ])
  const db = new PrismaClient({ adapter: new LibSqlAdapter(url), transactionOptions })
  try {
    await db.$connect()
    const reader = openReader(file)
    return {
      db,
      read: (sql) => reader.read(sql),
      async close() {
        reader.close()
        await db.$disconnect()
      },
    }
  } catch (error) {
    await db.$disconnect()
    throw error
  }
}

async function openPostgresql(connectionString: string): Promise<Parts> {
  const [{ PrismaClient }, { PrismaPg }, { default: pg }] = await Promise.all([
    import('./generated/postgresql/client.ts'),
    import('@prisma/adapter-pg'),
    import('pg'),
  ])
  const pool = new pg.Pool({
    connectionString,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    query_timeout: QUERY_TIMEOUT,
    keepAlive: true,
  })
  const name = createStatementNames()
  const adapter = new PrismaPg(pool, {
    statementNameGenerator: ({ sql }) => name(sql),
    disposeExternalPool: true,
  })
  // The generated types have the same members but are not assignable to one another.
  const db = new PrismaClient({ adapter, transactionOptions }) as Database
  try {
    await db.$connect()
    await pool.query('SELECT 1')
  } catch (error) {
    await db.$disconnect()
    throw error
  }
  return {
    db,
    async read(sql) {
      const { rows } = await pool.query<Row>({ name: name(sql), text: sql })
      return rows[0]
    },
    close: () => db.$disconnect(),
  }
}

/** Names let PostgreSQL keep a statement's plan; only the first ones get one, as each is kept by every connection. */
function createStatementNames(limit = 500): (sql: string) => string {
  const names = new Map<string, string>()
  return (sql) => {
    let name = names.get(sql)
    if (name === undefined) {
      if (names.size >= limit) return ''
      name = `countersign_${String(names.size)}`
      names.set(sql, name)
    }
    return name
  }
}

/** Whether a write, Prisma's or raw, failed because a row with the same key is there already. */
export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error && 'meta' in error)) return false
  const meta = error.meta as { driverAdapterError?: DriverAdapterError } | undefined
  return meta?.driverAdapterError?.cause.kind === 'UniqueConstraintViolation'
}
