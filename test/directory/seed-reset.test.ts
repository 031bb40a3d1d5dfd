import test from 'ava'
import { StartFault } from '../../src/lib/fault.ts'
import { issueFamily, openDirectory } from './open.ts'
import { apply, seeded, small } from './small-seed.ts'

test('production loads resources only', async (t) => {
  const directory = await openDirectory(t)
  const report = await (await directory.seed(small, { profile: 'production' })).apply()
  t.deepEqual(report, { kept: [], people: [], clients: [] })
  t.deepEqual(directory.hashed, [])
  t.is(await directory.db.account.count(), 0)
  t.is(await directory.db.client.count(), 0)
  t.is(await directory.db.note.count(), 0)
  t.is(await directory.db.ledgerEntry.count(), 0)
  t.is(await directory.db.resource.count(), 1)
})

test('production removes the people whose passwords everybody knows, whatever was changed about them', async (t) => {
  const directory = await seeded(t)
  const { db, clients, accounts } = directory
  await db.account.update({ where: { sub: 'bob' }, data: { name: 'Robert' } })
  await clients.add({ client_id: 'mine', redirect_uris: ['https://mine.example/cb'] })
  await issueFamily(directory, 'g1', 'alice', 'mine')
  await (await directory.seed(small, { profile: 'production' })).apply()
  t.deepEqual(await accounts.list(), [])
  t.deepEqual(
    (await clients.list()).map(({ clientId }) => clientId),
    ['mine'],
  )
  t.is((await directory.denylist.find(['grant:g1']))?.reason, 'removed')
  t.is((await apply(directory, small)).people.length, 3)
})

test('a reset goes back to the seed and tells what it took away', async (t) => {
  const directory = await seeded(t)
  const { db, clients, accounts, denylist, clock } = directory
  await clients.add({ client_id: 'mine', redirect_uris: ['https://mine.example/cb'] })
  await clients.remove('web')
  await accounts.disable('alice')
  await accounts.enable('carol')
  await issueFamily(directory, 'g1', 'bob', 'mine')
  await db.note.create({ data: { id: 'own', text: 'x', owner: 'bob', createdAt: clock.date() } })
  await db.note.update({ where: { id: 'n1' }, data: { text: 'changed' } })
  await db.consent.create({
    data: { sub: 'bob', clientId: 'mine', resource: '', scopes: 'openid', grantedAt: clock.date() },
  })
  await db.signingKey.create({
    data: { kid: 'k1', alg: 'ES256', sealed: 'x', createdAt: clock.date() },
  })

  const { removed, report } = await (await directory.seed(small)).reset()
  t.deepEqual(removed, {
    people: [],
    clients: ['mine'],
    notes: 1,
    ledgerEntries: 0,
    consents: 1,
    sessions: 0,
  })
  t.deepEqual(report.kept, [])
  t.is(report.people.length, 3)
  t.is((await accounts.verify('alice', 'wonderland')).outcome, 'verified')
  t.is((await accounts.verify('carol', 'choir')).outcome, 'disabled')
  t.deepEqual(
    (await clients.list()).map(({ clientId }) => clientId),
    ['web'],
  )
  t.deepEqual(await db.note.findMany({ select: { id: true, text: true } }), [
    { id: 'n1', text: 'Hello' },
  ])
  t.is(await db.artifact.count(), 0)
  t.is(await db.consent.count(), 0)
  t.is(await db.signingKey.count(), 1)
  t.is(await denylist.find(['account:alice', 'client:web'], clock.seconds()), undefined)
  t.is((await denylist.find(['account:carol']))?.reason, 'disabled')
  t.is((await denylist.find(['client:mine']))?.reason, 'removed')
  t.is((await denylist.find(['grant:g1']))?.reason, 'removed')
})

test('there is no reset in production', async (t) => {
  const directory = await seeded(t)
  const seed = await directory.seed(small, { profile: 'production' })
  await t.throwsAsync(seed.reset(), { instanceOf: StartFault, message: /PROFILE=production/ })
  t.is(await directory.db.account.count(), 3)
})

test('a reset with a faulty file removes nothing', async (t) => {
  const directory = await seeded(t)
  const seed = await directory.seed('people: 7')
  await t.throwsAsync(seed.reset(), { instanceOf: StartFault })
  t.is(await directory.db.account.count(), 3)
})
