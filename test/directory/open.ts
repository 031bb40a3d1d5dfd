/** The directory on a fresh database, with a clock that stands still and next to no hashing work. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { ExecutionContext } from 'ava'
import type { Database } from '../../src/db/client.ts'
import { createDenylist } from '../../src/db/denylist.ts'
import { createRevision } from '../../src/db/revision.ts'
import { createAccounts } from '../../src/directory/accounts.ts'
import { createClients } from '../../src/directory/clients.ts'
import { createPasswordHashing } from '../../src/directory/password-hashing.ts'
import { createSeed } from '../../src/directory/seed.ts'
import { fixedClock } from '../../src/lib/clock.ts'
import { createSecrets } from '../../src/lib/secrets.ts'
import { openedDatabase, temporaryFolder } from '../helpers/database.ts'

export const issuer = 'http://localhost:4010'

/** On a new SQLite file, or on a database that is open already. */
export async function openDirectory(t: ExecutionContext, opened?: Database) {
  const db = opened ?? (await openedDatabase(t)).db
  const clock = fixedClock(Date.UTC(2026, 0, 15, 12))
  const secrets = createSecrets('a master secret for tests, long enough')
  const revision = createRevision(db)
  const denylist = createDenylist({ db, clock, revision })
  const cheap = createPasswordHashing({ cost: 2 })
  const hashed: string[] = []
  const hashing = {
    ...cheap,
    hash(password: string) {
      hashed.push(password)
      return cheap.hash(password)
    },
  }
  const parts = { db, clock, secrets, revision, denylist, hashing, issuer }
  return {
    ...parts,
    accounts: createAccounts(parts),
    clients: createClients(parts),
    /** Passwords hashed so far. */
    hashed,
    /** Loads a seed file with this text. */
    async seed(text: string, options: { profile?: 'local' | 'production'; master?: string } = {}) {
      const file = path.join(await temporaryFolder(t), 'seed.yaml')
      writeFileSync(file, text)
      const { profile = 'local', master } = options
      return createSeed({
        ...parts,
        ...(master !== undefined && { secrets: createSecrets(master) }),
        file,
        profile,
      })
    },
  }
}

export type Directory = Awaited<ReturnType<typeof openDirectory>>

/** A family as the authorization server keeps one: a grant and a refresh token of it. */
export async function issueFamily(
  { db, clock }: Directory,
  grantId: string,
  accountId: string,
  clientId: string,
): Promise<void> {
  const createdAt = clock.date()
  const expiresAt = new Date(clock.now() + 3_600_000)
  const row = { grantId, accountId, clientId, payload: '{}', createdAt, expiresAt }
  await db.artifact.createMany({
    data: [
      { ...row, model: 'Grant', idHash: `grant ${grantId}` },
      { ...row, model: 'RefreshToken', idHash: `refresh ${grantId}` },
    ],
  })
}

/** The database, with a look at each of its members that is used. */
export const watched = (db: Database, onUse: (member: string | symbol) => void): Database =>
  new Proxy(db, {
    get(target, member) {
      onUse(member)
      return Reflect.get(target, member) as unknown
    },
  })
