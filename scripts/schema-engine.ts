/** Prisma's schema engine (WebAssembly), which tells how migrations and schema differ. For maintainers and tests. */
import { randomUUID } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { PrismaLibSql } from '@prisma/adapter-libsql'
import { PrismaPg } from '@prisma/adapter-pg'
import { ColumnTypeEnum, bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import type {
  SqlDriverAdapter,
  SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils'
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg'
import type { MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm/schema_engine_bg'
import pg from 'pg'
import type { Provider } from '../src/db/address.ts'
import { schemaFor } from './generate-clients.ts'

const prismaFolder = join(import.meta.dirname, '../prisma')
const everything = { externalTables: [], externalEnums: [] }

/** `prisma/schema.prisma` as it reads for one provider. */
export const readSchema = async (provider: Provider): Promise<string> =>
  schemaFor(provider, await readFile(join(prismaFolder, 'schema.prisma'), 'utf8'))

/** An engine that speaks with the database at this URL, and with no other; SQLite does well with `:memory:`. */
export async function createSchemaEngine(
  provider: Provider,
  url: string,
  schema: string,
): Promise<SchemaEngine> {
  await (loaded ??= load())
  const factory = provider === 'sqlite' ? sqliteFactory(url) : postgresqlFactory(url)
  return bindings.SchemaEngine.new(
    { datamodels: [['schema.prisma', schema]] },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(factory),
  )
}

/** The SQL that leads from the migrations to the schema, or undefined when they lead there already. */
export async function missingMigration(
  engine: SchemaEngine,
  migrations: MigrationList,
  schema: string,
): Promise<string | undefined> {
  const { exitCode, stdout } = await engine.diff({
    from: { tag: 'migrations', ...migrations },
    to: { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content: schema }] },
    script: true,
    exitCode: true,
    filters: everything,
  })
  return exitCode === 0 ? undefined : (stdout ?? '')
}

/** How the migrations look to the engine. */
export async function readMigrationList(
  provider: Provider,
  folder: string = prismaFolder,
): Promise<MigrationList> {
  const baseDir = join(folder, 'migrations', provider)
  const entries = await readdir(baseDir, { withFileTypes: true }).catch(() => [])
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  return {
    baseDir,
    lockfile: { path: 'migration_lock.toml', content: `provider = "${provider}"\n` },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(
      names.sort().map(async (path) => ({
        path,
        migrationFile: {
          path: 'migration.sql',
          content: {
            tag: 'ok' as const,
            value: await readFile(join(baseDir, path, 'migration.sql'), 'utf8'),
          },
        },
      })),
    ),
  }
}

let loaded: Promise<void> | undefined

/** The bindings hold one instance for the whole process. */
async function load(): Promise<void> {
  const require = createRequire(import.meta.url)
  const file = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg')
  const source = await readFile(file.replace(/\.js$/, '.wasm'))
  const messages: string[] = []
  // The engine asks for this when it panics; without it the message is lost.
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: { set_message: (message: string) => messages.push(message) },
  })
  const imports = { './schema_engine_bg.js': bindings as unknown as WebAssembly.ModuleImports }
  const { instance } = await WebAssembly.instantiate(source, imports)
  bindings.__wbg_set_wasm(instance.exports)
  ;(instance.exports as { __wbindgen_start(): void }).__wbindgen_start()
}

// What follows makes up for the stock adapters, with whose shadow databases the engine cannot work.

function sqliteFactory(url: string): SqlMigrationAwareDriverAdapterFactory {
  const stock = new PrismaLibSql({ url })
  return {
    provider: stock.provider,
    adapterName: stock.adapterName,
    connect: async () => withScripts(await stock.connect()),
    connectToShadowDb: async () => withScripts(await stock.connectToShadowDb()),
  }
}

/** The engine hands over whole scripts as one statement, of which libSQL would run the first and drop the rest. */
function withScripts(adapter: SqlDriverAdapter): SqlDriverAdapter {
  const executeRaw = adapter.executeRaw.bind(adapter)
  adapter.executeRaw = async (query) => {
    if (query.args.length > 0) return executeRaw(query)
    await adapter.executeScript(query.sql)
    return 0
  }
  return adapter
}

function postgresqlFactory(url: string): SqlMigrationAwareDriverAdapterFactory {
  const stock = new PrismaPg({ connectionString: url })
  const urlOf = (database: string) => Object.assign(new URL(url), { pathname: database }).href
  return {
    provider: stock.provider,
    adapterName: stock.adapterName,
    connect: () => connectWithChars(url),
    // The stock adapter makes the tables in the main database when it is given a URL.
    async connectToShadowDb() {
      const name = `shadow_${randomUUID().replaceAll('-', '')}`
      const main = new pg.Client({ connectionString: url })
      await main.connect()
      await main.query(`CREATE DATABASE ${name}`)
      const shadow = await connectWithChars(urlOf(name))
      const disconnect = shadow.dispose.bind(shadow)
      shadow.dispose = async () => {
        await disconnect()
        await main.query(`DROP DATABASE ${name}`)
        await main.end()
      }
      return shadow
    },
  }
}

/** The type "char" of the system catalogue, which the stock adapter does not know. */
const CHAR = 18
const TEXT = 25

async function connectWithChars(connectionString: string): Promise<SqlDriverAdapter> {
  const pool = new pg.Pool({ connectionString, allowExitOnIdle: true })
  const chars = new Map<string, number[]>()
  const query = pool.query.bind(pool) as (
    query: pg.QueryArrayConfig,
  ) => Promise<pg.QueryArrayResult>
  const queryWithChars = async (statement: pg.QueryArrayConfig) => {
    const result = await query(statement)
    const columns = [...result.fields.keys()]
    chars.set(
      statement.text,
      columns.filter((column) => result.fields[column]?.dataTypeID === CHAR),
    )
    for (const field of result.fields) if (field.dataTypeID === CHAR) field.dataTypeID = TEXT
    return result
  }
  Object.assign(pool, { query: queryWithChars })
  const adapter = await new PrismaPg(pool, { disposeExternalPool: true }).connect()
  const queryRaw = adapter.queryRaw.bind(adapter)
  adapter.queryRaw = async (statement) => {
    const result = await queryRaw(statement)
    for (const column of chars.get(statement.sql) ?? []) {
      result.columnTypes[column] = ColumnTypeEnum.Character
    }
    return result
  }
  return adapter
}
