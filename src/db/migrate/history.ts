/** The migrations on disk, those a database has seen, and what follows from comparing them. */
import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatabaseAddress } from '../address.ts'
import { MigrationFault } from '../database-fault.ts'
import { foreignFault } from '../faults.ts'

export type Migration = {
  /** The name of its folder; the order of names is the order of applying. */
  name: string
  script: string
  /** SHA-256 of the script in hexadecimal, as Prisma's own tool records it. */
  checksum: string
}

/** A row of `_prisma_migrations`, of those that were not rolled back. */
export type AppliedMigration = { name: string; checksum: string; finished: boolean }

const checksumOf = (script: string): string => createHash('sha256').update(script).digest('hex')

/** Reads the migrations of one provider, in order. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  return Promise.all(
    names.sort().map(async (name) => {
      const script = await readFile(join(folder, name, 'migration.sql'), 'utf8')
      return { name, script, checksum: checksumOf(script) }
    }),
  )
}

/**
 * What has still to be applied. Throws `MigrationFault` when the database has seen something else than what
 * lies on disk, and `DatabaseFault` when it has seen none of ours.
 */
export function pendingMigrations(
  migrations: readonly Migration[],
  history: readonly AppliedMigration[],
  address: DatabaseAddress,
): Migration[] {
  const ours = new Map(migrations.map((migration) => [migration.name, migration]))
  if (history.length > 0 && !history.some(({ name }) => ours.has(name))) throw foreignFault(address)
  for (const applied of history) {
    const migration = ours.get(applied.name)
    if (!migration) {
      throw new MigrationFault(
        `This database was made by a newer version of Countersign: it has the migration ${applied.name}, which this version does not know.`,
      )
    }
    if (!applied.finished) {
      throw new MigrationFault(
        `The migration ${applied.name} was begun with another tool and did not finish. Settle it with "prisma migrate resolve".`,
      )
    }
    if (!hasChecksum(migration, applied.checksum)) {
      throw new MigrationFault(
        `The migration ${applied.name} was altered after it was applied to this database. Put the original file back.`,
      )
    }
  }
  const seen = new Set(history.map(({ name }) => name))
  return migrations.filter(({ name }) => !seen.has(name))
}

/** A checkout may have changed the line endings; Prisma's own tool does not mind that either. */
function hasChecksum({ script, checksum }: Migration, expected: string): boolean {
  if (checksum === expected) return true
  const unix = script.replaceAll('\r\n', '\n')
  return [unix, unix.replaceAll('\n', '\r\n')].some((text) => checksumOf(text) === expected)
}
