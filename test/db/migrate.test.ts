/** Migrations: applied once, in order, whole or not at all, whoever else is about. */
import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createClient } from '@libsql/client'
import test from 'ava'
import type { ExecutionContext } from 'ava'

import { DatabaseFault, MigrationFault } from '../../src/db/database-fault.ts'
import { migrate } from '../../src/db/migrate.ts'
import { openedDatabase, temporaryFolder } from '../helpers/database.ts'
import { bothProviders } from '../helpers/postgres.ts'

const source = join(import.meta.dirname, '../../prisma/migrations')
const FIRST = '20261122000000_first'
const LAST = '99990101000000_last'

/** A copy of our migrations, for a test to add to and to spoil. */
async function ownDirectory(t: ExecutionContext): Promise<string> {
  const directory = join(await temporaryFolder(t), 'migrations')
  await cp(source, directory, { recursive: true })
  return directory
}

async function write(directory: string, provider: string, name: string, script: string) {
  await mkdir(join(directory, provider, name), { recursive: true })
  await writeFile(join(directory, provider, name, 'migration.sql'), script)
}

for (const { provider, test: check, empty, migrated } of await bothProviders(test)) {
  const faultOf = (t: ExecutionContext, url: string, directory = source) =>
    t.throwsAsync(migrate(url, { directory }), { instanceOf: DatabaseFault })

  check('every migration is applied, and only once', async (t) => {
    const url = await empty(t)
    t.is((await migrate(url))[0], FIRST)
    t.deepEqual(await migrate(url), [])
    const { db } = await openedDatabase(t, url)
    t.deepEqual(await db.revision.findMany(), [{ name: 'standing', value: 0 }])
  })

  check(
    'of four processes at once, one applies a migration and the others wait for it',
    async (t) => {
      const url = await empty(t)
      const directory = await ownDirectory(t)
      await write(directory, provider, LAST, 'CREATE TABLE "Last" ("id" INTEGER);')
      const module = JSON.stringify(join(import.meta.dirname, '../../src/db/migrate.ts'))
      const script = `import { migrate } from ${module}
      console.log(JSON.stringify(await migrate(...JSON.parse(process.argv[1]))))`
      const args = ['--input-type=module', '-e', script, JSON.stringify([url, { directory }])]
      const runs = Array.from({ length: 4 }, () => promisify(execFile)(process.execPath, args))
      const applied = (await Promise.all(runs)).flatMap(
        ({ stdout }) => JSON.parse(stdout) as string[],
      )
      t.deepEqual(applied.sort(), [...(await migrate(await empty(t), { directory }))].sort())
      t.deepEqual(await migrate(url, { directory }), [])
    },
  )

  check('a migration altered after it was applied is named', async (t) => {
    const url = await migrated(t)
    const directory = await ownDirectory(t)
    await write(directory, provider, FIRST, '-- something else')
    const fault = await faultOf(t, url, directory)
    t.true(fault instanceof MigrationFault)
    t.is(
      fault.message,
      `The migration ${FIRST} was altered after it was applied to this database. Put the original file back.`,
    )
  })

  check('other line endings do not count as an alteration', async (t) => {
    const url = await migrated(t)
    const directory = await ownDirectory(t)
    const script = await readFile(join(source, provider, FIRST, 'migration.sql'), 'utf8')
    await write(directory, provider, FIRST, script.replaceAll('\n', '\r\n'))
    t.deepEqual(await migrate(url, { directory }), [])
  })

  check('a database made by a newer version is refused', async (t) => {
    const url = await empty(t)
    const directory = await ownDirectory(t)
    await write(directory, provider, LAST, 'CREATE TABLE "Last" ("id" INTEGER);')
    await migrate(url, { directory })
    t.is(
      (await faultOf(t, url)).message,
      `This database was made by a newer version of Countersign: it has the migration ${LAST}, which this version does not know.`,
    )
  })

  check('a migration that fails leaves nothing, and those before it stay', async (t) => {
    const url = await empty(t)
    const directory = await ownDirectory(t)
    const good = 'CREATE TABLE "Half" ("id" INTEGER);\nINSERT INTO "Half" VALUES (1);\n'
    await write(directory, provider, LAST, `${good}INSERT INTO "Nowhere" VALUES (1);`)
    const fault = await faultOf(t, url, directory)
    t.true(fault instanceof MigrationFault)
    t.regex(fault.message, /^The migration 99990101000000_last failed, and nothing of it was kept:/)
    t.deepEqual(await migrate(url, { directory: source }), [])
    // The table is not in the way, so the mended migration goes through.
    await write(directory, provider, LAST, good)
    t.deepEqual(await migrate(url, { directory }), [LAST])
  })

  check('a migration may end in a comment or hold a quote and a semicolon', async (t) => {
    const url = await empty(t)
    const directory = await ownDirectory(t)
    await write(directory, provider, LAST, `CREATE TABLE "L" ("id" TEXT DEFAULT 'a;''b')\n-- end`)
    t.is((await migrate(url, { directory })).at(-1), LAST)
    t.deepEqual(await migrate(url, { directory }), [])
  })

  check('a migration that another tool left unfinished is named', async (t) => {
    const url = await migrated(t)
    const { db } = await openedDatabase(t, url)
    await db.$executeRaw`UPDATE "_prisma_migrations" SET "finished_at" = NULL`
    t.is(
      (await faultOf(t, url)).message,
      `The migration ${FIRST} was begun with another tool and did not finish. Settle it with "prisma migrate resolve".`,
    )
  })

  check('the database of another program is refused and stays as it is', async (t) => {
    const url = await empty(t)
    const { db } = await openedDatabase(t, url)
    await db.$executeRaw`CREATE TABLE "Theirs" ("id" INTEGER)`
    const fault = await faultOf(t, url)
    t.is(fault.kind, 'foreign')
    t.regex(
      fault.message,
      /belongs to another program: it has tables that Countersign did not make/,
    )
    const directory = await ownDirectory(t)
    await rm(join(directory, provider), { recursive: true })
    await write(directory, provider, LAST, 'CREATE TABLE "Last" ("id" INTEGER);')
    await db.$executeRaw`DROP TABLE "Theirs"`
    t.deepEqual(await migrate(url, { directory }), [LAST])
    t.is((await faultOf(t, url)).kind, 'foreign', 'a history without any of our migrations')
  })

  check('a table that is rebuilt keeps the rows that point to it', async (t) => {
    const url = await migrated(t)
    const { db } = await openedDatabase(t, url)
    const note = { id: 'n', text: 'text', owner: 'alice', createdAt: new Date(0) }
    await db.note.create({ data: { ...note, shares: { create: { sub: 'bob' } } } })
    const directory = await ownDirectory(t)
    // As Prisma writes it for SQLite; PostgreSQL can alter the table and would not drop it.
    const rebuild = `PRAGMA defer_foreign_keys=ON;
      PRAGMA foreign_keys=OFF;
      CREATE TABLE "new_Note" ("id" TEXT NOT NULL PRIMARY KEY, "text" TEXT NOT NULL, "owner" TEXT NOT NULL, "createdAt" DATETIME NOT NULL);
      INSERT INTO "new_Note" SELECT "id", "text", "owner", "createdAt" FROM "Note";
      DROP TABLE "Note";
      ALTER TABLE "new_Note" RENAME TO "Note";
      PRAGMA foreign_keys=ON;
      PRAGMA defer_foreign_keys=OFF;`
    const alter = 'ALTER TABLE "Note" ADD COLUMN "colour" TEXT;'
    // Twice: the settings must hold for the second migration of a run as well.
    await write(directory, provider, LAST, provider === 'sqlite' ? rebuild : alter)
    await write(directory, provider, `${LAST}_2`, provider === 'sqlite' ? rebuild : 'SELECT 1;')
    t.deepEqual(await migrate(url, { directory }), [LAST, `${LAST}_2`])
    t.is(await db.noteShare.count(), 1)
  })
}

test('SQLite: a file of another program is not written to', async (t) => {
  const file = join(await temporaryFolder(t), 'theirs.db')
  const theirs = createClient({ url: `file:${file}` })
  await theirs.execute('CREATE TABLE theirs (id)')
  const before = await readFile(file)
  await t.throwsAsync(migrate(`file:${file}`), { instanceOf: DatabaseFault })
  t.deepEqual(await readFile(file), before)
  theirs.close()
})

test('SQLite: a new database file can be read by its owner only', async (t) => {
  const file = join(await temporaryFolder(t), 'data.db')
  await migrate(`file:${file}`)
  const { mode } = await stat(file)
  t.is(mode & 0o777, 0o600)
})
