/** `<issuer>` at the beginning of a stored URL: what is stored stays true when the server moves. */

const PLACEHOLDER = '<issuer>'

export const expandIssuer = (text: string, issuer: string): string =>
  text === PLACEHOLDER || text.startsWith(`${PLACEHOLDER}/`)
    ? issuer + text.slice(PLACEHOLDER.length)
    : text

/** Expands every text in a JSON value. */
export function expandIssuerIn<T>(value: T, issuer: string): T {
  const expand = (part: unknown): unknown => {
    if (typeof part === 'string') return expandIssuer(part, issuer)
    if (Array.isArray(part)) return part.map(expand)
    if (typeof part !== 'object' || part === null) return part
    return Object.fromEntries(Object.entries(part).map(([name, inner]) => [name, expand(inner)]))
  }
  return expand(value) as T
}
