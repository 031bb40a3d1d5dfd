/** A shell command taken apart into words, as a POSIX shell would; nothing is run, and no variable has a value here. */

/** Stand around the name of a variable that the shell would have replaced. */
export const VARIABLE_START = '\u{E000}'
export const VARIABLE_END = '\u{E001}'

/** No further than a line may be long: where nothing closes, each of many beginnings would be followed to the end. */
const VARIABLE = /\$(?:\{([^}]{0,200})\}|([A-Za-z_]\w*)|\(([^)]{0,200})\))|`([^`]{0,200})`/y

/** Ends of a line that say the command goes on: of POSIX shells, of cmd.exe and of PowerShell. */
const CONTINUED = /(?:\\|\^|`)\r?\n/y

/**
 * The words of the first command. It ends at an operator (`|`, `;`, `&`, `>`, `)`) or at a line end that is not
 * escaped. A quote that is never closed takes the rest.
 */
export function shellWords(text: string): string[] {
  const words: string[] = []
  let word: string | undefined
  let at = 0
  const add = (part: string) => (word = (word ?? '') + part)
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match) at = pattern.lastIndex
    return match
  }
  const variable = (): boolean => {
    const match = take(VARIABLE)
    if (match) add(VARIABLE_START + (match[1] ?? match[2] ?? '…') + VARIABLE_END)
    return match !== null
  }

  while (at < text.length) {
    const character = text[at] ?? ''
    if (take(CONTINUED)) continue
    if (/[|;&<>)\n]/.test(character)) break
    if (/\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
      at++
    } else if (character === "'") {
      add(take(/'([^']*)(?:'|$)/y)?.[1] ?? '')
    } else if (text.startsWith("$'", at)) {
      add(unescapeAnsi(take(/\$'((?:[^'\\]|\\[^])*)(?:'|$)/y)?.[1] ?? ''))
    } else if (character === '"') {
      at++
      doubleQuoted()
    } else if (character === '\\') {
      add(text[at + 1] ?? '\\')
      at += 2
    } else if (!variable()) {
      add(character)
      at++
    }
  }
  if (word !== undefined) words.push(word)
  return words

  function doubleQuoted(): void {
    add('')
    while (at < text.length && text[at] !== '"') {
      if (take(CONTINUED) || variable()) continue
      const escaped = take(/\\(["\\$`])/y)?.[1]
      add(escaped ?? text[at] ?? '')
      if (escaped === undefined) at++
    }
    at++
  }
}

const ANSI: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0' }

/** `$'…'`, which browsers write when they copy a request as a command. */
const unescapeAnsi = (text: string): string =>
  text.replace(
    /\\(?:u([0-9a-fA-F]{1,4})|x([0-9a-fA-F]{1,2})|([^]))/g,
    (_, unicode?: string, hex?: string, other?: string) => {
      const code = unicode ?? hex
      if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16))
      return ANSI[other ?? ''] ?? other ?? ''
    },
  )
