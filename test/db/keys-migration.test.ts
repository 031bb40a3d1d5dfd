/** A database from before keys had states: its keys sign on. */
import { cp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { openSigningKeys } from '../../src/authorization/keys.ts'
import { makeKey, rowOf } from '../../src/authorization/keys/key-pair.ts'
import { migrate } from '../../src/db/migrate.ts'
import { createRevision } from '../../src/db/revision.ts'
import { fixedClock } from '../../src/lib/clock.ts'
import { createMasterSecret, createSecrets } from '../../src/lib/secrets.ts'
import { openedDatabase, temporaryFolder } from '../helpers/database.ts'
import { bothProviders } from '../helpers/postgres.ts'

const source = join(import.meta.dirname, '../../prisma/migrations')
const DAY = 86_400

for (const { provider, test: check, empty } of await bothProviders(test)) {
  check(
    'keys of a database that had no states sign on, and rotate when they are due',
    async (t) => {
      const directory = join(await temporaryFolder(t), 'migrations')
      await cp(source, directory, { recursive: true })
      for (const name of await readdir(join(directory, provider))) {
        if (name.endsWith('_keys')) await rm(join(directory, provider, name), { recursive: true })
      }
      const url = await empty(t)
      await migrate(url, { directory })

      const clock = fixedClock()
      const secrets = createSecrets(createMasterSecret())
      const old = await Promise.all([makeKey('ES256'), makeKey('RS256')])
      const before = (await openedDatabase(t, url)).db
      for (const key of old) {
        const { kid, alg, sealed, createdAt } = rowOf(key, null, { secrets, clock })
        await before.$executeRaw`
        INSERT INTO "SigningKey" ("kid", "alg", "sealed", "createdAt")
        VALUES (${kid}, ${alg}, ${sealed}, ${createdAt})`
      }
      t.regex((await migrate(url)).join(), /_keys/)

      clock.advance(31 * DAY)
      const { db } = await openedDatabase(t, url)
      const parts = { db, clock, secrets, revision: createRevision(db), rotationDays: 30 }
      const keys = await openSigningKeys(parts)
      const signing = () =>
        ['ES256', 'RS256'].map((alg) => keys.privateKeys().find((key) => key.alg === alg)?.kid)
      const kids = old.map(({ kid }) => kid)
      t.deepEqual(signing(), kids)
      // Due already, and yet not before the next ones have been published for a while.
      t.deepEqual(await keys.rotation.maintain(), ['ES256', 'RS256'])
      await keys.refresh()
      t.deepEqual(signing(), kids)
      clock.advance(300)
      t.deepEqual(
        signing().filter((kid) => kids.includes(kid ?? '')),
        [],
      )
    },
  )
}
