/** Times, lists and values in words; and what several doors say alike. */

/** What is said of an id that nothing is kept under. */
export const FORGOTTEN =
  'No refusal is kept under this id: only the last 1,000 are, and a restart of the server forgets them all.'

const UNITS: readonly (readonly [seconds: number, name: string])[] = [
  [365 * 86_400, 'year'],
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
]

/** The two largest units: "1 hour and 5 minutes", "12 seconds". */
export function inWords(seconds: number): string {
  let left = Math.round(Math.abs(seconds))
  if (!Number.isFinite(left)) return 'for ever'
  const parts: string[] = []
  for (const [unit, name] of UNITS) {
    const count = Math.floor(left / unit)
    left -= count * unit
    if (count > 0) parts.push(`${count} ${name}${count === 1 ? '' : 's'}`)
    // A unit that is missing ends it: "2 days and 3 seconds" would be more exact than true.
    else if (parts.length > 0) break
    if (parts.length === 2) break
  }
  return parts.length === 0 ? 'less than a second' : parts.join(' and ')
}

/** `2026-01-02 03:04:05 UTC`; the number itself where it is no date. */
export function dateInWords(seconds: number): string {
  const date = new Date(seconds * 1000)
  if (!Number.isFinite(date.getTime())) return String(seconds)
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** "a", "a and b", "a, b and c". */
export function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`
}

/** Characters of one value that are shown; a claim can be as long as a page. */
const MAX_TEXT = 300
const MAX_MEMBERS = 20
const MAX_DEPTH = 4

/** A value fit to show: long texts are cut, and say how long they were. */
export function briefly(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') {
    if (value.length <= MAX_TEXT) return value
    return `${value.slice(0, MAX_TEXT)}… (${value.length} characters)`
  }
  // JSON has no word for them.
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= MAX_DEPTH) return '…'
  if (Array.isArray(value)) {
    const members = value.slice(0, MAX_MEMBERS).map((member) => briefly(member, depth + 1))
    return value.length > MAX_MEMBERS ? [...members, `… (${value.length} members)`] : members
  }
  const members = Object.entries(value).slice(0, MAX_MEMBERS)
  return Object.fromEntries(members.map(([name, one]) => [name, briefly(one, depth + 1)]))
}

/** A value as one line of text. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value
  if (value === undefined) return 'nothing'
  const texts = Array.isArray(value) && value.every((member) => typeof member === 'string')
  return texts && value.length > 0 ? value.join(', ') : JSON.stringify(value)
}
