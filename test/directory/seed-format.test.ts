/** A database loaded by a version that made less of each entry: what is new follows at the next start, and nothing else. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { createSeed } from '../../src/directory/seed.ts'
import { canonicalJson, rowFingerprint } from '../../src/directory/seed/kinds.ts'
import { readSeedFile } from '../../src/directory/seed/file.ts'
import { seedKinds } from '../../src/directory/seed/plan.ts'
import { digestSecretOf } from '../../src/lib/digest-auth.ts'
import { temporaryFolder } from '../helpers/database.ts'
import { issuer, watched } from './open.ts'
import type { Directory } from './open.ts'
import { apply, edited, seeded, small } from './small-seed.ts'

/** The file's path, and a directory as the version before left it: no columns for Digest, entries under their first marks. */
async function fromBefore(t: ExecutionContext): Promise<Directory & { file: string }> {
  const directory = await seeded(t)
  const { db, secrets } = directory
  const file = path.join(await temporaryFolder(t), 'seed.yaml')
  writeFileSync(file, small)
  await db.account.updateMany({ data: { digestUser: null, digestSecret: null } })
  for (const entry of (await readSeedFile(file, issuer)).people) {
    const id = entry.login
    const rows = await seedKinds.person.rows(db, [id])
    await db.seedEntry.update({
      where: { kind_id: { kind: 'person', id } },
      data: {
        entry: secrets.mac('seed-entry', canonicalJson(entry)),
        row: rowFingerprint(rows.get(id) ?? {}),
      },
    })
  }
  return { ...directory, file }
}

const everythingBut = async ({ db }: Directory, sub: string) => [
  await db.account.findMany({ where: { sub: { not: sub } }, orderBy: { sub: 'asc' } }),
  await db.client.findMany(),
  await db.resource.findMany(),
  await db.note.findMany(),
  await db.noteShare.findMany(),
  await db.ledgerEntry.findMany(),
  await db.denial.findMany(),
  await db.artifact.findMany(),
]

test('people loaded before there was Digest get it at the next start, though the file is the same', async (t) => {
  const directory = await fromBefore(t)
  t.is((await directory.accounts.digestOf({ login: 'alice' })).secret, undefined)
  const report = await apply(directory, small)
  t.deepEqual(report.kept, [])
  t.deepEqual(
    report.people.map(({ note }) => note),
    ['the first', '', ''],
  )
  t.deepEqual(await directory.accounts.digestOf({ login: 'alice' }), {
    account: await directory.accounts.byLogin('alice'),
    secret: digestSecretOf('alice', 'countersign', 'wonderland'),
  })
  t.is((await directory.accounts.verify('bob', 'builder')).outcome, 'verified')
  t.deepEqual(await directory.accounts.verify('carol', 'choir'), { outcome: 'disabled' })
})

test('after that a start writes nothing and hashes no password', async (t) => {
  const directory = await fromBefore(t)
  const first = await apply(directory, small)
  directory.hashed.length = 0
  const refusing = watched(directory.db, (member) => {
    if (member === '$transaction') throw new Error('nothing may be written')
  })
  const again = createSeed({ ...directory, db: refusing, profile: 'local' })
  t.deepEqual(await again.apply(), first)
  t.deepEqual(directory.hashed, [])
})

test('a row changed by hand is not written over, gets nothing, and is not named', async (t) => {
  const directory = await fromBefore(t)
  await directory.db.account.update({ where: { sub: 'bob' }, data: { name: 'Robert' } })
  const before = await directory.db.account.findUnique({ where: { sub: 'bob' } })
  for (let start = 1; start <= 2; start++) {
    t.deepEqual((await apply(directory, small)).kept, [])
    t.deepEqual(await directory.db.account.findUnique({ where: { sub: 'bob' } }), before)
  }
  t.truthy((await directory.accounts.digestOf({ login: 'alice' })).secret)
  t.deepEqual((await apply(directory, edited('builder', 'mason'))).kept, ['person bob'])
})

test('a person removed by hand stays removed', async (t) => {
  const directory = await fromBefore(t)
  await directory.db.account.delete({ where: { sub: 'bob' } })
  t.deepEqual((await apply(directory, small)).kept, [])
  t.is(await directory.accounts.byId('bob'), undefined)
})

test('nothing but the people’s own rows is touched, not even what was denied', async (t) => {
  const directory = await fromBefore(t)
  const { db, denylist } = directory
  await db.account.updateMany({ where: { sub: { not: 'alice' } }, data: { picture: 'mine' } })
  await denylist.deny('account:alice', 'for a reason of its own')
  const before = await everythingBut(directory, 'alice')
  await apply(directory, small)
  t.deepEqual(await everythingBut(directory, 'alice'), before)
  t.truthy(await denylist.find(['account:alice']))
})
