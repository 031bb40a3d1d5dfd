/** Reads the credentials of Digest: every parameter once, in its form, and only what was offered (RFC 7616 §3.4). */
import { parseAuthorization } from '../../lib/http-auth.ts'
import type { DigestUser } from '../../directory/accounts.ts'

export type DigestCredentials = {
  user: DigestUser
  realm: string
  nonce: string
  opaque: string
  uri: string
  cnonce: string
  /** As it was sent, eight digits. */
  nc: string
  response: string
}

/** What is wrong, for the developer: never with the response in it. */
export type DigestFault = { parameter: string; expected: string; found: string }

export type ParsedDigest =
  { outcome: 'parsed'; credentials: DigestCredentials } | ({ outcome: 'malformed' } & DigestFault)

type Params = ReadonlyMap<string, string>

/** The value of one `Authorization` line whose scheme is Digest. */
export function parseDigest(value: string): ParsedDigest {
  const parsed = parseAuthorization(value)
  const params = 'fault' in parsed ? undefined : parsed.params
  if (!params) {
    const expected = 'parameters, separated by commas, each of them once'
    return malformed({ parameter: 'all', expected, found: 'something else' })
  }
  const fault = faultOf(params)
  if (fault) return malformed(fault)
  const user = userOf(params)
  if ('parameter' in user) return malformed(user)
  const get = (name: string) => params.get(name) ?? ''
  return {
    outcome: 'parsed',
    credentials: {
      user,
      realm: get('realm'),
      nonce: get('nonce'),
      opaque: get('opaque'),
      uri: get('uri'),
      cnonce: get('cnonce'),
      nc: get('nc'),
      response: get('response'),
    },
  }
}

const malformed = (fault: DigestFault): ParsedDigest => ({ outcome: 'malformed', ...fault })

type Form = {
  expected: string
  fits: (value: string) => boolean
  /** What an absent one means. */
  absent?: string
  /** Whether the value may be told. */
  told?: boolean
}

const present: Form = { expected: 'the value of the challenge', fits: () => true }

/** In the order in which they are judged. Quotes make no difference, although §3.4 has them around some and not others. */
const FORMS: readonly (readonly [name: string, form: Form])[] = [
  [
    'algorithm',
    {
      expected: 'SHA-256',
      fits: (value) => value.toUpperCase() === 'SHA-256',
      absent: 'nothing, which means MD5',
      told: true,
    },
  ],
  // In a response the value counts as it was sent, so there is one spelling.
  ['qop', { expected: 'auth', fits: (value) => value === 'auth', told: true }],
  ['realm', present],
  ['nonce', present],
  ['opaque', present],
  ['uri', { expected: 'the target of the request', fits: (value) => value !== '' }],
  [
    'nc',
    {
      expected: 'eight hexadecimal digits, from 00000001 to 7fffffff',
      fits: (value) => /^[0-7][0-9a-f]{7}$/i.test(value) && Number.parseInt(value, 16) > 0,
      told: true,
    },
  ],
  // It is sent back, so it is held to what needs no escape anywhere.
  [
    'cnonce',
    {
      expected: '1 to 256 visible ASCII characters without quote and backslash',
      fits: (value) => /^[\x21\x23-\x5B\x5D-\x7E]{1,256}$/.test(value),
    },
  ],
  [
    'response',
    {
      expected: '64 lower-case hexadecimal digits',
      fits: (value) => /^[0-9a-f]{64}$/.test(value),
    },
  ],
]

function faultOf(params: Params): DigestFault | undefined {
  for (const [parameter, { expected, fits, absent = 'nothing', told = false }] of FORMS) {
    const value = params.get(parameter)
    if (value === undefined) return { parameter, expected, found: absent }
    if (!fits(value)) return { parameter, expected, found: told ? short(value) : 'something else' }
  }
  return undefined
}

/** By name, by its hash (§3.4.4), or by a name that was encoded to fit into ASCII (RFC 8187 §3.2). */
function userOf(params: Params): DigestUser | DigestFault {
  const plain = params.get('username')
  const extended = params.get('username*')
  const userhash = params.get('userhash')?.toLowerCase() ?? 'false'
  if (userhash !== 'true' && userhash !== 'false') {
    return { parameter: 'userhash', expected: 'true or false', found: short(userhash) }
  }
  const parameter = 'username'
  if (plain !== undefined && extended !== undefined) {
    return { parameter, expected: 'username or username*', found: 'both' }
  }
  if (userhash === 'true') {
    const expected = 'a hash of name and realm in username'
    if (plain === undefined) return { parameter, expected, found: 'nothing' }
    return { userhash: plain }
  }
  if (plain !== undefined) {
    // A field value reaches us one character a byte.
    const login = decodeUtf8(Buffer.from(plain, 'latin1'))
    return login === undefined ? { parameter, expected: 'UTF-8', found: 'other bytes' } : { login }
  }
  if (extended === undefined) return { parameter, expected: 'a name', found: 'nothing' }
  const login = decodeExtended(extended)
  const expected = "UTF-8'' and a name, percent-encoded"
  return login === undefined
    ? { parameter: 'username*', expected, found: 'something else' }
    : { login }
}

const EXTENDED = /^utf-8'[A-Za-z0-9-]*'((?:[A-Za-z0-9!#$&+\-.^_`|~]|%[0-9A-Fa-f]{2})+)$/i

function decodeExtended(value: string): string | undefined {
  const encoded = EXTENDED.exec(value)?.[1]
  if (encoded === undefined) return undefined
  try {
    return decodeURIComponent(encoded).normalize('NFC')
  } catch {
    return undefined
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes).normalize('NFC')
  } catch {
    return undefined
  }
}

const short = (value: string): string => value.slice(0, 40)
