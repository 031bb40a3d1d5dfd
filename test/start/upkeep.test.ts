/** What a running server does by itself, from time to time. The timer is the test's. */
import { mock } from 'node:test'
import test from 'ava'
import { openSigningKeys } from '../../src/authorization/keys.ts'
import { SIGNING_ALGORITHMS } from '../../src/authorization/keys/standing.ts'
import { createOnce } from '../../src/db/once.ts'
import { createRevision } from '../../src/db/revision.ts'
import { fixedClock, startServer } from '../../src/index.ts'
import { createMasterSecret, createSecrets } from '../../src/lib/secrets.ts'
import { startUpkeep } from '../../src/server/upkeep.ts'
import { createLog } from '../../src/web/log.ts'
import { openedDatabase } from '../helpers/database.ts'
import { publishedKids } from '../helpers/keys.ts'
import { CHEAP_HASHING, start } from '../helpers/start.ts'

const DAY = 86_400
const INTERVAL = 10 * 60_000

test.serial(
  'every ten minutes what is over is removed, and keys that are due are rotated',
  async (t) => {
    mock.timers.enable({ apis: ['setInterval'] })
    t.teardown(() => mock.timers.reset())
    const { db } = await openedDatabase(t)
    const clock = fixedClock()
    const parts = { db, clock, revision: createRevision(db), rotationDays: 30 }
    const keys = await openSigningKeys({ ...parts, secrets: createSecrets(createMasterSecret()) })
    const lines: string[] = []
    const destination = { write: (line: string) => void lines.push(line) }
    const upkeep = startUpkeep({ db, clock, keys, log: createLog({ level: 'info', destination }) })
    await upkeep.finished()
    const count = SIGNING_ALGORITHMS.length
    t.is(await db.signingKey.count(), 2 * count, 'the next keys, which the start had left out')
    await createOnce({ db, clock }).use('proof:1', new Date(clock.now() + 60_000))
    clock.advance(29 * DAY)
    mock.timers.tick(INTERVAL)
    await upkeep.finished()
    t.is(await db.onceValue.count(), 0)
    t.is(await db.signingKey.count(), 2 * count)
    clock.advance(DAY)
    mock.timers.tick(INTERVAL)
    await upkeep.finished()
    t.is(await db.signingKey.count(), 3 * count)
    t.is(lines.filter((line) => line.includes('signing keys rotated')).length, 1)
    upkeep.stop()
    clock.advance(60 * DAY)
    mock.timers.tick(INTERVAL)
    await upkeep.finished()
    t.is(await db.signingKey.count(), 3 * count)
  },
)

test.serial('a server that starts after its keys were due has the next ones sign', async (t) => {
  const first = await start(t)
  const before = await publishedKids(first.issuer, 'ES256')
  await first.close()
  for (const [days, rotates] of [
    ['0', false],
    ['30', true],
  ] as const) {
    const clock = fixedClock()
    clock.advance(100 * DAY)
    const server = await startServer({
      settings: {
        DATA_DIR: first.dataDir,
        PORT: '0',
        LOG_LEVEL: 'silent',
        KEY_ROTATION_DAYS: days,
      },
      hashingCost: CHEAP_HASHING,
      clock,
    })
    // What it begins with has ended when it has closed.
    await server.close()
    const again = await openedDatabase(t, server.config.databaseUrl)
    const rows = await again.db.signingKey.findMany({ where: { alg: 'ES256' } })
    const signing = rows.filter(({ signsFrom }) => signsFrom).map(({ kid }) => kid)
    t.is(rows.length, rotates ? 3 : 2)
    t.deepEqual(signing.toSorted(), rotates ? before.toSorted() : [before[0]])
  }
})
