/** Values used once, and the sweeping of what has expired. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { createOnce } from '../../src/db/once.ts'
import { sweep } from '../../src/db/sweep.ts'
import { fixedClock } from '../../src/lib/clock.ts'
import { openedDatabase } from '../helpers/database.ts'
import { bothProviders } from '../helpers/postgres.ts'

for (const { provider, test: check, migrated } of await bothProviders(test)) {
  const setUp = async (t: ExecutionContext) => {
    const url = await migrated(t)
    const clock = fixedClock()
    const { db } = await openedDatabase(t, url)
    const after = (seconds: number) => new Date(clock.now() + seconds * 1000)
    return { url, db, clock, after, once: createOnce({ db, clock }) }
  }

  check('a value is new the first time only', async (t) => {
    const { once, after } = await setUp(t)
    t.true(await once.use('proof:1', after(60)))
    t.false(await once.use('proof:1', after(60)))
    t.true(await once.use('proof:2', after(60)))
  })

  check('of ten uses at once, from two processes, exactly one is the first', async (t) => {
    const { url, once, clock, after } = await setUp(t)
    const other = createOnce({ db: (await openedDatabase(t, url)).db, clock })
    const uses = Array.from({ length: 10 }, (_, index) =>
      (index % 2 ? other : once).use('proof:1', after(60)),
    )
    t.is((await Promise.all(uses)).filter(Boolean).length, 1)
  })

  check('an expired use is taken over by exactly one of ten', async (t) => {
    const { db, once, clock, after } = await setUp(t)
    await once.use('proof:1', after(60))
    clock.advance(59)
    t.false(await once.use('proof:1', after(60)))
    clock.advance(1)
    const uses = Array.from({ length: 10 }, () => once.use('proof:1', after(60)))
    t.is((await Promise.all(uses)).filter(Boolean).length, 1)
    t.deepEqual(await db.onceValue.findMany(), [
      { key: 'proof:1', highest: 0, expiresAt: after(60) },
    ])
  })

  check('the time zone of the server does not matter', async (t) => {
    const { url, db, clock, after, once } = await setUp(t)
    if (provider === 'postgresql') {
      const name = new URL(url).pathname.slice(1)
      await db.$executeRawUnsafe(`ALTER DATABASE ${name} SET timezone = 'America/New_York'`)
    }
    // The setting holds for new connections.
    const fresh = createOnce({ db: (await openedDatabase(t, url)).db, clock })
    t.true(await fresh.use('proof:1', after(60)))
    t.false(await once.use('proof:1', after(60)))
    clock.advance(60)
    t.true(await once.use('proof:1', after(60)))
    t.false(await fresh.use('proof:1', after(60)))
    t.deepEqual((await db.onceValue.findFirstOrThrow()).expiresAt, after(60))
  })

  check('a counter goes up only, and by any step', async (t) => {
    const { db, once, after } = await setUp(t)
    const use = (number: number) => once.useHigher('nonce:1', number, after(60))
    t.deepEqual(
      [await use(1), await use(1), await use(2), await use(7), await use(3), await use(7)],
      [true, false, true, true, false, false],
    )
    t.true(await use(2 ** 31 - 1))
    t.true(await once.useHigher('nonce:2', 1, after(60)), 'another counter is another matter')
    t.deepEqual(await db.onceValue.findUnique({ where: { key: 'nonce:1' } }), {
      key: 'nonce:1',
      highest: 2 ** 31 - 1,
      expiresAt: after(60),
    })
  })

  check('of ten equal counts at once, from two processes, exactly one passes', async (t) => {
    const { url, once, clock, after } = await setUp(t)
    const other = createOnce({ db: (await openedDatabase(t, url)).db, clock })
    for (const number of [1, 2]) {
      const uses = Array.from({ length: 10 }, (_, index) =>
        (index % 2 ? other : once).useHigher('nonce:1', number, after(60)),
      )
      t.is((await Promise.all(uses)).filter(Boolean).length, 1)
    }
  })

  check('what has expired is swept, batch by batch, and the rest stays', async (t) => {
    const { db, clock, after, once } = await setUp(t)
    const artifact = (model: string, idHash: string, expiresAt: Date) => ({
      model,
      idHash,
      payload: '{}',
      createdAt: clock.date(),
      expiresAt,
    })
    const day = 24 * 60 * 60
    const codes = ['a', 'b', 'c', 'd', 'e']
    await db.artifact.createMany({
      data: [
        ...codes.map((id) => artifact('AuthorizationCode', id, after(-1))),
        artifact('Session', 'just now', after(0)),
        artifact('AccessToken', 'alive', after(1)),
        artifact('Interaction', 'restarts', after(1 - day)),
        artifact('Interaction', 'gone', after(-day)),
        artifact('DeviceCode', 'told', after(1 - day)),
        artifact('DeviceCode', 'untold', after(-day)),
      ],
    })
    const sessionClient = { payload: '{}', clientId: 'web' }
    await db.sessionClient.createMany({
      data: [
        { ...sessionClient, sessionUid: 'old', expiresAt: after(-1) },
        { ...sessionClient, sessionUid: 'new', expiresAt: after(1) },
      ],
    })
    const denial = { reason: 'revoked', revision: 1, deniedAt: new Date(0) }
    await db.denial.createMany({
      data: [
        { ...denial, key: 'jti:old', expiresAt: after(-1) },
        { ...denial, key: 'jti:new', expiresAt: after(1) },
        { ...denial, key: 'account:carol', expiresAt: null },
      ],
    })
    await once.use('old', after(-1))
    await once.use('new', after(1))
    const throttle = { count: 3 }
    await db.throttle.createMany({
      data: [
        { ...throttle, key: 'old', expiresAt: after(-1) },
        { ...throttle, key: 'just now', expiresAt: after(0) },
        { ...throttle, key: 'new', expiresAt: after(1) },
      ],
    })

    const delivery = { clientId: 'web', sub: 'alice', createdAt: new Date(0) }
    await db.logoutDelivery.createMany({
      data: [
        { ...delivery, id: 'old', expiresAt: after(-1) },
        { ...delivery, id: 'new', expiresAt: after(1) },
      ],
    })
    // Thirty days and an hour is the longest that anything lives which an ageing makes older.
    await db.ageing.createMany({
      data: [-32 * day, -31 * day - 1, -31 * day, -30 * day, 0].map((since, index) => ({
        at: after(since),
        seconds: index,
      })),
    })

    t.deepEqual(await sweep({ db, clock, batch: 2 }), {
      artifacts: 8,
      sessionClients: 1,
      denials: 1,
      onceValues: 1,
      throttles: 2,
      logoutDeliveries: 1,
      ageings: 2,
    })
    const ageings = await db.ageing.findMany({ orderBy: { id: 'asc' } })
    t.deepEqual(
      ageings.map(({ seconds }) => seconds),
      [2, 3, 4],
    )
    const left = await db.artifact.findMany({ orderBy: { idHash: 'asc' } })
    t.deepEqual(
      left.map(({ idHash }) => idHash),
      ['alive', 'restarts', 'told'],
    )
    t.deepEqual(
      (await db.sessionClient.findMany()).map(({ sessionUid }) => sessionUid),
      ['new'],
    )
    const denials = await db.denial.findMany({ orderBy: { key: 'asc' } })
    t.deepEqual(
      denials.map(({ key }) => key),
      ['account:carol', 'jti:new'],
    )
    t.deepEqual(
      (await db.onceValue.findMany()).map(({ key }) => key),
      ['new'],
    )
    t.deepEqual(
      (await db.throttle.findMany()).map(({ key }) => key),
      ['new'],
    )
    t.deepEqual(
      (await db.logoutDelivery.findMany()).map(({ id }) => id),
      ['new'],
    )
    const again = await sweep({ db, clock })
    t.true(Object.values(again).every((count) => count === 0))
  })
}
