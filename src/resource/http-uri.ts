/** Addresses compared as a proof's `htu` has to be (RFC 9449 §4.3, RFC 3986 §6.2.2, §6.2.3). */

const URI = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)/i

/** What may be left out of an address: the port of its scheme. */
const DEFAULT_PORTS: ReadonlyMap<string, string> = new Map([
  ['http', ':80'],
  ['https', ':443'],
])

/**
 * The one spelling of an address, without query and fragment; undefined when it is not absolute. Dots in a path
 * are left alone, however they are written: no router here takes `/a/%2e%2e/b` for `/b`.
 */
export function comparableUri(text: string): string | undefined {
  const [, scheme = '', authority = '', path = ''] = URI.exec(text) ?? []
  if (authority === '') return undefined
  const known = scheme.toLowerCase()
  return `${known}://${withoutPort(authority.toLowerCase(), known)}${path === '' ? '/' : unescaped(path)}`
}

function withoutPort(authority: string, scheme: string): string {
  for (const port of [DEFAULT_PORTS.get(scheme), ':']) {
    if (port !== undefined && authority.endsWith(port)) return authority.slice(0, -port.length)
  }
  return authority
}

/** Escapes that need not be are undone, the others are written in capitals (RFC 3986 §6.2.2.1, §6.2.2.2). */
const unescaped = (path: string): string =>
  path.replace(/%[0-9a-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16))
    return /[\w.~-]/.test(character) ? character : escape.toUpperCase()
  })

export const withoutQuery = (text: string): string => text.replace(/[?#][^]*$/, '')
