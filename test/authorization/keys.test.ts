import { randomUUID } from 'node:crypto'
import test from 'ava'
import { openSigningKeys } from '../../src/authorization/keys.ts'
import {
  KNOWN_AFTER,
  PUBLISH_AFTER,
  PUBLISH_AHEAD,
  SIGNING_ALGORITHMS,
} from '../../src/authorization/keys/standing.ts'
import { makeKey, type SigningKey } from '../../src/authorization/keys/key-pair.ts'
import type { KeyState, SigningAlgorithm } from '../../src/authorization/keys/standing.ts'
import type { SigningKeys } from '../../src/authorization/keys.ts'
import type { Database } from '../../src/db/client.ts'
import { createRevision } from '../../src/db/revision.ts'
import { fixedClock } from '../../src/lib/clock.ts'
import { StartFault } from '../../src/lib/fault.ts'
import { createMasterSecret, createSecrets } from '../../src/lib/secrets.ts'
import { openedDatabase } from '../helpers/database.ts'
import { bothProviders } from '../helpers/postgres.ts'

const DAY = 86_400

type Test = Parameters<typeof openedDatabase>[0]

/** One key of each kind under any number of names: what is tested here is what becomes of them. */
const pairs = new Map<string, Promise<SigningKey>>()
async function make(alg: SigningAlgorithm): Promise<SigningKey> {
  const pair = pairs.get(alg) ?? makeKey(alg)
  pairs.set(alg, pair)
  return { ...(await pair), kid: randomUUID() }
}

async function parts(t: Test, url?: string) {
  const { db } = await openedDatabase(t, url)
  return {
    db,
    clock: fixedClock(),
    secrets: createSecrets(createMasterSecret()),
    revision: createRevision(db),
    make,
  }
}

/** Keys as they are after the first start and what it leaves for later. */
async function opened(t: Test, more: { rotationDays?: number } = {}) {
  const own = { ...(await parts(t)), ...more }
  const keys = await openSigningKeys(own)
  await keys.rotation.maintain()
  await keys.refresh()
  return { ...own, keys }
}

const kids = ({ keys }: { keys: readonly { kid?: string }[] }) => keys.map(({ kid }) => kid)

async function inState({ rotation }: SigningKeys, state: KeyState, alg = 'ES256') {
  const list = await rotation.list()
  return list.filter((key) => key.state === state && key.alg === alg).map(({ kid }) => kid)
}

const signing = (keys: SigningKeys, alg = 'ES256') =>
  keys.privateKeys().find((key) => key.alg === alg)?.kid

test('keys are made once, one of each algorithm, also when two starts happen at once', async (t) => {
  const own = await parts(t)
  const [one, two] = await Promise.all([openSigningKeys(own), openSigningKeys(own)])
  t.deepEqual(one.publicKeySet(), two.publicKeySet())
  t.deepEqual(
    one
      .publicKeySet()
      .keys.map(({ alg }) => alg)
      .sort(),
    ['ES256', 'EdDSA', 'PS256', 'RS256'],
  )
  t.deepEqual((await openSigningKeys(own)).publicKeySet(), one.publicKeySet())
})

test('each key is of the kind that its algorithm asks for, and no two have a kid or a modulus in common', async (t) => {
  const keys = await openSigningKeys({ ...(await parts(t)), make: makeKey })
  await keys.rotation.maintain()
  await keys.refresh()
  const published = keys.publicKeySet().keys
  t.is(published.length, 2 * SIGNING_ALGORITHMS.length)
  for (const { alg = '', kty, crv, use, n = '' } of published) {
    const kinds = { ES256: 'EC P-256', RS256: 'RSA', PS256: 'RSA', EdDSA: 'OKP Ed25519' }
    t.is([kty, crv].filter(Boolean).join(' '), kinds[alg as keyof typeof kinds])
    t.is(use, 'sig')
    if (kty === 'RSA') t.is(Buffer.from(n, 'base64url').length, 256)
  }
  t.is(new Set(published.map(({ kid }) => kid)).size, published.length)
  const moduli = published.flatMap(({ n }) => n ?? [])
  t.is(new Set(moduli).size, 4)
})

test('private keys are sealed: no member of one stands in the database, none is published, and another secret cannot open them', async (t) => {
  const { keys, ...own } = await opened(t)
  const stored = JSON.stringify(await own.db.signingKey.findMany())
  const published = JSON.stringify(keys.publicKeySet())
  for (const key of keys.privateKeys()) {
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const) {
      const value = key[member]
      if (value === undefined) continue
      t.false(stored.includes(value))
      t.false(published.includes(value))
    }
  }
  const before = await own.db.signingKey.count()
  await own.db.signingKey.deleteMany({ where: { alg: 'PS256' } })
  await t.throwsAsync(
    () => openSigningKeys({ ...own, secrets: createSecrets(createMasterSecret()) }),
    { instanceOf: StartFault, message: /sealed with another master secret/ },
  )
  t.is(await own.db.signingKey.count(), before - 2, 'and nothing was added under that secret')
})

test('a rotation has the next key sign, keeps the old one published, and publishes another next one', async (t) => {
  const { keys, clock } = await opened(t)
  clock.advance(PUBLISH_AHEAD)
  const [old, next] = [signing(keys), (await inState(keys, 'next'))[0]]
  const before = kids(keys.publicKeySet())
  t.deepEqual(await keys.rotation.rotate(), [...SIGNING_ALGORITHMS])
  await keys.refresh()
  t.is(signing(keys), next)
  t.deepEqual(await inState(keys, 'current'), [next])
  t.deepEqual(await inState(keys, 'retired'), [old])
  const fresh = await inState(keys, 'next')
  t.is(fresh.length, 1)
  t.false(before.includes(fresh[0]))
  for (const kid of before) t.true(kids(keys.publicKeySet()).includes(kid))
})

test('only the algorithms that are named are rotated', async (t) => {
  const { keys, clock } = await opened(t)
  clock.advance(PUBLISH_AHEAD)
  const before = SIGNING_ALGORITHMS.map((alg) => signing(keys, alg))
  t.deepEqual(await keys.rotation.rotate(['PS256']), ['PS256'])
  await keys.refresh()
  const after = SIGNING_ALGORITHMS.map((alg) => signing(keys, alg))
  t.deepEqual(
    before.map((kid, at) => kid === after[at]),
    SIGNING_ALGORITHMS.map((alg) => alg !== 'PS256'),
  )
})

test('a next key that verifiers may not know yet waits until it has been published long enough', async (t) => {
  const { keys, clock } = await opened(t)
  const [old, next] = [signing(keys), (await inState(keys, 'next'))[0]]
  clock.advance(PUBLISH_AHEAD - 60)
  await keys.rotation.rotate()
  await keys.refresh()
  t.is(signing(keys), old)
  t.deepEqual(await keys.rotation.rotate(), [], 'it is decided already')
  clock.advance(59)
  t.is(signing(keys), old)
  clock.advance(1)
  t.is(signing(keys), next, 'nobody has to do anything for it')
  t.deepEqual(await inState(keys, 'retired'), [old])
})

test('an old key is published until its tokens are over, known until its sessions are, and then gone', async (t) => {
  const { keys, clock, db } = await opened(t)
  clock.advance(PUBLISH_AHEAD)
  const old = signing(keys)
  await keys.rotation.rotate()
  await keys.refresh()
  const isPublished = () => kids(keys.publicKeySet()).includes(old)
  const isKnown = () => keys.privateKeys().some(({ kid }) => kid === old)
  clock.advance(PUBLISH_AFTER - 1)
  t.true(isPublished())
  clock.advance(1)
  t.false(isPublished())
  t.true(isKnown())
  t.deepEqual(await inState(keys, 'kept'), [old])
  clock.advance(KNOWN_AFTER - PUBLISH_AFTER - 1)
  t.true(isKnown())
  await keys.rotation.maintain()
  t.is(await db.signingKey.count({ where: { kid: old ?? '' } }), 1)
  clock.advance(1)
  t.false(isKnown())
  await keys.rotation.maintain()
  t.is(await db.signingKey.count({ where: { kid: old ?? '' } }), 0)
})

test('keys rotate when their days are over, also after a long time without a server, and never with 0 days', async (t) => {
  for (const [rotationDays, days, times] of [
    [30, 29, 0],
    [30, 30, 1],
    [30, 400, 1],
    [1, 1, 1],
    [0, 4000, 0],
  ] as const) {
    const { keys, clock } = await opened(t, { rotationDays })
    const old = signing(keys)
    clock.advance(days * DAY)
    t.is((await keys.rotation.maintain()).length, times * SIGNING_ALGORITHMS.length)
    t.deepEqual(await keys.rotation.maintain(), [], 'once')
    await keys.refresh()
    t.is(signing(keys) === old, times === 0)
  }
})

test('keys dropped as compromised are gone at once, those that waited too, and new ones sign', async (t) => {
  const { keys, clock } = await opened(t)
  clock.advance(PUBLISH_AHEAD)
  await keys.rotation.rotate()
  await keys.refresh()
  const before = kids(keys.publicKeySet())
  const dropped = await keys.rotation.withdraw()
  await keys.refresh()
  t.deepEqual(dropped.toSorted(), before.toSorted())
  const after = kids(keys.publicKeySet())
  t.is(after.length, 2 * SIGNING_ALGORITHMS.length)
  t.deepEqual(
    after.filter((kid) => before.includes(kid)),
    [],
  )
  for (const alg of SIGNING_ALGORITHMS) t.true(after.includes(signing(keys, alg)))
})

test('what does not change keeps its identity: a token that was verified is not verified again', async (t) => {
  const { keys, clock, revision } = await opened(t)
  const [set, all] = [keys.publicKeySet(), keys.privateKeys()]
  await revision.bump()
  await keys.refresh()
  clock.advance(PUBLISH_AHEAD)
  t.is(keys.publicKeySet(), set)
  t.is(keys.privateKeys(), all)
  await keys.rotation.rotate(['EdDSA'])
  await keys.refresh()
  t.not(keys.publicKeySet(), set)
  const member = (from: typeof set) => from.keys.find(({ alg }) => alg === 'ES256')
  t.is(member(keys.publicKeySet()), member(set))
})

test('a clock that stands before all keys leaves one that signs', async (t) => {
  const { keys, clock } = await opened(t)
  const kid = signing(keys)
  clock.advance(-10 * DAY)
  t.is(signing(keys), kid)
})

test('a key from before there were states signs, and gets the others beside it', async (t) => {
  const own = await parts(t)
  const keys = await openSigningKeys(own)
  const [es256, rs256] = [signing(keys, 'ES256'), signing(keys, 'RS256')]
  await own.db.signingKey.deleteMany({ where: { alg: { in: ['PS256', 'EdDSA'] } } })
  const later = await openSigningKeys(own)
  await later.rotation.maintain()
  await later.refresh()
  t.deepEqual([signing(later, 'ES256'), signing(later, 'RS256')], [es256, rs256])
  for (const alg of SIGNING_ALGORITHMS) {
    t.is((await inState(later, 'current', alg)).length, 1)
    t.is((await inState(later, 'next', alg)).length, 1)
  }
})

for (const { provider, test: check, migrated } of await bothProviders(test)) {
  // Whoever waits for SQLite's lock holds up its whole process, and who has it here with it.
  const another = async (t: Test, url: string, { db }: { db: Database }) =>
    provider === 'sqlite' ? db : (await openedDatabase(t, url)).db

  check('of several processes whose keys are due at the same moment, one rotates', async (t) => {
    const url = await migrated(t)
    const first = await parts(t, url)
    const processes = await Promise.all(
      [1, 2, 3, 4].map(async () => {
        const db = await another(t, url, first)
        return openSigningKeys({ ...first, db, revision: createRevision(db), rotationDays: 30 })
      }),
    )
    await Promise.all(processes.map(({ rotation }) => rotation.maintain()))
    t.is(await first.db.signingKey.count(), 2 * SIGNING_ALGORITHMS.length)
    first.clock.advance(30 * DAY)
    const rotated = await Promise.all(processes.map(({ rotation }) => rotation.maintain()))
    t.is(rotated.flat().length, SIGNING_ALGORITHMS.length)
    t.is(await first.db.signingKey.count(), 3 * SIGNING_ALGORITHMS.length)
    await Promise.all(processes.map((keys) => keys.refresh()))
    const sets = processes.map((keys) => JSON.stringify(keys.privateKeys()))
    t.is(new Set(sets).size, 1)
  })

  check(
    'a rotation or a withdrawal in one process is seen by another at its next use',
    async (t) => {
      const url = await migrated(t)
      const first = await parts(t, url)
      const one = await openSigningKeys(first)
      const { db } = await openedDatabase(t, url)
      const two = await openSigningKeys({ ...first, db, revision: createRevision(db) })
      await one.rotation.maintain()
      await two.refresh()
      first.clock.advance(PUBLISH_AHEAD)
      for (const change of [() => one.rotation.rotate(), () => one.rotation.withdraw()]) {
        const before = signing(two)
        await change()
        await Promise.all([one.refresh(), two.refresh()])
        t.not(signing(two), before)
        t.deepEqual(two.publicKeySet(), one.publicKeySet())
      }
    },
  )

  check('of rotations asked for at the same moment, one is done', async (t) => {
    const own = await parts(t, await migrated(t))
    const keys = await openSigningKeys(own)
    await keys.rotation.maintain()
    // One that has to wait, so that the others find it decided.
    const done = await Promise.all([1, 2, 3].map(() => keys.rotation.rotate()))
    t.is(done.flat().length, SIGNING_ALGORITHMS.length)
    t.is(await own.db.signingKey.count(), 3 * SIGNING_ALGORITHMS.length)
  })
}
