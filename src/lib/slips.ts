/**
 * Mistakes of the hand that can be told from the shape of a credential alone. No check asks for
 * them: they explain why a check failed, without keeping what was sent.
 */

export type CredentialSlip =
  'scheme twice' | 'quotes' | 'ellipsis' | 'white space' | 'colon' | TokenSlip

/** `placeholder`: a word in the place of a token. `cut`: a JWT that ends in its first segment. */
export type TokenSlip = 'placeholder' | 'cut'

/** What programs write where a variable was empty, and what documentation writes where a token belongs. */
const PLACEHOLDER =
  /^(undefined|null|none|nil|nan|true|false|bearer|dpop|token|jwt|access_?token|your[-_]?(access[-_]?)?token([-_]here)?|xxx+|\[?object)$/i
const TEMPLATE = /^(\$\{?\w+\}?|\$\(.*\)|%\w+%|\{\{.*\}\}|<[^<>]*>|\[object Object\])$/i

/** What follows the scheme in an Authorization header. */
export function slipInCredentials(rest: string): CredentialSlip | undefined {
  // What a client wrote in UTF-8 arrives as Latin-1.
  const text = (/[\x80-\xFF]/.test(rest) ? Buffer.from(rest, 'latin1').toString() : rest).trim()
  if (/^(bearer|dpop)[ \t:]+\S/i.test(text)) return 'scheme twice'
  if (/^["'`“”‘’]|["'`“”‘’]$/.test(text)) return 'quotes'
  if (TEMPLATE.test(text)) return 'placeholder'
  if (/(…|\.{3})$/.test(text)) return 'ellipsis'
  if (text.startsWith(':')) return 'colon'
  return /^\S+[ \t\r\n]/.test(text) && !text.includes('=') ? 'white space' : undefined
}

/** A text without a dot, where a token should be. */
export function slipInToken(text: string): TokenSlip | undefined {
  if (PLACEHOLDER.test(text)) return 'placeholder'
  // Base64url of `{"`: the header of a JWT begins so.
  return text.startsWith('eyJ') ? 'cut' : undefined
}
