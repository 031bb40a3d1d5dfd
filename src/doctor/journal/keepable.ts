/** What may be kept of a refused request: bounded, detached from what it came from, and with no token in it. */

/** Longer texts are cut; no claim that a check compares is that long. */
const MAX_TEXT = 4_096
/** Characters of all texts of one entry together. */
const MAX_ENTRY = 16_384
const MAX_MEMBERS = 256
const MAX_DEPTH = 12

const JWT = /\beyJ[\w-]{8,}\.[\w-]*\.?[\w-]*/g

export const WITHHELD = '(a token, not kept)'

/** In place of a segment of a path that may be a credential. */
export const WITHHELD_SEGMENT = ':withheld'

/** Opaque tokens, codes and the ids of interactions are at least this long, and mixed as no word is. */
const RANDOM = /^(?=.*[A-Z\d])[\w.~%-]{20,}$/
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The query goes: anything may stand there. */
const path = (value: string): string =>
  (value.split('?', 1)[0] ?? '')
    .split('/')
    .map((segment) => (RANDOM.test(segment) && !UUID.test(segment) ? WITHHELD_SEGMENT : segment))
    .join('/')

/**
 * A copy of plain data. A JWT in a text is replaced, wherever it stands, and what looks random in a path; whoever makes
 * evidence keeps all other credentials out of it, as they have no shape to be told by.
 */
export function keepable<T>(value: T): T {
  let left = MAX_ENTRY

  function text(value: string): string {
    const most = Math.max(0, Math.min(MAX_TEXT, left))
    const kept = value.length > most ? `${value.slice(0, most)}…` : value
    left -= kept.length
    const withoutJwt = kept.includes('eyJ') ? kept.replace(JWT, WITHHELD) : kept
    return withoutJwt.startsWith('/') ? path(withoutJwt) : withoutJwt
  }

  function copy(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return text(value)
    if (typeof value !== 'object' || value === null) {
      return typeof value === 'function' ? undefined : value
    }
    if (depth > MAX_DEPTH || left <= 0) return '…'
    if (Array.isArray(value)) {
      return value.slice(0, MAX_MEMBERS).map((member) => copy(member, depth + 1))
    }
    const members = Object.entries(value).slice(0, MAX_MEMBERS)
    return Object.fromEntries(members.map(([name, one]) => [text(name), copy(one, depth + 1)]))
  }

  return copy(value, 0) as T
}
