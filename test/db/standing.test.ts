/** The revision and the denylist, on both providers and seen from two handles, as from two processes. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import type { Database, OpenedDatabase } from '../../src/db/client.ts'
import { createDenylist } from '../../src/db/denylist.ts'
import { createRevision } from '../../src/db/revision.ts'
import { fixedClock } from '../../src/lib/clock.ts'
import { openedDatabase } from '../helpers/database.ts'
import { bothProviders } from '../helpers/postgres.ts'

const clock = fixedClock()
const inOneHour = () => new Date(clock.now() + 3_600_000)
const standingOf = ({ db }: Pick<OpenedDatabase, 'db'>, ownClock = clock) => {
  const revision = createRevision(db)
  return { db, revision, denylist: createDenylist({ db, clock: ownClock, revision }) }
}

for (const { test: check, migrated, cutOff } of await bothProviders(test)) {
  const handle = async (t: ExecutionContext, url?: string) =>
    standingOf(await openedDatabase(t, url ?? (await migrated(t))))
  const twoHandles = async (t: ExecutionContext) => {
    const url = await migrated(t)
    return [await handle(t, url), await handle(t, url)] as const
  }

  check('the revision begins at 0, and every bump is counted, also ten at once', async (t) => {
    const { revision } = await handle(t)
    t.is(await revision.current(), 0)
    const bumped = await Promise.all(Array.from({ length: 10 }, () => revision.bump()))
    t.deepEqual(
      bumped.sort((a, b) => a - b),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    )
    t.is(await revision.current(), 10)
  })

  check('a revision whose row is missing is made again', async (t) => {
    const { db, revision } = await handle(t)
    await db.revision.deleteMany()
    t.is(await revision.current(), 0)
    t.is(await revision.bump(), 1)
  })

  check('a bump counts when its transaction commits, not before', async (t) => {
    const { db, revision } = await handle(t)
    await db.$transaction(async (tx) => {
      t.is(await revision.bump(tx), 1)
      t.is(await revision.current(), 0)
    })
    t.is(await revision.current(), 1)
    await t.throwsAsync(
      db.$transaction(async (tx) => {
        await revision.bump(tx)
        throw new Error('no')
      }),
      { message: 'no' },
    )
    t.is(await revision.current(), 1)
  })

  check('one process sees the bump of another', async (t) => {
    const [one, other] = await twoHandles(t)
    t.is(await other.revision.current(), 0)
    await one.revision.bump()
    t.is(await other.revision.current(), 1)
  })

  check('a revision and a denylist out of reach reject', async (t) => {
    const url = await migrated(t)
    const opened = await openedDatabase(t, url)
    const { revision, denylist } = standingOf(opened)
    t.is(await denylist.find(['jti:1']), undefined)
    await cutOff(opened, url)
    await t.throwsAsync(revision.current())
    await t.throwsAsync(denylist.find(['jti:1']))
  })

  check('what one process denies, the next find of every process finds', async (t) => {
    const [one, other] = await twoHandles(t)
    t.is(await other.denylist.find(['jti:1', 'grant:1']), undefined)
    await one.denylist.deny('grant:1', 'revoked', inOneHour())
    const found = { key: 'grant:1', reason: 'revoked' }
    t.deepEqual(await other.denylist.find(['jti:1', 'grant:1']), found)
    t.deepEqual(await one.denylist.find(['jti:1', 'grant:1']), found)
    t.is(await other.denylist.find(['jti:1']), undefined)
  })

  check('many finds at once see every denial that came before them', async (t) => {
    const [one, other] = await twoHandles(t)
    const finds: Promise<boolean>[] = []
    for (let step = 0; step < 40; step++) {
      await one.denylist.deny(`jti:${step}`, 'revoked', inOneHour())
      for (let back = 0; back <= step; back += 7) {
        finds.push(other.denylist.find([`jti:${step - back}`]).then((found) => found !== undefined))
      }
    }
    t.true((await Promise.all(finds)).every(Boolean))
  })

  check('a lifted denial is forgotten by every process, and can be denied again', async (t) => {
    const [one, other] = await twoHandles(t)
    await one.denylist.deny('account:carol', 'disabled')
    t.truthy(await other.denylist.find(['account:carol']))
    await one.denylist.lift('account:carol')
    t.is(await other.denylist.find(['account:carol']), undefined)
    t.is(await one.denylist.find(['account:carol']), undefined)
    await other.denylist.deny('account:carol', 'again')
    t.deepEqual(await one.denylist.find(['account:carol']), {
      key: 'account:carol',
      reason: 'again',
    })
    await one.denylist.deny('client:web', 'removed')
    await one.denylist.liftAll()
    t.is(await other.denylist.find(['account:carol', 'client:web']), undefined)
  })

  check('lifting what was never denied does nothing', async (t) => {
    const { denylist } = await handle(t)
    await denylist.lift('account:nobody')
    t.is(await denylist.find(['account:nobody']), undefined)
  })

  check('denying again never ends a denial sooner, and takes the new reason', async (t) => {
    const { db, denylist } = await handle(t)
    const soon = new Date(clock.now() + 1000)
    const expiryOf = async (key: string) =>
      (await db.denial.findUniqueOrThrow({ where: { key } })).expiresAt
    const later = inOneHour()
    await denylist.deny('jti:1', 'first', later)
    await denylist.deny('jti:1', 'second', soon)
    t.deepEqual(await expiryOf('jti:1'), later)
    t.is((await denylist.find(['jti:1']))?.reason, 'second')
    await denylist.deny('jti:1', 'third')
    await denylist.deny('jti:1', 'third', later)
    t.is(await expiryOf('jti:1'), null)
    // A lifted denial begins anew.
    await denylist.lift('jti:1')
    await denylist.deny('jti:1', 'fourth', soon)
    t.deepEqual(await expiryOf('jti:1'), soon)
  })

  check('an expired denial is not found, nor loaded', async (t) => {
    const ownClock = fixedClock()
    const url = await migrated(t)
    const one = standingOf(await openedDatabase(t, url), ownClock)
    await one.denylist.deny('jti:1', 'revoked', new Date(ownClock.now() + 60_000))
    ownClock.advance(59)
    t.truthy(await one.denylist.find(['jti:1']))
    ownClock.advance(1)
    t.is(await one.denylist.find(['jti:1']), undefined)
    const other = standingOf(await openedDatabase(t, url), ownClock)
    t.is(await other.denylist.find(['jti:1']), undefined)
  })

  check('many keys are denied in one transaction and one revision', async (t) => {
    const { denylist, revision } = await handle(t)
    const keys = Array.from({ length: 1200 }, (_, index) => `jti:${index}`)
    await denylist.denyMany(keys.slice(0, 10), 'before', inOneHour())
    await denylist.denyMany([...keys, ...keys], 'revoked', inOneHour())
    t.is(await revision.current(), 2)
    for (const key of ['jti:0', 'jti:499', 'jti:500', 'jti:1199']) {
      t.deepEqual(await denylist.find([key]), { key, reason: 'revoked' })
    }
    await denylist.denyMany([], 'nothing')
    t.is(await revision.current(), 2)
  })

  check('a denial in a caller’s transaction stands or falls with it', async (t) => {
    const { db, denylist } = await handle(t)
    await t.throwsAsync(
      db.$transaction(async (tx) => {
        await denylist.deny('jti:1', 'revoked', undefined, tx)
        throw new Error('no')
      }),
    )
    t.is(await denylist.find(['jti:1']), undefined)
    await db.$transaction((tx) => denylist.deny('jti:1', 'revoked', undefined, tx))
    t.truthy(await denylist.find(['jti:1']))
    await db.$transaction((tx) => denylist.lift('jti:1', tx))
    t.is(await denylist.find(['jti:1']), undefined)
  })

  check('ten denials of one key at once all succeed', async (t) => {
    const { denylist, revision } = await handle(t)
    const denials = Array.from({ length: 10 }, () => denylist.deny('jti:1', 'revoked', inOneHour()))
    await Promise.all(denials)
    t.truthy(await denylist.find(['jti:1']))
    t.is(await revision.current(), 10)
  })

  check(
    'rows are read only when the revision has changed, and only the changed ones',
    async (t) => {
      const [one, other] = await twoHandles(t)
      const loads: number[] = []
      const findMany = async (query: object) => {
        const rows = await other.db.denial.findMany(query)
        loads.push(rows.length)
        return rows
      }
      const counted = createDenylist({
        db: { denial: { findMany } } as unknown as Database,
        clock,
        revision: other.revision,
      })
      await one.denylist.denyMany(['jti:1', 'jti:2'], 'revoked', inOneHour())
      await Promise.all([counted.find(['jti:1']), counted.find(['jti:2']), counted.find(['jti:3'])])
      await counted.find(['jti:1'])
      t.deepEqual(loads, [2])
      await one.denylist.deny('jti:3', 'revoked', inOneHour())
      t.truthy(await counted.find(['jti:1']))
      t.deepEqual(loads, [2, 1])
    },
  )

  check('a load that failed is made up for', async (t) => {
    const { db, revision, denylist } = await handle(t)
    let broken = true
    const findMany = (query: object) =>
      broken ? Promise.reject(new Error('out of reach')) : db.denial.findMany(query)
    const shaky = createDenylist({
      db: { denial: { findMany } } as unknown as Database,
      clock,
      revision,
    })
    await denylist.deny('jti:1', 'revoked', inOneHour())
    await t.throwsAsync(shaky.find(['jti:1']), { message: 'out of reach' })
    broken = false
    t.truthy(await shaky.find(['jti:1']))
  })

  check('when the database counts backwards, nothing is remembered', async (t) => {
    const { db, denylist, revision } = await handle(t)
    await denylist.denyMany(['jti:1'], 'revoked')
    await revision.bump()
    t.truthy(await denylist.find(['jti:1']))
    await db.denial.deleteMany()
    await db.revision.update({ where: { name: 'standing' }, data: { value: 1 } })
    t.is(await denylist.find(['jti:1']), undefined)
  })
}
