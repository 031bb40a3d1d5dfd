/** Takes out of a log line whatever looks like a credential, wherever it came from, in time that grows with its length alone. */

/** Names whose values are secret, as parameters, cookies or members write them. */
const SECRET =
  /token|secret|passw(?:or)?d|assertion|verifier|cookie|authorization|api-?_?key|user_code|device_code/i

/** Parameters whose whole name it is, or its last word. */
const SECRET_PARAMETER = /(?:^|-)(?:code|state|nonce|response)$/i

/**
 * A name begins where no name goes on, and its end is looked for once. What it is called is asked afterwards: an
 * expression that looks for a word within it tries every start with every end.
 */
const PARAMETER = /(?<![\w-])([\w-]+)=\\?["']?/g
const MEMBER = /(?<![\w-])([\w-]+)\\*["']? ?: ?\\*["']/g

const REDACTED = '[redacted]'

/** Keeps JSON valid: neither quotes nor backslashes are ever taken out. */
export function redactCredentials(text: string): string {
  const line = text
    // JWTs and what is left of them: JSON in base64url begins with {".
    .replace(/\beyJ[\w-]{4,}(?:\.[\w-]*)*/g, REDACTED)
    // RFC 9110 §11.4: a scheme, and what follows it.
    .replace(/\b(Bearer|DPoP|Basic|Digest) +[^\s"\\,]+/gi, `$1 ${REDACTED}`)
  const isSecret = (name: string) => SECRET.test(name)
  const isSecretParameter = (name: string) => isSecret(name) || SECRET_PARAMETER.test(name)
  // code=…, password='…', response="…".
  const parameters = redactValues(line, PARAMETER, isSecretParameter, /[^\s&"'\\,;)]+/y)
  // "password":"…", also within a text, where the quotes are escaped. The value ends where its quotes do.
  return (
    redactValues(parameters, MEMBER, isSecret, /[^"\\]+/y)
      // Anything as long and as mixed as a random value of 256 bits.
      .replace(/(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{40,}(?![\w-])/g, REDACTED)
  )
}

/** Replaces what stands behind a name that is secret; goes on within what stands behind the others. */
function redactValues(
  text: string,
  names: RegExp,
  isSecret: (name: string) => boolean,
  value: RegExp,
): string {
  let redacted = ''
  let from = 0
  for (const { 0: opening, 1: name = '', index } of text.matchAll(names)) {
    const at = index + opening.length
    // Within a value that was taken out already.
    if (at < from || !isSecret(name)) continue
    value.lastIndex = at
    if (!value.test(text)) continue
    redacted += text.slice(from, at) + REDACTED
    from = value.lastIndex
  }
  return redacted + text.slice(from)
}
