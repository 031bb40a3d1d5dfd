/** The folder for what a server keeps: made private (0700), and in it the master secret (0600). */
import { randomBytes } from 'node:crypto'
import {
  accessSync,
  constants,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import type { Config } from '../config.ts'
import { sqliteUrl } from '../db/address.ts'
import { StartFault } from '../lib/fault.ts'
import { MASTER_SECRET_LENGTH, createMasterSecret } from '../lib/secrets.ts'

type Place = Pick<Config, 'dataDir' | 'databaseUrl' | 'secret'>

const reason = (error: unknown) =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error)

/**
 * Makes the folder where it is needed. The mode of a folder that exists is left alone: it may be
 * anybody's, and what is secret in it has a mode of its own.
 *
 * @throws {StartFault}
 */
export function prepareDataDir({ dataDir, databaseUrl, secret }: Place): void {
  const isNeeded = secret === undefined || databaseUrl.startsWith(`${sqliteUrl(dataDir)}/`)
  if (!isNeeded) return
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new StartFault([
      `DATA_DIR ${dataDir} cannot be used (${reason(error)}); give a folder that this user may write to.`,
    ])
  }
}

/** Writes a whole file and only then gives it its name, so that two first starts agree on one secret. */
function makeSecretFile(file: string): void {
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  writeFileSync(draft, `${createMasterSecret()}\n`, { flag: 'wx', mode: 0o600 })
  try {
    linkSync(draft, file)
  } catch (error) {
    if (reason(error) !== 'EEXIST') {
      // No hard links here (FAT, some network drives).
      writeFileSync(file, readFileSync(draft), { flag: 'wx', mode: 0o600 })
    }
  } finally {
    unlinkSync(draft)
  }
}

/**
 * The master secret: SECRET, or the one kept in the data folder, made when there is none yet. A file that
 * others may read is refused, not repaired: who may have read it is for its owner to judge.
 *
 * @throws {StartFault}
 */
export function readMasterSecret({ dataDir, secret }: Pick<Config, 'dataDir' | 'secret'>): string {
  if (secret !== undefined) return secret
  const file = path.join(dataDir, 'secret')
  let found: { mode: number; text: string }
  try {
    if (!statSync(file, { throwIfNoEntry: false })) makeSecretFile(file)
    found = { mode: statSync(file).mode & 0o777, text: readFileSync(file, 'utf8').trim() }
  } catch (error) {
    throw new StartFault([`The master secret ${file} cannot be used (${reason(error)}).`])
  }
  // Windows has no such modes: Node makes them up.
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
    const mode = found.mode.toString(8).padStart(4, '0')
    throw new StartFault([
      `The master secret ${file} is open to other users of this machine (mode ${mode}); run "chmod 600 ${file}".`,
    ])
  }
  if (found.text.length < MASTER_SECRET_LENGTH) {
    throw new StartFault([
      `The master secret ${file} is ${found.text.length} characters long and should have at least ${MASTER_SECRET_LENGTH}; ` +
        'restore it, or run with a new DATA_DIR (what the old secret sealed cannot be opened without it).',
    ])
  }
  return found.text
}
