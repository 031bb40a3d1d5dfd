/** What went wrong behind the API, in a word that can be kept. */

/** A code or a class name; a message could hold an address with a password in it. */
export function faultName(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code
  if (typeof code === 'string') return code
  return error instanceof Error ? error.name : typeof error
}
