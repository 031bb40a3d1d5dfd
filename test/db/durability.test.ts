/** What has been acknowledged survives the sudden end of the process. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import test from 'ava'
import { migratedDatabase, openedDatabase } from '../helpers/database.ts'

const source = JSON.stringify(join(import.meta.dirname, '../../src/db/client.ts'))

// A note and its share in a transaction, and a single row, each named on the output once it is acknowledged.
const writer = `import { openDatabase } from ${source}
  import { writeSync } from 'node:fs'
  const { db } = await openDatabase(process.argv[1])
  for (let step = Number(process.argv[2]); ; step++) {
    const id = String(step)
    await db.$transaction(async (tx) => {
      await tx.note.create({ data: { id, text: id, owner: 'alice', createdAt: new Date(0) } })
      await tx.noteShare.create({ data: { noteId: id, sub: 'bob' } })
    })
    await db.onceValue.create({ data: { key: id, expiresAt: new Date(0) } })
    writeSync(1, id + '\\n')
  }`

test('SQLite: a process killed while it writes loses nothing it has acknowledged', async (t) => {
  const url = await migratedDatabase(t)
  const acknowledged: string[] = []
  // Twice, so that the second process begins from what the first left behind.
  for (const first of [0, 1_000_000]) {
    const args = ['--input-type=module', '-e', writer, url, String(first)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = new Promise((resolve) => child.once('close', (_code, signal) => resolve(signal)))
    let lines = 0
    for await (const line of createInterface(child.stdout)) {
      acknowledged.push(line)
      if (++lines === 150) child.kill('SIGKILL')
    }
    t.is(await ended, 'SIGKILL')
  }
  const { db } = await openedDatabase(t, url)
  t.deepEqual(await db.$queryRaw`PRAGMA integrity_check`, [{ integrity_check: 'ok' }])
  const notes = new Set((await db.note.findMany()).map(({ id }) => id))
  const shares = new Set((await db.noteShare.findMany()).map(({ noteId }) => noteId))
  const values = new Set((await db.onceValue.findMany()).map(({ key }) => key))
  t.true(acknowledged.length >= 300)
  t.deepEqual(
    acknowledged.filter((id) => !notes.has(id) || !values.has(id)),
    [],
  )
  t.deepEqual(shares, notes, 'no transaction is torn')
})
