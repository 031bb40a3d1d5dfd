import test from 'ava'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createResources } from '../../src/directory/resources.ts'
import { createSeed } from '../../src/directory/seed.ts'
import { readSeedFile } from '../../src/directory/seed/file.ts'
import { canonicalJson } from '../../src/directory/seed/kinds.ts'
import { fingerprint } from '../../src/lib/secrets.ts'
import { issueFamily, issuer, openDirectory, watched } from './open.ts'
import { apply, edited, seeded, small } from './small-seed.ts'

/** The seed file that comes with the program. */
const ownFile = path.join(import.meta.dirname, '..', '..', 'prisma', 'seed.yaml')

test('the first start loads everything in the file', async (t) => {
  const directory = await openDirectory(t)
  const { accounts, clients, db } = directory
  const report = await apply(directory, small)
  t.deepEqual(report, {
    kept: [],
    people: [
      { login: 'alice', password: 'wonderland', note: 'the first' },
      { login: 'bob', password: 'builder', note: '' },
      { login: 'carol', password: 'choir', note: '' },
    ],
    clients: [{ clientId: 'web', secret: 'web-secret', kind: 'a web app' }],
  })
  t.like(await accounts.verify('alice', 'wonderland'), {
    outcome: 'verified',
    account: { sub: 'alice', name: 'Alice', seeded: true },
  })
  t.like(await clients.find('web'), {
    seeded: true,
    metadata: { redirect_uris: ['http://localhost:3000/callback', `${issuer}/demo/callback`] },
  })
  t.like(await db.note.findUnique({ where: { id: 'n1' }, include: { shares: true } }), {
    text: 'Hello',
    owner: 'alice',
    createdAt: new Date('2026-01-05T09:00:00Z'),
    shares: [{ noteId: 'n1', sub: 'bob' }],
  })
  t.like(await db.ledgerEntry.findUnique({ where: { id: 'e1' } }), { owner: 'bob', amount: -4800 })
})

test('a person who is disabled in the file is denied at once', async (t) => {
  const { accounts, denylist } = await seeded(t)
  t.deepEqual(await accounts.verify('carol', 'choir'), { outcome: 'disabled' })
  t.is((await denylist.find(['account:carol']))?.reason, 'disabled')
  t.is(await denylist.find(['account:alice']), undefined)
})

test('a second start writes nothing and hashes no password', async (t) => {
  const directory = await seeded(t)
  const refusing = watched(directory.db, (member) => {
    if (member === '$transaction') throw new Error('nothing may be written')
  })
  const first = createSeed({ ...directory, file: ownFile, profile: 'local' })
  const loaded = await first.apply()
  directory.hashed.length = 0
  const again = createSeed({ ...directory, db: refusing, file: ownFile, profile: 'local' })
  t.deepEqual(await again.apply(), loaded)
  t.deepEqual(directory.hashed, [])
})

test('an edited entry follows, and only its password is hashed', async (t) => {
  const directory = await seeded(t)
  const report = await apply(directory, edited('password: builder', 'password: mason, name: Bob'))
  t.deepEqual(report.kept, [])
  t.deepEqual(directory.hashed, ['mason'])
  t.like(await directory.accounts.verify('bob', 'mason'), { account: { name: 'Bob' } })
  t.is((await directory.accounts.verify('bob', 'builder')).outcome, 'rejected')
})

test('an edited client follows, also in a process that remembers it', async (t) => {
  const directory = await seeded(t)
  await directory.clients.find('web')
  await apply(directory, edited('web-secret', 'new-secret'))
  const fingerprint = (await directory.clients.find('web'))?.secretFingerprint ?? ''
  t.true(directory.clients.verifySecret(fingerprint, 'new-secret'))
})

test('notes, their readers, ledger entries and resources follow the file', async (t) => {
  const directory = await seeded(t)
  const text = edited('shared_with: [bob]', 'shared_with: [carol, bob]')
    .replace('amount: -4800', 'amount: -4900')
    .replace('Read notes', 'Read all notes')
  t.deepEqual((await apply(directory, text)).kept, [])
  const shares = await directory.db.noteShare.findMany({ orderBy: { sub: 'asc' } })
  t.deepEqual(
    shares.map(({ sub }) => sub),
    ['bob', 'carol'],
  )
  t.is((await directory.db.ledgerEntry.findFirst())?.amount, -4900)
  const resources = await createResources({ db: directory.db, issuer })
  t.deepEqual(resources.byIdentifier(`${issuer}/api`)?.scopes, { 'notes:read': 'Read all notes' })
})

test('a row changed by hand wins over an edited entry, and is named at each start', async (t) => {
  const directory = await seeded(t)
  const { db } = directory
  await db.account.update({ where: { sub: 'bob' }, data: { name: 'Robert' } })
  await db.noteShare.create({ data: { noteId: 'n1', sub: 'carol' } })
  await db.client.update({ where: { clientId: 'web' }, data: { secretFingerprint: 'mine' } })
  const text = edited('password: builder', 'password: mason')
    .replace('text: Hello', 'text: Good day')
    .replace('web-secret', 'new-secret')
  for (let start = 1; start <= 2; start++) {
    const report = await apply(directory, text)
    t.deepEqual(report.kept, ['person bob', 'client web', 'note n1'])
    t.regex(report.people[1]?.note ?? '', /changed by hand/)
    t.regex(report.clients[0]?.kind ?? '', /^a web app; changed by hand/)
  }
  t.deepEqual(directory.hashed, [])
  t.is((await db.account.findUnique({ where: { sub: 'bob' } }))?.name, 'Robert')
  t.is((await db.note.findUnique({ where: { id: 'n1' } }))?.text, 'Hello')
})

test('a row changed by hand is left in peace while its entry stays as it is', async (t) => {
  const directory = await seeded(t)
  await directory.accounts.disable('bob')
  const report = await apply(directory, small)
  t.deepEqual(report.kept, [])
  t.regex(report.people[1]?.note ?? '', /changed by hand/)
  t.true((await directory.accounts.byId('bob'))?.disabled)
})

test('a change by hand that was taken back does not stand in the way', async (t) => {
  const directory = await seeded(t)
  await directory.accounts.disable('bob')
  directory.clock.advance(60)
  await directory.accounts.enable('bob')
  t.deepEqual((await apply(directory, edited('builder', 'mason'))).kept, [])
  t.is((await directory.accounts.verify('bob', 'mason')).outcome, 'verified')
})

test('an entry that is gone from the file takes its row along, and what was issued', async (t) => {
  const directory = await seeded(t)
  await issueFamily(directory, 'g1', 'alice', 'web')
  await issueFamily(directory, 'g2', 'bob', 'web')
  const text = edited('  - { login: bob, password: builder }\n', '')
    .replace('shared_with: [bob], ', '')
    .replace('owner: bob', 'owner: alice')
  const report = await apply(directory, text)
  t.deepEqual(report.kept, [])
  t.is(await directory.accounts.byId('bob'), undefined)
  t.is((await directory.denylist.find(['grant:g2']))?.reason, 'removed')
  t.is(await directory.denylist.find(['grant:g1']), undefined)

  const without = text.replace(/clients:[^]*resources:/, 'resources:')
  await apply(directory, without)
  t.deepEqual(await directory.clients.list(), [])
  t.is((await directory.denylist.find(['client:web']))?.reason, 'removed')

  await apply(directory, text)
  t.is((await directory.clients.find('web'))?.clientId, 'web')
  t.is(await directory.denylist.find(['client:web'], directory.clock.seconds()), undefined)
})

test('a row changed by hand stays when its entry is gone, is named once, and is the seed’s no longer', async (t) => {
  const directory = await seeded(t)
  await directory.db.account.update({ where: { sub: 'carol' }, data: { name: 'Caroline' } })
  const text = edited('  - { login: carol, password: choir, disabled: true }\n', '')
  t.deepEqual((await apply(directory, text)).kept, ['person carol'])
  t.false((await directory.accounts.byId('carol'))?.seeded)
  t.deepEqual((await apply(directory, text)).kept, [])
  t.is((await directory.accounts.byId('carol'))?.name, 'Caroline')
})

test('a row removed by hand stays removed, and the report does not offer it', async (t) => {
  const directory = await seeded(t)
  await directory.clients.remove('web')
  await directory.db.note.delete({ where: { id: 'n1' } })
  const second = await apply(directory, small)
  t.deepEqual(second.kept, [])
  t.deepEqual(second.clients, [])
  const third = await apply(directory, edited('web-secret', 'new-secret'))
  t.deepEqual(third.kept, ['client web'])
  t.deepEqual(third.clients, [])
  t.is(await directory.clients.find('web'), undefined)
  t.is(await directory.db.note.count(), 0)
})

test('a row that was there before its entry wins', async (t) => {
  const directory = await openDirectory(t)
  await directory.clients.add({ client_id: 'web', redirect_uris: ['https://mine.example/cb'] })
  const report = await apply(directory, small)
  t.deepEqual(report.kept, ['client web'])
  t.deepEqual(report.clients, [])
  t.deepEqual((await directory.clients.find('web'))?.metadata.redirect_uris, [
    'https://mine.example/cb',
  ])
})

test('with another master secret the clients’ secrets are written again', async (t) => {
  const directory = await seeded(t)
  const before = await directory.db.client.findUniqueOrThrow({ where: { clientId: 'web' } })
  const seed = await directory.seed(small, { master: 'another master secret, long enough too' })
  t.deepEqual((await seed.apply()).kept, [])
  const after = await directory.db.client.findUniqueOrThrow({ where: { clientId: 'web' } })
  t.not(after.secretFingerprint, before.secretFingerprint)
})

test('no password and no secret of the file can be read in the database, nor a plain hash of an entry', async (t) => {
  const directory = await openDirectory(t)
  const { db } = directory
  await apply(directory, readFileSync(ownFile, 'utf8'))
  const rows = JSON.stringify([
    await db.account.findMany(),
    await db.client.findMany(),
    await db.seedEntry.findMany(),
  ])
  const { people } = await readSeedFile(ownFile, issuer)
  const keys = people.flatMap(({ totp_secret }) => totp_secret ?? [])
  t.is(new Set(keys).size, 3, 'alice, bob and admin have a second step, each its own')
  for (const word of ['wonderland', 'builder', 'web-secret', ...keys]) {
    t.false(rows.includes(word), word)
  }
  const [alice] = people
  t.truthy(alice)
  t.false(rows.includes(fingerprint(canonicalJson(alice))))
})

test('several processes that start at once on an empty database load the file once', async (t) => {
  const directory = await openDirectory(t)
  const seeds = await Promise.all([1, 2, 3].map(() => directory.seed(small)))
  const reports = await Promise.all(seeds.map((seed) => seed.apply()))
  for (const report of reports) t.deepEqual(report.kept, [])
  t.is(await directory.db.account.count(), 3)
  t.is(await directory.db.seedEntry.count(), 7)
})

test('the file that comes with the program is what the README promises', async (t) => {
  const directory = await openDirectory(t)
  const report = await apply(directory, readFileSync(ownFile, 'utf8'))
  t.deepEqual(
    report.people.map(({ login, password }) => `${login}/${password}`),
    ['alice/wonderland', 'bob/builder', 'carol/choir', 'admin/admin'],
  )
  t.deepEqual(
    report.clients.map(({ clientId, secret }) => `${clientId}/${secret ?? '–'}`),
    [
      'web/web-secret',
      'spa/–',
      'cli/–',
      'tv/–',
      'service/service-secret',
      'desk/–',
      'brief/brief-secret',
      'api/api-secret',
    ],
  )
  const resources = await createResources({ db: directory.db, issuer })
  t.deepEqual(
    resources.all().map(({ identifier, format, accessTokenTtl, scopes }) => ({
      identifier,
      format,
      accessTokenTtl,
      scopes: Object.keys(scopes),
    })),
    [
      {
        identifier: `${issuer}/api`,
        format: 'jwt',
        accessTokenTtl: 300,
        scopes: ['notes:read', 'notes:write', 'transfers:write'],
      },
      {
        identifier: `${issuer}/ledger`,
        format: 'opaque',
        accessTokenTtl: 300,
        scopes: ['ledger:read'],
      },
    ],
  )
})
