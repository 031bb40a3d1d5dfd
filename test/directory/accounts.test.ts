import test from 'ava'
import { issueFamily, openDirectory } from './open.ts'
import type { Directory } from './open.ts'

async function addAlice({ db, hashing, clock }: Directory) {
  await db.account.create({
    data: {
      sub: 'sub-1',
      login: 'alice',
      passwordHash: await hashing.hash('wonderland'),
      name: 'Alice Liddell',
      email: 'alice@example.com',
      emailVerified: true,
      roles: 'member admin',
      updatedAt: clock.date(),
    },
  })
}

test('an account is found by subject and by login, with the fields it has', async (t) => {
  const directory = await openDirectory(t)
  await addAlice(directory)
  const account = await directory.accounts.byId('sub-1')
  t.deepEqual(account, {
    sub: 'sub-1',
    login: 'alice',
    name: 'Alice Liddell',
    email: 'alice@example.com',
    emailVerified: true,
    roles: ['member', 'admin'],
    disabled: false,
    seeded: false,
    updatedAt: directory.clock.seconds(),
  })
  t.deepEqual(await directory.accounts.byLogin('alice'), account)
  t.deepEqual(await directory.accounts.list(), [account])
  t.is(await directory.accounts.byId('alice'), undefined)
})

test('the right password verifies, a wrong one and an unknown person are rejected alike', async (t) => {
  const directory = await openDirectory(t)
  await addAlice(directory)
  const { accounts } = directory
  t.like(await accounts.verify('alice', 'wonderland'), {
    outcome: 'verified',
    account: { sub: 'sub-1' },
  })
  t.deepEqual(await accounts.verify('alice', 'Wonderland'), { outcome: 'rejected' })
  t.deepEqual(await accounts.verify('nobody', 'wonderland'), { outcome: 'rejected' })
  t.deepEqual(await accounts.verify('alice\0', 'wonderland'), { outcome: 'rejected' })
})

test('a password is checked with the same work for people who do not exist', async (t) => {
  const directory = await openDirectory(t)
  await addAlice(directory)
  const checked: string[] = []
  const { createAccounts } = await import('../../src/directory/accounts.ts')
  const accounts = createAccounts({
    ...directory,
    hashing: {
      ...directory.hashing,
      verify(password, stored) {
        checked.push(stored.split('$')[2] ?? '')
        return directory.hashing.verify(password, stored)
      },
    },
  })
  await accounts.verify('alice', 'wrong')
  await accounts.verify('nobody', 'wrong')
  t.deepEqual(checked, ['ln=1,r=8,p=3', 'ln=1,r=8,p=3'])
})

test('a disabled person is told so only after the right password', async (t) => {
  const directory = await openDirectory(t)
  await addAlice(directory)
  t.true(await directory.accounts.disable('sub-1'))
  t.deepEqual(await directory.accounts.verify('alice', 'wrong'), { outcome: 'rejected' })
  t.deepEqual(await directory.accounts.verify('alice', 'wonderland'), { outcome: 'disabled' })
})

test('disabling ends what was issued, and enabling does not bring it back', async (t) => {
  const directory = await openDirectory(t)
  await addAlice(directory)
  await issueFamily(directory, 'g1', 'sub-1', 'web')
  await issueFamily(directory, 'g2', 'sub-2', 'web')
  const { accounts, denylist, db } = directory
  await accounts.disable('sub-1')
  t.deepEqual(await denylist.find(['account:sub-1']), { key: 'account:sub-1', reason: 'disabled' })
  t.is((await denylist.find(['grant:g1']))?.reason, 'disabled')
  t.is(await denylist.find(['grant:g2']), undefined)
  const left = await db.artifact.findMany({ select: { grantId: true } })
  t.deepEqual(left, [{ grantId: 'g2' }, { grantId: 'g2' }])

  t.true(await accounts.enable('sub-1'))
  t.is(await denylist.find(['account:sub-1']), undefined)
  t.is((await denylist.find(['grant:g1']))?.reason, 'disabled')
  t.is((await accounts.verify('alice', 'wonderland')).outcome, 'verified')
})

test('disabling somebody who is not there writes nothing', async (t) => {
  const { accounts, db } = await openDirectory(t)
  t.false(await accounts.disable('sub-9'))
  t.false(await accounts.enable('sub-9'))
  t.is(await db.denial.count(), 0)
})
