/** Ageing, on both providers and seen from two handles, as from two processes. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { createAgeing } from '../../src/db/ageing.ts'
import type { Database } from '../../src/db/client.ts'
import { createDenylist } from '../../src/db/denylist.ts'
import { createRevision, createSharedRead } from '../../src/db/revision.ts'
import { fixedClock, systemClock } from '../../src/lib/clock.ts'
import type { FixedClock } from '../../src/lib/clock.ts'
import { openedDatabase } from '../helpers/database.ts'
import { bothProviders } from '../helpers/postgres.ts'

/** In the middle of a second. */
const someTime = () => fixedClock(Date.UTC(2026, 0, 2, 3, 4, 5, 300))

for (const { test: check, migrated, cutOff } of await bothProviders(test)) {
  const handle = async (t: ExecutionContext, { url = '', clock = someTime() } = {}) => {
    const { db } = await openedDatabase(t, url || (await migrated(t)))
    const revision = createRevision(db)
    return { db, clock, revision, ageing: createAgeing({ db, clock, revision, wait: by(clock) }) }
  }
  const twoHandles = async (t: ExecutionContext) => {
    const [url, clock] = [await migrated(t), someTime()]
    return [await handle(t, { url, clock }), await handle(t, { url, clock })] as const
  }

  check(
    'what was issued in the second before an ageing is aged, what is issued after its answer is not',
    async (t) => {
      const { ageing, clock } = await handle(t)
      const before = clock.seconds()
      t.is(await ageing.secondsFor(before), 0)
      await ageing.age(3600)
      const after = clock.seconds()
      t.is(after, before + 1)
      t.is(await ageing.secondsFor(before - 86_400), 3600)
      t.is(await ageing.secondsFor(before), 3600)
      t.is(await ageing.secondsFor(after), 0)
      t.is(await ageing.secondsFor(after + 86_400), 0)
    },
  )

  check(
    'an ageing waits for the next full second, however little is left of this one',
    async (t) => {
      for (const millisecond of [0, 1, 999]) {
        const clock = fixedClock(Date.UTC(2026, 0, 2, 3, 4, 5, millisecond))
        const { ageing, db } = await handle(t, { clock })
        await ageing.age(1)
        t.is(clock.now(), Date.UTC(2026, 0, 2, 3, 4, 6))
        t.deepEqual((await db.ageing.findFirstOrThrow()).at, clock.date())
      }
    },
  )

  check('a timer that is early is waited for again', async (t) => {
    const { db, clock, revision } = await handle(t)
    const waits: number[] = []
    const wait = async (milliseconds: number) => {
      waits.push(milliseconds)
      clock.advance((waits.length === 1 ? milliseconds - 1 : milliseconds) / 1000)
    }
    await createAgeing({ db, clock, revision, wait }).age(1)
    t.deepEqual(waits, [700, 1])
  })

  check(
    'by the machine’s clock too, the answer comes in a later second than the call',
    async (t) => {
      const { db, revision } = await handle(t)
      const ageing = createAgeing({ db, clock: systemClock, revision })
      const before = systemClock.seconds()
      await ageing.age(60)
      const after = systemClock.seconds()
      t.true(after > before)
      t.deepEqual([await ageing.secondsFor(before), await ageing.secondsFor(after)], [60, 0])
    },
  )

  check('ageings add up, each for what was issued before it', async (t) => {
    const { ageing, clock } = await handle(t)
    const times: number[] = []
    for (const seconds of [100, 20, 3]) {
      times.push(clock.seconds())
      await ageing.age(seconds)
    }
    times.push(clock.seconds())
    const secondsFor = await ageing.current()
    t.deepEqual(times.map(secondsFor), [123, 23, 3, 0])
  })

  check('what one process ages is older at the next call of every process', async (t) => {
    const [one, other] = await twoHandles(t)
    const issuedAt = one.clock.seconds()
    t.is(await other.ageing.secondsFor(issuedAt), 0)
    await one.ageing.age(60)
    t.is(await other.ageing.secondsFor(issuedAt), 60)
    await other.ageing.age(5)
    t.is(await one.ageing.secondsFor(issuedAt), 65)
  })

  check('ten ageings at once all count', async (t) => {
    const { ageing, clock } = await handle(t)
    const issuedAt = clock.seconds()
    await Promise.all(Array.from({ length: 10 }, (_, i) => ageing.age(10 ** (i % 5))))
    t.is(await ageing.secondsFor(issuedAt), 22_222)
  })

  check(
    'ageings of two processes count by their moment, in whatever order they were written',
    async (t) => {
      const { db, ageing, revision } = await handle(t)
      for (const [second, seconds] of [
        [20, 1],
        [10, 2],
        [30, 4],
      ] as const) {
        await revision.bump()
        await db.ageing.create({ data: { at: new Date(second * 1000), seconds } })
      }
      const secondsFor = await ageing.current()
      t.deepEqual([9, 10, 19, 20, 29, 30].map(secondsFor), [7, 5, 5, 4, 4, 0])
    },
  )

  check('an ageing and its revision are written together or not at all', async (t) => {
    const { db, clock, ageing, revision } = await handle(t)
    const issuedAt = clock.seconds()
    const broken = createAgeing({
      db: {
        $transaction: (work: (tx: object) => Promise<unknown>) =>
          db.$transaction((tx) =>
            work({
              revision: tx.revision,
              ageing: tx.ageing,
              artifact: { groupBy: () => Promise.reject(new Error('no')) },
            }),
          ),
      } as unknown as Database,
      clock,
      revision,
      wait: by(clock),
    })
    await t.throwsAsync(broken.age(60), { message: 'no' })
    t.is(await revision.current(), 0)
    t.is(await db.ageing.count(), 0)
    t.is(await ageing.secondsFor(issuedAt), 0)
  })

  check('the rows that became older are counted by their model', async (t) => {
    const { db, clock, ageing } = await handle(t)
    const second = 1000
    const row = (model: string, written = 0, expires = 60 * second) => ({
      model,
      idHash: `${model}:${written}:${expires}`,
      payload: '{}',
      createdAt: new Date(clock.now() + written),
      expiresAt: new Date(clock.now() + expires),
    })
    await db.artifact.createMany({
      data: [
        row('Session'),
        row('Session', -second),
        row('Grant'),
        row('Grant', 2 * second),
        row('AccessToken', 0, -second),
        { ...row('AuthorizationCode'), consumedAt: clock.date() },
      ],
    })
    const { total, byModel } = await ageing.age(60)
    t.is(total, 3)
    t.deepEqual([...byModel].sort(), [
      ['Grant', 1],
      ['Session', 2],
    ])
  })

  check('an ageing and a denial that are asked for at once share one read', async (t) => {
    const { db, clock, revision } = await handle(t)
    let reads = 0
    const counted = {
      ...revision,
      current: createSharedRead(() => {
        reads += 1
        return revision.current()
      }),
    }
    const parts = { db, clock, revision: counted }
    const [ageing, denylist] = [createAgeing(parts), createDenylist(parts)]
    for (const call of [1, 2, 3]) {
      await Promise.all([denylist.find(['jti:1']), ageing.secondsFor(clock.seconds())])
      t.is(reads, call)
    }
  })

  check('rows are read only when the revision has changed, and only the new ones', async (t) => {
    const [one, other] = await twoHandles(t)
    const loads: number[] = []
    const findMany = async (query: object) => {
      const rows = await other.db.ageing.findMany(query)
      loads.push(rows.length)
      return rows
    }
    const issuedAt = one.clock.seconds()
    const counted = createAgeing({ ...other, db: { ageing: { findMany } } as unknown as Database })
    await one.ageing.age(1)
    await one.ageing.age(2)
    await Promise.all([counted.secondsFor(issuedAt), counted.secondsFor(issuedAt)])
    t.is(await counted.secondsFor(issuedAt), 3)
    t.deepEqual(loads, [2])
    await one.ageing.age(4)
    t.is(await counted.secondsFor(issuedAt), 7)
    t.deepEqual(loads, [2, 1])
  })

  check('a load that failed is made up for', async (t) => {
    const { db, clock, revision, ageing } = await handle(t)
    const issuedAt = clock.seconds()
    let broken = true
    const findMany = (query: object) =>
      broken ? Promise.reject(new Error('out of reach')) : db.ageing.findMany(query)
    const shaky = createAgeing({
      db: { ageing: { findMany } } as unknown as Database,
      clock,
      revision,
    })
    await ageing.age(60)
    await t.throwsAsync(shaky.secondsFor(issuedAt), { message: 'out of reach' })
    broken = false
    t.is(await shaky.secondsFor(issuedAt), 60)
  })

  check('when the database counts backwards, nothing is remembered', async (t) => {
    const { db, clock, ageing, revision } = await handle(t)
    const issuedAt = clock.seconds()
    await ageing.age(60)
    await revision.bump()
    t.is(await ageing.secondsFor(issuedAt), 60)
    await db.ageing.deleteMany()
    await db.revision.update({ where: { name: 'standing' }, data: { value: 1 } })
    t.is(await ageing.secondsFor(issuedAt), 0)
  })

  check('out of reach, nothing is taken for young', async (t) => {
    const url = await migrated(t)
    const opened = await openedDatabase(t, url)
    const { db } = opened
    const ageing = createAgeing({ db, clock: someTime(), revision: createRevision(db) })
    t.is(await ageing.secondsFor(0), 0)
    await cutOff(opened, url)
    await t.throwsAsync(ageing.secondsFor(0))
    await t.throwsAsync(ageing.current())
  })
}

/** Waits by moving the clock. */
function by(clock: FixedClock) {
  return async (milliseconds: number) => clock.advance(milliseconds / 1000)
}
