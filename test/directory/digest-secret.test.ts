/** What is kept for Digest and for one-time codes: for whom, sealed, and for how long it opens a door. */
import test from 'ava'
import { digestSecretOf, userhashOf } from '../../src/lib/digest-auth.ts'
import { createSecrets } from '../../src/lib/secrets.ts'
import { createAccounts } from '../../src/directory/accounts.ts'
import { apply, edited, seeded } from './small-seed.ts'

const REALM = 'countersign'
const secretOfAlice = digestSecretOf('alice', REALM, 'wonderland')
const hashOfAlice = userhashOf('alice', REALM)

test('a person of the seed file has H(A1), found by name and by H(user:realm)', async (t) => {
  const { accounts, db } = await seeded(t)
  for (const user of [{ login: 'alice' }, { userhash: hashOfAlice }]) {
    t.like(await accounts.digestOf(user), { account: { sub: 'alice' }, secret: secretOfAlice })
  }
  const row = await db.account.findUniqueOrThrow({ where: { sub: 'alice' } })
  t.is(row.digestUser, hashOfAlice)
  t.false(row.digestSecret?.includes(secretOfAlice), 'it is sealed')
})

test('of others there is nothing for Digest', async (t) => {
  const { accounts, db, clock } = await seeded(t)
  await db.account.create({
    data: { sub: 'dora', login: 'dora', passwordHash: '', updatedAt: clock.date() },
  })
  t.like(await accounts.digestOf({ login: 'dora' }), { account: { sub: 'dora' } })
  t.is((await accounts.digestOf({ login: 'dora' })).secret, undefined)
  for (const login of ['nobody', 'alice\0', '']) t.deepEqual(await accounts.digestOf({ login }), {})
  t.deepEqual(await accounts.digestOf({ userhash: userhashOf('nobody', REALM) }), {})
})

test('it is not used for somebody who is not the seed’s, even where a row still has it', async (t) => {
  const { accounts, db } = await seeded(t)
  await db.account.update({ where: { sub: 'alice' }, data: { seeded: false } })
  t.is((await accounts.digestOf({ login: 'alice' })).secret, undefined)
  t.deepEqual(await accounts.digestOf({ userhash: hashOfAlice }), {})
})

test('it is dead once the password is another, by whatever way that came', async (t) => {
  const { accounts, db, hashing } = await seeded(t)
  const passwordHash = await hashing.hash('a better one')
  await db.account.update({ where: { sub: 'alice' }, data: { passwordHash } })
  t.is((await accounts.digestOf({ login: 'alice' })).secret, undefined)
})

test('it is dead under another name, and opens no other account', async (t) => {
  const { accounts, db } = await seeded(t)
  const alice = await db.account.findUniqueOrThrow({ where: { sub: 'alice' } })
  const { digestSecret } = alice
  await db.account.update({ where: { sub: 'bob' }, data: { digestSecret } })
  t.is((await accounts.digestOf({ login: 'bob' })).secret, undefined)
  await db.account.update({ where: { sub: 'alice' }, data: { login: 'alicia' } })
  t.is((await accounts.digestOf({ login: 'alicia' })).secret, undefined)
  t.is((await accounts.digestOf({ userhash: hashOfAlice })).secret, undefined)
})

test('it goes when the row is the seed’s no longer', async (t) => {
  const directory = await seeded(t)
  await directory.db.account.update({ where: { sub: 'carol' }, data: { name: 'Caroline' } })
  await apply(directory, edited('  - { login: carol, password: choir, disabled: true }\n', ''))
  t.like(await directory.db.account.findUnique({ where: { sub: 'carol' } }), {
    name: 'Caroline',
    seeded: false,
    digestUser: null,
    digestSecret: null,
  })
})

const KEY = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'

test('the key of one-time codes is kept sealed, and follows the file', async (t) => {
  const directory = await seeded(t)
  const { accounts, db } = directory
  t.is(await accounts.totpSecretOf('bob'), undefined)
  t.is(await accounts.totpSecretOf('nobody'), undefined)
  await apply(directory, edited('password: builder', `password: builder, totp_secret: ${KEY}`))
  t.is(await accounts.totpSecretOf('bob'), KEY)
  const row = await db.account.findUniqueOrThrow({ where: { sub: 'bob' } })
  t.false(row.totpSecret?.includes(KEY))
  await apply(directory, edited('password: builder', 'password: builder'))
  t.is(await accounts.totpSecretOf('bob'), undefined)
})

test('what another master secret sealed is of no use, and no fault', async (t) => {
  const directory = await seeded(t)
  await apply(directory, edited('password: builder', `password: builder, totp_secret: ${KEY}`))
  const secrets = createSecrets('another master secret, long enough too')
  const accounts = createAccounts({ ...directory, secrets })
  t.is(await accounts.totpSecretOf('bob'), undefined)
  t.is((await accounts.digestOf({ login: 'bob' })).secret, undefined)
})
