/** A whole server for one test: a free port, a database of its own, gone when the test ends. */
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { startServer, type CountersignServer, type StartOptions } from '../../src/index.ts'

export type TestServer = CountersignServer & {
  /** The folder with the database and the master secret. */
  dataDir: string
}

export type TestOptions = StartOptions

const root = join(import.meta.dirname, '..', '..')

/** scrypt with next to no work: tests sign in hundreds of times. */
export const CHEAP_HASHING = 2

/** Whoever ends what was started for it: a test, or the hooks of a file. */
export type Owner = Pick<ExecutionContext, 'teardown'>

export async function start(t: Owner, options: TestOptions = {}): Promise<TestServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'countersign-test-'))
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }))
  cpSync(await template(), dataDir, { recursive: true })
  const server = await startServer({
    hashingCost: CHEAP_HASHING,
    ...options,
    settings: { DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'silent', ...options.settings },
  })
  t.teardown(() => server.close())
  return { ...server, dataDir }
}

let made: Promise<string> | undefined

/** A data folder after its first start, made once and copied from then on: 3 ms instead of a second. */
const template = (): Promise<string> => (made ??= makeTemplate())

async function makeTemplate(): Promise<string> {
  const cache = join(root, 'node_modules', '.cache', 'countersign')
  const final = join(cache, `template-${templateKey()}`)
  if (existsSync(final)) return final
  mkdirSync(cache, { recursive: true })
  const draft = mkdtempSync(join(cache, 'draft-'))
  const server = await startServer({
    hashingCost: CHEAP_HASHING,
    settings: { DATA_DIR: draft, PORT: '0', LOG_LEVEL: 'silent' },
  })
  await server.close()
  try {
    renameSync(draft, final)
  } catch {
    // Another test process was first.
    rmSync(draft, { recursive: true, force: true })
  }
  return final
}

function templateKey(): string {
  const hash = createHash('sha256')
  for (const file of [
    'prisma/schema.prisma',
    'prisma/seed.yaml',
    'src/directory/password-hashing.ts',
    'src/directory/digest-secret.ts',
    'src/directory/seed/kinds.ts',
    'src/directory/seed/plan.ts',
    'src/authorization/keys.ts',
    'src/authorization/keys/key-pair.ts',
    'src/authorization/keys/rotation.ts',
    'src/authorization/keys/standing.ts',
  ]) {
    hash.update(readFileSync(join(root, file)))
  }
  return hash.digest('hex').slice(0, 16)
}
