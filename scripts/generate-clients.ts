/** Makes the two Prisma clients, SQLite and PostgreSQL, of the one schema. Needs no network. */
import { execFile } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '..')
const providers = ['sqlite', 'postgresql'] as const

export type Provider = (typeof providers)[number]

/** The schema as it reads for one provider. Throws when the schema no longer has the two lines that are replaced. */
export function schemaFor(provider: Provider, schema: string): string {
  const lines: [from: string, to: string][] = [
    ['"../src/db/generated/sqlite"', `"../src/db/generated/${provider}"`],
    ['provider = "sqlite"', `provider = "${provider}"`],
  ]
  let text = schema
  for (const [from, to] of lines) {
    if (!text.includes(from)) throw new Error(`prisma/schema.prisma has no ${from} any more.`)
    text = text.replace(from, to)
  }
  return text
}

async function generateClient(provider: Provider, schema: string): Promise<void> {
  const file = join(root, 'prisma', `.${provider}.prisma`)
  await writeFile(file, schemaFor(provider, schema))
  try {
    await promisify(execFile)(
      process.execPath,
      [
        join(root, 'node_modules/prisma/build/index.js'),
        'generate',
        '--schema',
        file,
        '--no-hints',
      ],
      {
        cwd: root,
        env: {
          ...process.env,
          CHECKPOINT_DISABLE: '1',
          // The tool wants a schema engine even where it needs none, and would fetch one; any file will do.
          PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
        },
      },
    )
  } catch (cause) {
    // The tool reports on both streams, also when all is well; only a failure is worth reading.
    const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string }
    throw new Error(`The Prisma client for ${provider} was not made.\n${stdout}${stderr}`, {
      cause,
    })
  } finally {
    await rm(file, { force: true })
  }
}

export async function generateClients(): Promise<void> {
  const schema = await readFile(join(root, 'prisma/schema.prisma'), 'utf8')
  await Promise.all(providers.map((provider) => generateClient(provider, schema)))
}

if (import.meta.main) await generateClients()
