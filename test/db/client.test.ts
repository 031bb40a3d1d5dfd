/** An opened database: its settings, its transactions, and what can be said of its errors. */
import { execFile } from 'node:child_process'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { parseDatabaseUrl, sqliteUrl } from '../../src/db/address.ts'
import { isUniqueViolation, openDatabase, readerOf } from '../../src/db/client.ts'
import type { Database } from '../../src/db/client.ts'
import { migratedDatabase, openedDatabase, temporaryFolder } from '../helpers/database.ts'
import { bothProviders } from '../helpers/postgres.ts'

const source = JSON.stringify(join(import.meta.dirname, '../../src/db/client.ts'))
const note = { text: 'text', owner: 'alice', createdAt: new Date(0) }

const runScript = (script: string, ...args: string[]) =>
  promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, ...args])

for (const { provider, test: check, migrated } of await bothProviders(test)) {
  const opened = async (t: ExecutionContext) => openedDatabase(t, await migrated(t))

  check('opening tells the provider, and only its client is loaded', async (t) => {
    t.is((await opened(t)).provider, provider)
    const script = `import { openDatabase } from ${source}
      const loaded = new Set()
      const { registerHooks } = await import('node:module')
      registerHooks({ load: (url, context, next) => (loaded.add(url), next(url, context)) })
      const { close } = await openDatabase(process.argv[1])
      await close()
      console.log([...loaded].filter((url) => url.includes('/db/generated/')).join())`
    const { stdout } = await runScript(script, await migrated(t))
    t.true(stdout.includes(`/generated/${provider}/`))
    t.false(
      stdout.includes(provider === 'sqlite' ? '/generated/postgresql/' : '/generated/sqlite/'),
    )
  })

  check('a key that is taken is told from other errors', async (t) => {
    const { db } = await opened(t)
    await db.note.create({ data: { ...note, id: 'n' } })
    const taken = await t.throwsAsync(db.note.create({ data: { ...note, id: 'n' } }))
    t.true(isUniqueViolation(taken))
    const raw = await t.throwsAsync(
      db.$executeRaw`INSERT INTO "Revision" ("name", "value") VALUES ('standing', 1)`,
    )
    t.true(isUniqueViolation(raw))
    const orphan = db.noteShare.create({ data: { noteId: 'nobody', sub: 'bob' } })
    t.false(isUniqueViolation(await t.throwsAsync(orphan)))
    t.false(isUniqueViolation(undefined))
  })

  check('a transaction that throws leaves nothing, and the client goes on', async (t) => {
    const { db } = await opened(t)
    await t.throwsAsync(
      db.$transaction(async (tx) => {
        await tx.note.create({ data: { ...note, id: 'n' } })
        throw new Error('no')
      }),
      { message: 'no' },
    )
    t.is(await db.note.count(), 0)
    await db.$transaction([
      db.note.create({ data: { ...note, id: 'a' } }),
      db.note.create({ data: { ...note, id: 'b' } }),
    ])
    t.is(await db.note.count(), 2)
  })

  check('twenty transactions at once all succeed', async (t) => {
    const { db } = await opened(t)
    const counter = { where: { name: 'standing' } }
    const increment = () =>
      db.$transaction(async (tx) => {
        await tx.revision.update({ ...counter, data: { value: { increment: 1 } } })
        await tx.revision.findUnique(counter)
      })
    await Promise.all(Array.from({ length: 20 }, increment))
    t.is((await db.revision.findUniqueOrThrow(counter)).value, 20)
  })

  check('two processes that read and then write in transactions do not fail', async (t) => {
    const url = await migrated(t)
    const script = `import { openDatabase } from ${source}
      const { db, provider, close } = await openDatabase(process.argv[1])
      for (let step = 0; step < 50; step++) {
        await db.$transaction(async (tx) => {
          if (provider === 'postgresql') await tx.$queryRaw\`SELECT 1 FROM "Revision" FOR UPDATE\`
          const { value } = await tx.revision.findUniqueOrThrow({ where: { name: 'standing' } })
          await tx.revision.update({ where: { name: 'standing' }, data: { value: value + 1 } })
        })
      }
      await close()`
    await Promise.all([runScript(script, url), runScript(script, url)])
    const { db } = await openedDatabase(t, url)
    t.is((await db.revision.findUniqueOrThrow({ where: { name: 'standing' } })).value, 100)
  })

  check('dates keep their milliseconds', async (t) => {
    const { db } = await opened(t)
    const createdAt = new Date('2026-01-02T03:04:05.678Z')
    await db.note.create({ data: { ...note, id: 'n', createdAt } })
    t.deepEqual((await db.note.findUniqueOrThrow({ where: { id: 'n' } })).createdAt, createdAt)
  })

  check('a reader sees what has been committed, while a transaction is open', async (t) => {
    const { db } = await opened(t)
    const read = readerOf(db)
    const notes = async () => (await read('SELECT "id" FROM "Note"'))?.['id']
    await db.$transaction(async (tx) => {
      await tx.note.create({ data: { ...note, id: 'n' } })
      t.is(await notes(), undefined)
    })
    t.is(await notes(), 'n')
  })

  check('closing twice does no harm', async (t) => {
    const { close } = await opened(t)
    await close()
    await t.notThrowsAsync(close())
  })
}

async function settingsOf(db: Database) {
  const settings: Record<string, unknown> = {}
  for (const name of ['journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout']) {
    const [row] = await db.$queryRawUnsafe<Record<string, unknown>[]>(`PRAGMA ${name}`)
    settings[name] = Object.values(row ?? {})[0]
  }
  return settings
}

test('SQLite: the settings hold, also after transactions', async (t) => {
  const { db } = await openedDatabase(t)
  const settings = { journal_mode: 'wal', synchronous: 1, foreign_keys: 1, busy_timeout: 5000 }
  t.deepEqual(await settingsOf(db), settings)
  await db.$transaction((tx) => tx.revision.count())
  await t.throwsAsync(db.$transaction(() => Promise.reject(new Error('no'))))
  t.deepEqual(await settingsOf(db), settings)
})

test('SQLite: transactions leave no open files behind', async (t) => {
  const script = `import { openDatabase } from ${source}
    import { readdirSync } from 'node:fs'
    const { db, close } = await openDatabase(process.argv[1])
    const open = () => readdirSync('/proc/self/fd').length
    await db.$transaction((tx) => tx.revision.count())
    const before = open()
    for (let step = 0; step < 50; step++) await db.$transaction((tx) => tx.revision.count())
    console.log(open() - before)
    await close()`
  if (process.platform !== 'linux') return void t.pass('Only Linux lists them.')
  t.is((await runScript(script, await migratedDatabase(t))).stdout.trim(), '0')
})

test('SQLite: a commit that fails leaves no transaction open', async (t) => {
  const { db } = await openedDatabase(t)
  await t.throwsAsync(
    db.$transaction(async (tx) => {
      // Puts the check off until the commit.
      await tx.$executeRawUnsafe('PRAGMA defer_foreign_keys = ON')
      await tx.noteShare.create({ data: { noteId: 'nobody', sub: 'bob' } })
    }),
  )
  t.is(await db.noteShare.count(), 0)
  await db.$transaction((tx) => tx.note.create({ data: { ...note, id: 'n' } }))
  t.is(await db.note.count(), 1)
})

test('SQLite: a closed database is whole in its one file', async (t) => {
  const url = await migratedDatabase(t)
  const { db, close } = await openDatabase(url)
  await db.note.create({ data: { ...note, id: 'n' } })
  await close()
  const address = parseDatabaseUrl(url)
  const copy = join(await temporaryFolder(t), 'copy.db')
  await writeFile(copy, await readFile(address.provider === 'sqlite' ? address.file : ''))
  const { db: copied } = await openedDatabase(t, sqliteUrl(copy))
  t.is(await copied.note.count(), 1)
})

test('SQLite: a file name may hold characters that mean something in a URL', async (t) => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'a b%20#1?x=ü.db')
  await openedDatabase(t, sqliteUrl(file))
  t.true((await readdir(folder)).includes('a b%20#1?x=ü.db'))
})

test('a client of somebody else has no reader', (t) => {
  t.throws(() => readerOf({} as Database), { message: /not opened by openDatabase/ })
})
