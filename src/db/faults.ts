/** What can be wrong with a database when it is opened, each in one sentence for the person who starts the server. */
import { access, constants, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { DatabaseAddress } from './address.ts'
import { DatabaseFault, type DatabaseFaultKind } from './database-fault.ts'

/** What a driver or Prisma threw, as a fault of this database. A fault is passed on as it is. */
export async function databaseFault(
  address: DatabaseAddress,
  cause: unknown,
): Promise<DatabaseFault> {
  if (cause instanceof DatabaseFault) return cause
  return address.provider === 'sqlite'
    ? sqliteFault(address.file, cause)
    : postgresqlFault(address.name, cause)
}

export const foreignFault = (address: DatabaseAddress): DatabaseFault =>
  new DatabaseFault(
    'foreign',
    address.provider === 'sqlite'
      ? `The database file ${address.file} belongs to another program: it has tables that Countersign did not make.`
      : `The database ${address.name} belongs to another program: it has tables that Countersign did not make. Give Countersign a database of its own.`,
  )

// SQLite's primary result codes (https://sqlite.org/rescode.html).
const BUSY = 5
const READONLY = 8
const CORRUPT = 11
const FULL = 13
const NOTADB = 26

async function sqliteFault(file: string, cause: unknown): Promise<DatabaseFault> {
  const fault = (kind: DatabaseFaultKind, message: string) =>
    new DatabaseFault(kind, message, { cause })
  switch (sqliteCode(cause)) {
    case NOTADB:
      return fault('foreign', `The file ${file} is not an SQLite database.`)
    case CORRUPT:
      return fault(
        'damaged',
        `The database file ${file} is damaged. Put a good copy in its place, or move it away to begin with an empty one.`,
      )
    case READONLY:
      return fault('unreadable', `The database file ${file} cannot be written to.`)
    case FULL:
      return fault('unreadable', `There is no room left on the disk of the database file ${file}.`)
    case BUSY:
      return fault('unreachable', `The database file ${file} is held by another process.`)
  }
  const obstacle = await fileObstacle(file)
  return obstacle === undefined
    ? fault('unreadable', `The database file ${file} cannot be used: ${messageOf(cause)}.`)
    : fault('unreadable', obstacle)
}

/** SQLite says no more than "unable to open"; the file system knows why. */
async function fileObstacle(file: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined)
  if (found?.isDirectory()) return `The database must be a file, and ${file} is a folder.`
  if (found) {
    const allowed = await access(file, constants.R_OK | constants.W_OK).then(
      () => true,
      () => false,
    )
    return allowed ? undefined : `The database file ${file} may not be read and written.`
  }
  const folder = dirname(file)
  const parent = await stat(folder).catch(() => undefined)
  if (parent?.isDirectory()) return `The database file ${file} cannot be made in its folder.`
  return `The database file ${file} cannot be made: there is no folder ${folder}.`
}

function postgresqlFault(name: string, cause: unknown): DatabaseFault {
  const fault = (kind: DatabaseFaultKind, message: string) =>
    new DatabaseFault(kind, message, { cause })
  // The driver's codes (SQLSTATE and errno) and, beside them, what Prisma makes of them.
  switch (codeOf(cause)) {
    case 'ECONNREFUSED':
    case 'P1001':
      return fault('unreachable', `The database ${name} cannot be reached: connection refused.`)
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return fault('unreachable', `The database ${name} cannot be reached: no such host.`)
    case 'ETIMEDOUT':
    case 'P1008':
      return fault('unreachable', `The database ${name} cannot be reached: it does not answer.`)
    case '28P01':
    case '28000':
    case 'P1000':
    case 'P1010':
      return fault(
        'unreachable',
        `The database ${name} refuses the user or the password of DATABASE_URL.`,
      )
    case '3D000':
    case 'P1003':
      return fault(
        'unreachable',
        `There is no database ${name}. Make it first, for example with createdb.`,
      )
    case '55P03':
      return fault('unreachable', `The database ${name} is being migrated by another process.`)
    case '42501':
      return fault(
        'unreadable',
        `The user of DATABASE_URL has no right to make tables in the database ${name}.`,
      )
    default:
      return fault('unreachable', `The database ${name} cannot be used: ${messageOf(cause)}.`)
  }
}

type Layers = {
  code?: unknown
  rawCode?: unknown
  originalCode?: unknown
  meta?: { driverAdapterError?: unknown }
  cause?: unknown
}

/** An error and, outermost first, what it was made of: Prisma wraps the adapter's, which wraps the driver's. */
function* layersOf(error: unknown): Generator<Layers> {
  let layer = error
  for (let depth = 0; depth < 6 && typeof layer === 'object' && layer !== null; depth++) {
    const found: Layers = layer
    yield found
    layer = found.meta?.driverAdapterError ?? found.cause
  }
}

function sqliteCode(error: unknown): number | undefined {
  for (const { rawCode, originalCode } of layersOf(error)) {
    const code = Number(rawCode ?? originalCode)
    // The low byte is the primary code, the rest tells variants apart.
    if (code > 0) return code & 0xff
  }
  return undefined
}

function codeOf(error: unknown): string | undefined {
  for (const { code } of layersOf(error)) {
    if (typeof code === 'string' && code !== '') return code
  }
  return undefined
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.trim().split('\n').at(-1)?.replace(/\.$/, '') ?? message
}
