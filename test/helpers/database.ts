/** Fresh SQLite databases for tests, copied from a template that each test process makes once. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@libsql/client'
import type { ExecutionContext } from 'ava'
import { sqliteUrl } from '../../src/db/address.ts'
import { openDatabase } from '../../src/db/client.ts'
import type { OpenedDatabase } from '../../src/db/client.ts'
import { migrate } from '../../src/db/migrate.ts'

let template: Promise<Buffer> | undefined

async function makeTemplate(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-template-'))
  try {
    const file = join(folder, 'data.db')
    await migrate(sqliteUrl(file))
    // What was written may still lie beside the file.
    const client = createClient({ url: sqliteUrl(file) })
    await client.execute('PRAGMA wal_checkpoint(TRUNCATE)')
    client.close()
    return await readFile(file)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A folder of its own, removed after the test. */
export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-test-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** The URL of a migrated SQLite database, removed after the test. */
export async function migratedDatabase(t: ExecutionContext): Promise<string> {
  const file = join(await temporaryFolder(t), 'data.db')
  await writeFile(file, await (template ??= makeTemplate()))
  return sqliteUrl(file)
}

/** Opens a database and closes it after the test. Without a URL it is a migrated SQLite database of its own. */
export async function openedDatabase(t: ExecutionContext, url?: string): Promise<OpenedDatabase> {
  const opened = await openDatabase(url ?? (await migratedDatabase(t)))
  t.teardown(opened.close)
  return opened
}
