/**
 * The structure of a JWT access token, stricter than JOSE libraries where one token could be spelt
 * or read in two ways (RFC 7515 §5.2, RFC 7519 §7.2, RFC 9068 §2).
 */
import { slipInToken } from './slips.ts'
import type { TokenSlip } from './slips.ts'
import { parseStrictJson } from './strict-json.ts'

export type JsonObject = Readonly<Record<string, unknown>>

export type TokenStructure =
  | {
      outcome: 'parsed'
      header: JsonObject
      claims: JsonObject
      /** Names that stand twice in the claims, at any depth. */
      repeatedClaims: readonly string[]
      /** Length of the signature: one that is too short for its algorithm was cut. */
      signatureBytes: number
    }
  /** Not a JWT at all: another kind of token, or none. */
  | { outcome: 'opaque'; slip?: TokenSlip }
  | { outcome: 'malformed'; fault: string }

/**
 * Takes a compact JWS apart. Everything returned is frozen, as one parsed token serves many requests.
 * Does NOT check the signature, nor what header and claims say.
 */
export function parseAccessToken(text: string): TokenStructure {
  const segments = text.split('.', 4)
  if (segments.length === 1) {
    const slip = slipInToken(text)
    return slip ? { outcome: 'opaque', slip } : { outcome: 'opaque' }
  }
  const [headerText, claimsText, signatureText, ...more] = segments
  if (headerText === undefined || claimsText === undefined || signatureText === undefined) {
    return malformed('two segments')
  }
  if (more.length > 0) return malformed('more than three segments')

  const headerBytes = decodeCanonical(headerText)
  if (!headerBytes) return malformed('the header is not canonical base64url')
  const claimsBytes = decodeCanonical(claimsText)
  if (!claimsBytes) return malformed('the payload is not canonical base64url')
  const signatureBytes = decodeCanonical(signatureText)?.length
  if (signatureBytes === undefined) return malformed('the signature is not canonical base64url')

  const header = parseStrictJson(headerBytes)
  if (header.outcome === 'refused') return malformed(`the header is ${header.fault}`)
  if (!isObject(header.value)) return malformed('the header is not a JSON object')
  // RFC 7515 §4: proxies and servers may take different ones of two, so neither counts.
  if (header.repeatedNames.length > 0) return malformed('the header repeats a name')

  const claims = parseStrictJson(claimsBytes)
  if (claims.outcome === 'refused') return malformed(`the payload is ${claims.fault}`)
  if (!isObject(claims.value)) return malformed('the payload is not a JSON object')

  return {
    outcome: 'parsed',
    header: deepFreeze(header.value),
    claims: deepFreeze(claims.value),
    repeatedClaims: claims.repeatedNames,
    signatureBytes,
  }
}

const malformed = (fault: string): TokenStructure => ({ outcome: 'malformed', fault })

/**
 * Undefined for padding, foreign characters, line ends, and for unused bits that are not zero: each
 * would give one token several spellings, and a list of revoked or seen texts could be dodged.
 */
function decodeCanonical(segment: string): Buffer | undefined {
  const bytes = Buffer.from(segment, 'base64url')
  return bytes.toString('base64url') === segment ? bytes : undefined
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// The parser has bounded the depth.
function deepFreeze<T extends object>(value: T): Readonly<T> {
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) deepFreeze(member as object)
  }
  return Object.freeze(value)
}
