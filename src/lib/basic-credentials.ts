/** Reads the credentials of Basic: strict base64, UTF-8, and a colon (RFC 7617 §2, §2.1; RFC 4648 §4). */
import { CONTROL } from './control.ts'
import { parseAuthorization } from './http-auth.ts'

export type BasicCredentials = { user: string; password: string }

export type ParsedBasic =
  | { outcome: 'parsed'; credentials: BasicCredentials }
  /** Says what is wrong in words of ours, never in the sender's. */
  | { outcome: 'malformed'; fault: string }

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The value of one `Authorization` line whose scheme is Basic. The name comes out in Normalization Form C. */
export function parseBasic(value: string): ParsedBasic {
  const parsed = parseAuthorization(value)
  if ('fault' in parsed) return malformed('nothing after the scheme')
  const encoded = parsed.rest
  if (!BASE64.test(encoded)) return malformed('other characters than base64 with its padding')
  const bytes = Buffer.from(encoded, 'base64')
  // Bits beyond the last byte: two spellings of one text.
  if (bytes.toString('base64') !== encoded) return malformed('base64 with bits left over')
  const text = decode(bytes)
  if (text === undefined) return malformed('bytes that are no UTF-8')
  // Neither a name nor a password may contain one (RFC 7617 §2).
  if (CONTROL.test(text)) return malformed('a control character')
  const colon = text.indexOf(':')
  if (colon === -1) return malformed('no colon after the name')
  const user = text.slice(0, colon).normalize('NFC')
  return { outcome: 'parsed', credentials: { user, password: text.slice(colon + 1) } }
}

const malformed = (fault: string): ParsedBasic => ({ outcome: 'malformed', fault })

function decode(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}
