/** The pace of a device: exact however many polls come at once, in however many processes. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { createPollPace } from '../../src/db/poll-pace.ts'
import { fixedClock } from '../../src/lib/clock.ts'
import { openedDatabase } from '../helpers/database.ts'
import { bothProviders } from '../helpers/postgres.ts'

for (const { test: check, migrated } of await bothProviders(test)) {
  const setUp = async (t: ExecutionContext) => {
    const url = await migrated(t)
    const clock = fixedClock()
    const issuedAt = clock.now()
    const process = async () => {
      const { db } = await openedDatabase(t, url)
      const pace = createPollPace({ db, clock })
      return (key = 'a') => pace.note(key, issuedAt)
    }
    return { clock, process, poll: await process() }
  }

  check(
    'the interval is five seconds, with a little grace, and is told when it was broken',
    async (t) => {
      const { clock, poll } = await setUp(t)
      t.is(await poll(), undefined)
      clock.advance(5)
      t.is(await poll(), undefined)
      clock.advance(4.6)
      t.is(await poll(), undefined)
      clock.advance(4.4)
      t.is(await poll(), 5)
      t.is(await poll('b'), undefined)
    },
  )

  check('each break makes it five seconds longer, for good', async (t) => {
    const { clock, poll } = await setUp(t)
    await poll()
    for (const broken of [5, 10, 15]) {
      clock.advance(broken - 1)
      t.is(await poll(), broken)
    }
    for (let polls = 0; polls < 5; polls++) {
      clock.advance(20)
      t.is(await poll(), undefined)
    }
    clock.advance(19)
    t.is(await poll(), 20)
  })

  check('of ten polls at once, from two processes, one keeps the interval', async (t) => {
    const { poll, process } = await setUp(t)
    const other = await process()
    const polls = await Promise.all(
      Array.from({ length: 10 }, (_, at) => (at % 2 === 0 ? poll() : other())),
    )
    t.deepEqual(
      polls.toSorted((a = 0, b = 0) => a - b),
      [5, 10, 15, 20, 25, 30, 35, 40, 45, undefined],
    )
  })

  check('a device that never stops is held to the longest interval', async (t) => {
    const { poll } = await setUp(t)
    for (let polls = 0; polls <= 1000; polls++) await poll()
    t.is(await poll(), 5000)
    t.is(await poll(), 5000)
  })
}
