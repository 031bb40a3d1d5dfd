/** Text to throw at parsers, and the classes that what we write must stay in (RFC 9110 §5.6, RFC 6750 §3). */
import fc from '../helpers/properties.ts'

export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

// Text made of what the grammar is made of gets further into a parser than random text.
const pieces = fc.constantFrom(
  ...['Basic', 'Bearer', 'DPoP', 'Digest', 'a', 'realm', 'nonce', '=', '==', '"', '\\', '\\"'],
  ...[',', ' ', '\t', 'x1-._~+/', 'eyJh', '.', '\xE9', '\0', '\r\n', '(', '\u2603', ':'],
)

export const hostileText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(pieces, { maxLength: 40 }).map((all) => all.join('')),
)

/** Longer than any header, so that what takes the square of its length takes minutes. */
const LONG = 200_000

/** One piece over and over, alone and between others: what a pattern that looks twice at everything stumbles over. */
export const longTexts = (parts: readonly string[], length = LONG): readonly string[] =>
  parts.flatMap((part) => {
    const text = part.repeat(Math.ceil(length / part.length)).slice(0, length)
    return [text, `a${text}b`, `Bearer a${text}b`, `Digest a="${text}`, `a=${text}"`]
  })

const QUOTED = String.raw`"(?:[\x20\x21\x23-\x5B\x5D-\x7E]|\\["\\])*"`
const PARAM = String.raw`[!#$%&'*+\-.^_\`|~0-9A-Za-z]+=(?:${QUOTED}|[!#$%&'*+\-.^_\`|~0-9A-Za-z]+)`

/** One challenge as we write it: ASCII, and no escape but of a quote or a backslash. */
const CHALLENGE = new RegExp(
  String.raw`^[!#$%&'*+\-.^_\`|~0-9A-Za-z]+(?: ${PARAM}(?:, ${PARAM})*)?$`,
)

/** RFC 6750 §3: what these hold has neither quotes nor backslashes, so no escapes. */
const PLAIN: Readonly<Record<string, RegExp>> = {
  error: /^[\x20\x21\x23-\x5B\x5D-\x7E]*$/,
  error_description: /^[\x20\x21\x23-\x5B\x5D-\x7E]*$/,
  error_uri: /^[\x21\x23-\x5B\x5D-\x7E]+$/,
  resource_metadata: /^[\x21\x23-\x5B\x5D-\x7E]+$/,
  scope: /^[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*$/,
  acr_values: /^[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*$/,
  algs: /^[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*$/,
  max_age: /^\d+$/,
}

export function isInClass(line: string): boolean {
  if (!CHALLENGE.test(line)) return false
  return Object.entries(PLAIN).every(([name, allowed]) => {
    const written = new RegExp(String.raw`[ ,]${name}=("(?:[^"\\]|\\.)*"|[^",]*)`, 'g')
    return [...line.matchAll(written)].every(([, value = '']) =>
      value.startsWith('"') ? allowed.test(value.slice(1, -1)) : true,
    )
  })
}
