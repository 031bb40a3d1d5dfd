/** Writes the migration that leads from the migrations so far to the schema, for both providers: `make-migration.ts NAME`. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Provider } from '../src/db/address.ts'
import { systemClock } from '../src/lib/clock.ts'
import { isPostgresInstalled, postgresPackage, startPostgres } from './embedded-postgres.ts'
import {
  createSchemaEngine,
  missingMigration,
  readMigrationList,
  readSchema,
} from './schema-engine.ts'

/** The folder's name begins with the time, so that names sort in the order of making. */
function folderName(name: string, now: Date): string {
  return `${now.toISOString().replace(/\D/g, '').slice(0, 14)}_${name}`
}

/** Returns what was written, or undefined when the migrations lead to the schema already. */
async function makeMigration(
  provider: Provider,
  url: string,
  folder: string,
): Promise<string | undefined> {
  const [schema, migrations] = [await readSchema(provider), await readMigrationList(provider)]
  const engine = await createSchemaEngine(provider, url, schema)
  const script = await missingMigration(engine, migrations, schema)
  if (script === undefined) return undefined
  const file = join(migrations.baseDir, folder, 'migration.sql')
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(file, script)
  await writeFile(
    join(migrations.baseDir, 'migration_lock.toml'),
    `# Made by scripts/make-migration.ts, read by Prisma's own tool.\nprovider = "${provider}"\n`,
  )
  return file
}

const name = process.argv[2]
if (name === undefined || !/^[a-z][a-z0-9_]*$/.test(name)) {
  console.error('Give the migration a name of small letters, digits and underscores.')
  process.exit(1)
}
if (!(await isPostgresInstalled())) {
  console.error(`The migration for PostgreSQL needs the package ${postgresPackage}.`)
  process.exit(1)
}
const postgres = await startPostgres()
try {
  const folder = folderName(name, systemClock.date())
  const targets: [Provider, string][] = [
    ['sqlite', ':memory:'],
    ['postgresql', postgres.url('postgres')],
  ]
  for (const [provider, url] of targets) {
    const file = await makeMigration(provider, url, folder)
    console.log(file ?? `Nothing to do for ${provider}: the migrations lead to the schema.`)
  }
} finally {
  await postgres.stop()
}
