/** People, clients and keys for a command that works on the database, whether or not a server runs on it. */
import { openSigningKeys, type SigningKeys } from '../authorization/keys.ts'
import type { Config } from '../config.ts'
import { prepareDataDir, readMasterSecret } from '../config/data-dir.ts'
import { openDatabase } from '../db/client.ts'
import type { Database } from '../db/client.ts'
import { createDenylist } from '../db/denylist.ts'
import { migrate } from '../db/migrate.ts'
import { createRevision } from '../db/revision.ts'
import { createClients } from '../directory/clients.ts'
import type { Clients } from '../directory/clients.ts'
import { createPasswordHashing } from '../directory/password-hashing.ts'
import { createSeed } from '../directory/seed.ts'
import type { Seed } from '../directory/seed.ts'
import { systemClock } from '../lib/clock.ts'
import { createSecrets } from '../lib/secrets.ts'

export type OpenedDirectory = {
  db: Database
  clients: Clients
  seed: Seed
  /** Makes those that are missing, the next ones too. */
  openKeys: () => Promise<SigningKeys>
}

/** Makes the database first where there is none. Closes it when `work` is done. */
export async function withDirectory<T>(
  config: Config,
  work: (directory: OpenedDirectory) => Promise<T>,
): Promise<T> {
  prepareDataDir(config)
  const secrets = createSecrets(readMasterSecret(config))
  await migrate(config.databaseUrl)
  const { db, close } = await openDatabase(config.databaseUrl)
  try {
    const clock = systemClock
    const revision = createRevision(db)
    const denylist = createDenylist({ db, clock, revision })
    const { issuer, profile, seedFile: file } = config
    const parts = { db, clock, secrets, issuer, revision, denylist }
    const hashing = createPasswordHashing()
    return await work({
      db,
      clients: createClients(parts),
      async openKeys() {
        const keys = await openSigningKeys(parts)
        await keys.rotation.maintain()
        return keys
      },
      seed: createSeed({ ...parts, hashing, file, profile }),
    })
  } finally {
    await close()
  }
}
