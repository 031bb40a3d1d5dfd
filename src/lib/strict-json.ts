/**
 * JSON as a token may carry it: UTF-8 without a byte order mark, bounded in depth, repeated names
 * noticed (RFC 7519 §4, RFC 8259 §4, §8.1).
 */

export type StrictJson =
  | { outcome: 'parsed'; value: unknown; repeatedNames: string[] }
  | {
      outcome: 'refused'
      fault: 'not UTF-8' | 'marked with a byte order' | 'nested too deep' | 'not JSON'
    }

/** Levels of objects and arrays; claims have two or three. */
const MAX_DEPTH = 32

// `ignoreBOM` keeps the mark in the text, where JSON.parse and we can see it; without it the decoder would swallow it.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads JSON text. Where a name stands twice in an object the last one wins, as everywhere in
 * JavaScript; the name is reported, so that the caller can refuse what other readers may read otherwise.
 */
export function parseStrictJson(bytes: Uint8Array): StrictJson {
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    return { outcome: 'refused', fault: 'not UTF-8' }
  }
  if (text.startsWith('\uFEFF')) return { outcome: 'refused', fault: 'marked with a byte order' }
  // Scanned before it is parsed: the scan needs no stack, so depth is judged before anything recurses.
  const repeatedNames = findRepeatedNames(text)
  if (!repeatedNames) return { outcome: 'refused', fault: 'nested too deep' }
  try {
    return { outcome: 'parsed', value: JSON.parse(text), repeatedNames }
  } catch {
    return { outcome: 'refused', fault: 'not JSON' }
  }
}

/**
 * Names that stand twice in one object, at any depth; undefined when the text is nested too deep.
 * Says nothing about text that is not JSON: JSON.parse does.
 */
function findRepeatedNames(text: string): string[] | undefined {
  const repeated: string[] = []
  /** One entry a level: the names seen in an object, or undefined in an array. */
  const levels: (Set<string> | undefined)[] = []
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '{' || character === '[') {
      if (levels.length === MAX_DEPTH) return undefined
      levels.push(character === '{' ? new Set() : undefined)
    } else if (character === '}' || character === ']') {
      levels.pop()
    } else if (character === '"') {
      const end = endOfString(text, at)
      const names = levels.at(-1)
      if (names && isFollowedByColon(text, end)) {
        const name = unescaped(text.slice(at, end))
        if (names.has(name)) repeated.push(name)
        names.add(name)
      }
      at = end - 1
    }
  }
  return repeated
}

/** The index after the closing quote. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at + 1
  }
  return text.length
}

function isFollowedByColon(text: string, end: number): boolean {
  let at = end
  while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at++
  return text[at] === ':'
}

/** "\u0065xp" and "exp" are one name. */
function unescaped(literal: string): string {
  if (!literal.includes('\\')) return literal.slice(1, -1)
  try {
    return String(JSON.parse(literal))
  } catch {
    return literal
  }
}
