/** PostgreSQL for tests: one server a test file, one database a test. */
import { join } from 'node:path'
import type { ExecutionContext, TestFn } from 'ava'
import pg from 'pg'
import {
  isPostgresInstalled,
  postgresPackage,
  startPostgres,
} from '../../scripts/embedded-postgres.ts'
import type { PostgresServer } from '../../scripts/embedded-postgres.ts'
import { sqliteUrl } from '../../src/db/address.ts'
import type { Provider } from '../../src/db/address.ts'
import type { OpenedDatabase } from '../../src/db/client.ts'
import { migrate } from '../../src/db/migrate.ts'
import { migratedDatabase, temporaryFolder } from './database.ts'

export type ProviderTests = {
  provider: Provider
  /** Declares a test whose title names the provider; skipped when its server is not installed. */
  test: (title: string, run: (t: ExecutionContext) => Promise<void>) => void
  /** The URL of a migrated database for this test alone. */
  migrated: (t: ExecutionContext) => Promise<string>
  /** The URL of a database without tables for this test alone. */
  empty: (t: ExecutionContext) => Promise<string>
  /** Puts an opened database out of reach. */
  cutOff: (opened: OpenedDatabase, url: string) => Promise<void>
}

/** The same tests on SQLite and PostgreSQL. Await it once, at the top of a test file. */
export async function bothProviders(test: TestFn): Promise<ProviderTests[]> {
  return [sqliteTests(test), await postgresTests(test)]
}

function sqliteTests(test: TestFn): ProviderTests {
  return {
    provider: 'sqlite',
    test: (title, run) => test(`SQLite: ${title}`, run),
    migrated: migratedDatabase,
    empty: async (t) => sqliteUrl(join(await temporaryFolder(t), 'data.db')),
    cutOff: (opened) => opened.close(),
  }
}

/** Tests on PostgreSQL alone; a server is started before the file's tests and stopped after them. */
export async function postgresTests(test: TestFn): Promise<ProviderTests> {
  const installed = await isPostgresInstalled()
  // Where nobody reads what was skipped, a missing server must not look like success.
  const run = installed || process.env['CI'] === 'true'
  let server: PostgresServer | undefined
  let databases = 0

  if (run) {
    test.before('PostgreSQL starts', async () => {
      if (!installed) throw new Error(`These tests need the package ${postgresPackage}.`)
      server = await startPostgres()
      await administer(server, 'CREATE DATABASE template')
      await migrate(server.url('template'))
    })
    test.after.always('PostgreSQL stops', () => server?.stop())
  }

  async function create(clause: string): Promise<string> {
    if (!server) throw new Error('PostgreSQL was not started.')
    databases += 1
    const name = `test_${databases}`
    await administer(server, `CREATE DATABASE ${name} ${clause}`)
    return server.url(name)
  }

  return {
    provider: 'postgresql',
    test(title, implementation) {
      if (run) test(`PostgreSQL: ${title}`, implementation)
      else test.skip(`PostgreSQL: ${title} (npm install ${postgresPackage})`, implementation)
    },
    migrated: () => create('TEMPLATE template'),
    empty: () => create(''),
    async cutOff(_opened, url) {
      if (server)
        await administer(server, `DROP DATABASE ${new URL(url).pathname.slice(1)} (FORCE)`)
    },
  }
}

/** Runs a statement outside the database that is being tested. */
async function administer(server: PostgresServer, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.url('postgres') })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
