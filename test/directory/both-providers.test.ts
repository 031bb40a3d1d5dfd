import { readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { digestSecretOf, userhashOf } from '../../src/lib/digest-auth.ts'
import { openedDatabase } from '../helpers/database.ts'
import { bothProviders } from '../helpers/postgres.ts'
import { issueFamily, openDirectory } from './open.ts'
import type { Directory } from './open.ts'

const text = readFileSync(path.join(import.meta.dirname, '..', '..', 'prisma', 'seed.yaml'), 'utf8')

for (const provider of await bothProviders(test)) {
  /**
   * The directory as three processes have it, on one database. SQLite gets one connection for all: its driver
   * waits for a lock without letting go of the event loop, and whoever holds the lock here needs it.
   */
  async function threeProcesses(t: ExecutionContext): Promise<[Directory, Directory, Directory]> {
    const url = await provider.migrated(t)
    const first = (await openedDatabase(t, url)).db
    const another = async () =>
      provider.provider === 'sqlite' ? first : (await openedDatabase(t, url)).db
    return [
      await openDirectory(t, first),
      await openDirectory(t, await another()),
      await openDirectory(t, await another()),
    ]
  }

  provider.test('a person is found for Digest by name and by hash', async (t) => {
    const directory = await openDirectory(
      t,
      (await openedDatabase(t, await provider.migrated(t))).db,
    )
    await (await directory.seed(text)).apply()
    const secret = digestSecretOf('alice', 'countersign', 'wonderland')
    for (const user of [{ login: 'alice' }, { userhash: userhashOf('alice', 'countersign') }]) {
      t.like(await directory.accounts.digestOf(user), { account: { sub: 'alice' }, secret })
    }
    t.deepEqual(await directory.accounts.digestOf({ userhash: 'nobody' }), {})
    t.regex((await directory.accounts.totpSecretOf('alice')) ?? '', /^[A-Z2-7]{32}$/)
  })

  provider.test('several processes that start at once load the seed once', async (t) => {
    const processes = await threeProcesses(t)
    const seeds = await Promise.all(processes.map((process) => process.seed(text)))
    const reports = await Promise.all(seeds.map((seed) => seed.apply()))
    for (const report of reports) {
      t.deepEqual(report.kept, [])
      t.is(report.people.length, 4)
      t.is(report.clients.length, 8)
    }
    for (const { accounts, clients, denylist } of processes) {
      t.is((await accounts.verify('alice', 'wonderland')).outcome, 'verified')
      t.is((await clients.find('web'))?.clientId, 'web')
      t.is((await denylist.find(['account:carol']))?.reason, 'disabled')
    }
  })

  provider.test('an edited seed, a change by hand and a reset do what they should', async (t) => {
    const [directory] = await threeProcesses(t)
    await (await directory.seed(text)).apply()
    await directory.db.account.update({ where: { sub: 'bob' }, data: { name: 'Robert' } })
    const edited = text.replace('password: builder', 'password: mason').replace('six', 'seven')
    const report = await (await directory.seed(edited)).apply()
    t.deepEqual(report.kept, ['person bob'])
    const note = await directory.db.note.findUnique({ where: { id: 'note-alice-shared' } })
    t.regex(note?.text ?? '', /at seven/)
    t.is((await directory.accounts.verify('bob', 'builder')).outcome, 'verified')
    await issueFamily(directory, 'g1', 'bob', 'web')
    await (await directory.seed(edited)).reset()
    t.is((await directory.accounts.verify('bob', 'mason')).outcome, 'verified')
    t.is((await directory.denylist.find(['grant:g1']))?.reason, 'removed')
  })

  provider.test(
    'changes to people and clients from many processes at once all take place',
    async (t) => {
      const processes = await threeProcesses(t)
      const [first, second, third] = processes
      const seed = await first.seed(text)
      await seed.apply()
      await issueFamily(first, 'g1', 'alice', 'web')
      await Promise.all([
        first.accounts.disable('alice'),
        second.clients.add({ client_id: 'one', redirect_uris: ['https://one.example/cb'] }),
        third.clients.add({ client_id: 'two', redirect_uris: ['https://two.example/cb'] }),
        second.accounts.disable('bob'),
        third.clients.remove('web'),
        first.clients.remove('spa'),
      ])
      for (const { accounts, clients, denylist } of processes) {
        t.true((await accounts.byId('alice'))?.disabled)
        t.true((await accounts.byId('bob'))?.disabled)
        const ids = (await clients.list()).map(({ clientId }) => clientId)
        t.deepEqual(ids, ['api', 'brief', 'cli', 'desk', 'one', 'service', 'tv', 'two'])
        t.is((await clients.find('one'))?.clientId, 'one')
        t.is(await clients.find('web'), undefined)
        t.truthy(await denylist.find(['grant:g1']))
      }
    },
  )

  provider.test('of two clients with one id, one is added and the other refused', async (t) => {
    const [here, there] = await threeProcesses(t)
    const input = { client_id: 'mine', redirect_uris: ['https://mine.example/cb'] }
    const results = await Promise.allSettled([here.clients.add(input), there.clients.add(input)])
    t.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    const refused = results.find((result) => result.status === 'rejected')
    t.regex(String(refused?.reason), /there is such a client already/)
  })

  provider.test('nobody is called what a database cannot hold', async (t) => {
    const [{ accounts, clients }] = await threeProcesses(t)
    t.deepEqual(await accounts.verify('a\0', 'x\0'), { outcome: 'rejected' })
    t.is(await accounts.byId('\0'), undefined)
    t.is(await clients.find('\0'), undefined)
    t.false(await accounts.disable('a\0'))
    t.false(await clients.remove('a\0'))
  })
}
