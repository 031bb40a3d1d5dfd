/** Takes out of a log line whatever looks like a credential, wherever it came from. */

/** Names whose values are secret, as parameters, cookies or members write them. */
const SECRET_NAME =
  '[\\w-]*(?:token|secret|passw(?:or)?d|assertion|verifier|cookie|authorization|api-?_?key|user_code|device_code)[\\w-]*'

const rules: readonly [pattern: RegExp, replacement: string][] = [
  // JWTs and what is left of them: JSON in base64url begins with {".
  [/\beyJ[\w-]{4,}(?:\.[\w-]*)*/g, '[redacted]'],
  // RFC 9110 §11.4: a scheme, and what follows it.
  [/\b(Bearer|DPoP|Basic|Digest) +[^\s"\\,]+/gi, '$1 [redacted]'],
  // Parameters: code=…, password='…', response="…".
  [
    new RegExp(
      `\\b((?:code|state|nonce|response|${SECRET_NAME})=\\\\?["']?)[^\\s&"'\\\\,;)]+`,
      'gi',
    ),
    '$1[redacted]',
  ],
  // Members: "password":"…", also within a text, where the quotes are escaped. The value ends where its quotes do.
  [new RegExp(`\\b(${SECRET_NAME}\\\\*["']? ?: ?\\\\*["'])[^"\\\\]+`, 'gi'), '$1[redacted]'],
  // Anything as long and as mixed as a random value of 256 bits.
  [/(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{40,}(?![\w-])/g, '[redacted]'],
]

/** Keeps JSON valid: neither quotes nor backslashes are ever taken out. */
export const redactCredentials = (text: string): string =>
  rules.reduce((line, [pattern, replacement]) => line.replace(pattern, replacement), text)
