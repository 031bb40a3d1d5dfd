import test from 'ava'
import { openSigningKeys } from '../../src/authorization/keys.ts'
import { createRevision } from '../../src/db/revision.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { StartFault } from '../../src/lib/fault.ts'
import { createMasterSecret, createSecrets } from '../../src/lib/secrets.ts'
import { openedDatabase } from '../helpers/database.ts'

async function parts(t: Parameters<typeof openedDatabase>[0]) {
  const { db } = await openedDatabase(t)
  return {
    db,
    clock: systemClock,
    secrets: createSecrets(createMasterSecret()),
    revision: createRevision(db),
  }
}

test('keys are made once, one of each algorithm, also when two starts happen at once', async (t) => {
  const own = await parts(t)
  const [one, two] = await Promise.all([openSigningKeys(own), openSigningKeys(own)])
  t.deepEqual(one.publicKeySet(), two.publicKeySet())
  t.deepEqual(
    one
      .publicKeySet()
      .keys.map(({ alg }) => alg)
      .sort(),
    ['ES256', 'RS256'],
  )
  t.deepEqual((await openSigningKeys(own)).publicKeySet(), one.publicKeySet())
})

test('private keys are sealed: no member of one stands in the database, and another secret cannot open them', async (t) => {
  const own = await parts(t)
  const keys = await openSigningKeys(own)
  const stored = JSON.stringify(await own.db.signingKey.findMany())
  for (const key of keys.privateKeys()) {
    for (const member of ['d', 'p', 'q'] as const) {
      const value = key[member]
      if (value !== undefined) t.false(stored.includes(value))
    }
  }
  await t.throwsAsync(
    () => openSigningKeys({ ...own, secrets: createSecrets(createMasterSecret()) }),
    { instanceOf: StartFault, message: /sealed with another master secret/ },
  )
})
