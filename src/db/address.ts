/** What a DATABASE_URL means: a file for SQLite, or a PostgreSQL server. */
import { resolve } from 'node:path'
import { DatabaseFault } from './database-fault.ts'

export type Provider = 'sqlite' | 'postgresql'

export type DatabaseAddress =
  | { provider: 'sqlite'; file: string; url: string }
  | { provider: 'postgresql'; url: string; name: string }

/**
 * Reads a database URL: `file:/absolute/path` (a relative path counts from the working directory), or
 * `postgresql://user:password@host:port/name`. Throws `DatabaseFault` when it is neither.
 */
export function parseDatabaseUrl(url: string): DatabaseAddress {
  if (/^file:/i.test(url)) return sqliteAddress(url.slice('file:'.length))
  if (/^postgres(ql)?:/i.test(url)) return postgresqlAddress(url)
  throw new DatabaseFault(
    'address',
    'DATABASE_URL must begin with "file:" (SQLite) or "postgresql:" (PostgreSQL).',
  )
}

/** The URL of a database file; characters that mean something in a URL are escaped. */
export const sqliteUrl = (file: string): string =>
  `file:${encodeURI(resolve(file)).replace(/[?#]/g, encodeURIComponent)}`

function sqliteAddress(rest: string): DatabaseAddress {
  const path = decoded(rest.replace(/^\/\/(localhost)?(?=\/)/i, ''))
  if (path === undefined || path === '' || path.startsWith('//') || /[?#]/.test(rest)) {
    throw new DatabaseFault(
      'address',
      'DATABASE_URL must name a database file plainly, as in "file:/var/lib/countersign/data.db".',
    )
  }
  if (path.startsWith(':memory:')) {
    throw new DatabaseFault(
      'address',
      'DATABASE_URL must name a file: a database in memory cannot be opened twice.',
    )
  }
  const file = resolve(path)
  return { provider: 'sqlite', file, url: sqliteUrl(file) }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function postgresqlAddress(url: string): DatabaseAddress {
  const parsed = URL.parse(url)
  const name = parsed && decoded(parsed.pathname.slice(1))
  if (!parsed || !name) {
    throw new DatabaseFault(
      'address',
      'DATABASE_URL must name a server and a database, as in "postgresql://user:password@host:5432/countersign".',
    )
  }
  // Prisma's own tool knows this parameter, the driver ignores it; ignoring it would fill the wrong schema.
  const schema = parsed.searchParams.get('schema')
  if (schema !== null && schema !== 'public') {
    throw new DatabaseFault(
      'address',
      `DATABASE_URL asks for the schema "${schema}", and only "public" is supported.`,
    )
  }
  return { provider: 'postgresql', url, name: `"${name}" at ${parsed.host || 'the local socket'}` }
}
