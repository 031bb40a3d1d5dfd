/** Tells a database that is out of reach from a mistake of ours. */

/** A driver's error, where it was asked without Prisma in between. */
export class DatabaseOutage extends Error {
  override readonly name = 'DatabaseOutage'
}

/** Prisma's codes for what the caller did wrong; everything else of its errors means the database did not answer. */
const CALLERS_FAULT = new Set(['P2000', 'P2002', 'P2003', 'P2011', 'P2014', 'P2025'])

/** Whether the database could not do its work: answer 503 and keep everybody's tokens. */
export function isOutage(error: unknown): boolean {
  if (error instanceof DatabaseOutage) return true
  if (!(error instanceof Error) || !error.name.startsWith('PrismaClient')) return false
  if (error.name === 'PrismaClientValidationError') return false
  return !('code' in error && CALLERS_FAULT.has(String(error.code)))
}
