/** The migrations, the schema and Prisma's own engine agree. */
import test from 'ava'
import { migrate } from '../../src/db/migrate.ts'
import {
  createSchemaEngine,
  missingMigration,
  readMigrationList,
  readSchema,
} from '../../scripts/schema-engine.ts'
import { bothProviders } from '../helpers/postgres.ts'

for (const { provider, test: check, empty } of await bothProviders(test)) {
  check('the migrations lead exactly to the schema', async (t) => {
    const schema = await readSchema(provider)
    const engine = await createSchemaEngine(provider, await empty(t), schema)
    const migrations = await readMigrationList(provider)
    t.true(migrations.migrationDirectories.length > 0)
    t.is(await missingMigration(engine, migrations, schema), undefined)
  })

  check('a schema with one more column is told from the migrations', async (t) => {
    const schema = (await readSchema(provider)).replace(
      'model Note {',
      'model Note {\n  colour String?',
    )
    const engine = await createSchemaEngine(provider, await empty(t), schema)
    const missing = await missingMigration(engine, await readMigrationList(provider), schema)
    t.regex(missing ?? '', /ALTER TABLE "Note" ADD COLUMN\s+"colour" TEXT;/)
  })

  check("Prisma's own engine finds nothing to do after us", async (t) => {
    const url = await empty(t)
    await migrate(url)
    const engine = await createSchemaEngine(provider, url, await readSchema(provider))
    const migrationsList = await readMigrationList(provider)
    const filters = { externalTables: [], externalEnums: [] }
    t.deepEqual(
      await engine.diagnoseMigrationHistory({
        migrationsList,
        filters,
        optInToShadowDatabase: false,
      }),
      {
        editedMigrationNames: [],
        failedMigrationNames: [],
        hasMigrationsTable: true,
        history: null,
      },
    )
    const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters })
    t.deepEqual(appliedMigrationNames, [])
  })

  check('we find nothing to do after Prisma’s own engine', async (t) => {
    const url = await empty(t)
    const engine = await createSchemaEngine(provider, url, await readSchema(provider))
    const migrationsList = await readMigrationList(provider)
    const filters = { externalTables: [], externalEnums: [] }
    const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters })
    t.true(appliedMigrationNames.length > 0)
    t.deepEqual(await migrate(url), [])
  })
}
