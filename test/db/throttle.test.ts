/** Counting within a time: exact however many count at once, in however many processes. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { createThrottle } from '../../src/db/throttle.ts'
import type { Limit } from '../../src/db/throttle.ts'
import { fixedClock } from '../../src/lib/clock.ts'
import { openedDatabase } from '../helpers/database.ts'
import { bothProviders } from '../helpers/postgres.ts'

const THREE: Limit = { most: 3, seconds: 60 }

for (const { provider, test: check, migrated } of await bothProviders(test)) {
  const setUp = async (t: ExecutionContext) => {
    const url = await migrated(t)
    const clock = fixedClock()
    const { db } = await openedDatabase(t, url)
    return { url, db, clock, throttle: createThrottle({ db, clock }) }
  }

  check('as many are within the limit as it says, and each key counts for itself', async (t) => {
    const { throttle } = await setUp(t)
    const counts = []
    for (let at = 0; at < 5; at++) counts.push(await throttle.count('a', THREE))
    t.deepEqual(
      counts.map(({ count, within }) => [count, within]),
      [
        [1, true],
        [2, true],
        [3, true],
        [4, false],
        [5, false],
      ],
    )
    t.deepEqual(await throttle.count('b', THREE), { count: 1, within: true, secondsLeft: 60 })
  })

  check('the time runs from the first count, and is told in whole seconds', async (t) => {
    const { throttle, clock } = await setUp(t)
    t.is((await throttle.count('a', THREE)).secondsLeft, 60)
    clock.advance(30.5)
    t.is((await throttle.count('a', THREE)).secondsLeft, 30)
    clock.advance(29.4)
    t.deepEqual(await throttle.look('a', THREE), { count: 2, within: true, secondsLeft: 1 })
    clock.advance(0.1)
    t.deepEqual(await throttle.look('a', THREE), { count: 0, within: true, secondsLeft: 60 })
    t.deepEqual(await throttle.count('a', THREE), { count: 1, within: true, secondsLeft: 60 })
  })

  check('looking does not count', async (t) => {
    const { throttle, db } = await setUp(t)
    t.deepEqual(await throttle.look('a', THREE), { count: 0, within: true, secondsLeft: 60 })
    t.is(await db.throttle.count(), 0)
    await throttle.count('a', THREE)
    t.is((await throttle.look('a', THREE)).count, 1)
    t.is((await throttle.look('a', THREE)).count, 1)
  })

  check('one is given back, never below nought, and a count is cleared', async (t) => {
    const { throttle } = await setUp(t)
    await throttle.giveBack('a')
    await throttle.count('a', THREE)
    await throttle.count('a', THREE)
    await throttle.giveBack('a')
    t.is((await throttle.look('a', THREE)).count, 1)
    await throttle.giveBack('a')
    await throttle.giveBack('a')
    t.is((await throttle.count('a', THREE)).count, 1)
    await throttle.clear('a')
    await throttle.clear('a')
    t.is((await throttle.look('a', THREE)).count, 0)
  })

  check('of fifty counts at once, from two processes, exactly three are within', async (t) => {
    const { url, throttle, clock } = await setUp(t)
    const other = createThrottle({ db: (await openedDatabase(t, url)).db, clock })
    const counts = await Promise.all(
      Array.from({ length: 50 }, (_, at) => (at % 2 ? other : throttle).count('a', THREE)),
    )
    t.is(counts.filter(({ within }) => within).length, 3)
    t.is(new Set(counts.map(({ count }) => count)).size, 50)
  })

  check('of fifty counts at once, after the time is over, exactly three are within', async (t) => {
    const { throttle, clock } = await setUp(t)
    for (let at = 0; at < 5; at++) await throttle.count('a', THREE)
    clock.advance(60)
    const counts = await Promise.all(Array.from({ length: 50 }, () => throttle.count('a', THREE)))
    t.is(counts.filter(({ within }) => within).length, 3)
  })

  check('the time zone of the server does not matter', async (t) => {
    const { url, db, clock, throttle } = await setUp(t)
    if (provider === 'postgresql') {
      const name = new URL(url).pathname.slice(1)
      await db.$executeRawUnsafe(`ALTER DATABASE ${name} SET timezone = 'America/New_York'`)
    }
    // The setting holds for new connections.
    const fresh = createThrottle({ db: (await openedDatabase(t, url)).db, clock })
    await throttle.count('a', THREE)
    clock.advance(20)
    t.deepEqual(await fresh.count('a', THREE), { count: 2, within: true, secondsLeft: 40 })
    t.is((await fresh.look('a', THREE)).secondsLeft, 40)
    t.is((await throttle.count('a', THREE)).secondsLeft, 40)
  })

  check('a key may be any text and is kept as a fingerprint', async (t) => {
    const { throttle, db } = await setUp(t)
    for (const key of ['', 'a\0b', "'; DROP TABLE x", '\uD800', 'x'.repeat(100_000)]) {
      t.is((await throttle.count(key, THREE)).count, 1)
      t.is((await throttle.count(key, THREE)).count, 2)
    }
    const rows = await db.throttle.findMany()
    t.is(rows.length, 5)
    for (const { key } of rows) t.regex(key, /^[\w-]{43}$/)
  })
}
