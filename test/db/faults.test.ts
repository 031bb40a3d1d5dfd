/** A database that cannot be used is one clear sentence, without a stack and without the password. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { parseDatabaseUrl, sqliteUrl } from '../../src/db/address.ts'
import { openDatabase } from '../../src/db/client.ts'
import { DatabaseFault } from '../../src/db/database-fault.ts'
import { databaseFault } from '../../src/db/faults.ts'
import { migrate } from '../../src/db/migrate.ts'
import { migratedDatabase, temporaryFolder } from '../helpers/database.ts'
import { postgresTests } from '../helpers/postgres.ts'

/** The fault, which must be the same whether the database is migrated or opened. */
async function faultOf(t: ExecutionContext, url: string): Promise<DatabaseFault> {
  const [migrating, opening] = [
    await t.throwsAsync(migrate(url), { instanceOf: DatabaseFault }),
    await t.throwsAsync(openDatabase(url), { instanceOf: DatabaseFault }),
  ]
  t.is(opening.message, migrating.message)
  t.is(opening.kind, migrating.kind)
  return migrating
}

const isRoot = process.getuid?.() === 0

test('a folder in place of the file', async (t) => {
  const folder = await temporaryFolder(t)
  const { kind, message } = await faultOf(t, sqliteUrl(folder))
  t.is(message, `The database must be a file, and ${folder} is a folder.`)
  t.is(kind, 'unreadable')
})

test('a file in a folder that is not there', async (t) => {
  const folder = join(await temporaryFolder(t), 'nowhere')
  const { message } = await faultOf(t, sqliteUrl(join(folder, 'data.db')))
  t.is(message, `The database file ${folder}/data.db cannot be made: there is no folder ${folder}.`)
})

test('a file that is no database, long or short, stays as it is', async (t) => {
  for (const text of ['hello', 'hello '.repeat(1000)]) {
    const file = join(await temporaryFolder(t), 'notes.txt')
    await writeFile(file, text)
    const { kind, message } = await faultOf(t, sqliteUrl(file))
    t.is(message, `The file ${file} is not an SQLite database.`)
    t.is(kind, 'foreign')
    t.is(await readFile(file, 'utf8'), text)
  }
})

test('a damaged file', async (t) => {
  const address = parseDatabaseUrl(await migratedDatabase(t))
  const file = address.provider === 'sqlite' ? address.file : ''
  await writeFile(file, (await readFile(file)).subarray(0, 20_000))
  const { kind, message } = await faultOf(t, address.url)
  t.is(
    message,
    `The database file ${file} is damaged. Put a good copy in its place, or move it away to begin with an empty one.`,
  )
  t.is(kind, 'damaged')
})

// Permissions do not bind root.
const asUser = isRoot ? test.skip : test

asUser('a file that may not be read', async (t) => {
  const file = join(await temporaryFolder(t), 'data.db')
  await writeFile(file, '')
  await chmod(file, 0)
  const { message } = await faultOf(t, sqliteUrl(file))
  t.is(message, `The database file ${file} may not be read and written.`)
})

asUser('a folder that may not be written to', async (t) => {
  const folder = join(await temporaryFolder(t), 'closed')
  await mkdir(folder, { mode: 0o500 })
  const { message } = await faultOf(t, sqliteUrl(join(folder, 'data.db')))
  t.is(message, `The database file ${folder}/data.db cannot be made in its folder.`)
})

test('what SQLite reports by number', async (t) => {
  const address = parseDatabaseUrl('file:/data.db')
  const messages = [
    [1544, 'The database file /data.db cannot be written to.'],
    [13, 'There is no room left on the disk of the database file /data.db.'],
    [261, 'The database file /data.db is held by another process.'],
  ] as const
  for (const [rawCode, message] of messages) {
    const cause = Object.assign(new Error('SQLite'), { rawCode })
    // As the driver throws it, and as Prisma wraps it.
    const wrapped = Object.assign(new Error('Prisma'), {
      meta: { driverAdapterError: { cause: { originalCode: String(rawCode) } } },
    })
    t.is((await databaseFault(address, cause)).message, message)
    t.is((await databaseFault(address, wrapped)).message, message)
  }
})

test('an address that cannot be used', async (t) => {
  const plainly =
    'DATABASE_URL must name a database file plainly, as in "file:/var/lib/countersign/data.db".'
  const named =
    'DATABASE_URL must name a server and a database, as in "postgresql://user:password@host:5432/countersign".'
  const messages = {
    'mysql://root:secret@localhost/x':
      'DATABASE_URL must begin with "file:" (SQLite) or "postgresql:" (PostgreSQL).',
    '/data.db': 'DATABASE_URL must begin with "file:" (SQLite) or "postgresql:" (PostgreSQL).',
    'file:': plainly,
    'file://host/data.db': plainly,
    'file:/data.db?mode=ro': plainly,
    'file:/%zz.db': plainly,
    'file::memory:': 'DATABASE_URL must name a file: a database in memory cannot be opened twice.',
    'postgresql://': named,
    'postgres://alice:secret@localhost': named,
    'postgres://alice:secret@localhost/x?schema=mine':
      'DATABASE_URL asks for the schema "mine", and only "public" is supported.',
  }
  for (const [url, message] of Object.entries(messages)) {
    const fault = await faultOf(t, url)
    t.is(fault.message, message, url)
    t.is(fault.kind, 'address')
  }
})

test('an address may be written in several ways', (t) => {
  for (const url of [
    'file:/tmp/a b.db',
    'file:/tmp/a%20b.db',
    'FILE:///tmp/a%20b.db',
    'file://localhost/tmp/a%20b.db',
  ]) {
    t.deepEqual(parseDatabaseUrl(url), {
      provider: 'sqlite',
      file: '/tmp/a b.db',
      url: 'file:/tmp/a%20b.db',
    })
  }
  t.is(parseDatabaseUrl('postgres://localhost/x?schema=public').provider, 'postgresql')
})

test('PostgreSQL: a server that is not there', async (t) => {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => probe.once('listening', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  const { kind, message } = await faultOf(t, `postgresql://alice:secret@127.0.0.1:${port}/x`)
  t.is(message, `The database "x" at 127.0.0.1:${port} cannot be reached: connection refused.`)
  t.is(kind, 'unreachable')
})

const { test: check, empty } = await postgresTests(test)

check('a wrong password', async (t) => {
  const url = new URL(await empty(t))
  url.password = 'wrong'
  const { message } = await faultOf(t, url.href)
  const place = `"${url.pathname.slice(1)}" at ${url.host}`
  t.is(message, `The database ${place} refuses the user or the password of DATABASE_URL.`)
})

check('no such database', async (t) => {
  const url = new URL(await empty(t))
  url.pathname = '/nowhere'
  const { message } = await faultOf(t, url.href)
  t.is(
    message,
    `There is no database "nowhere" at ${url.host}. Make it first, for example with createdb.`,
  )
})
