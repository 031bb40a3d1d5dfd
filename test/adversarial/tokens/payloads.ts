/** Tokens of the issuer whose payload is no JSON object, or one that readers may read differently (RFC 7519 §4, §7.2). */
import { composed } from './token-case.ts'
import type { MakeToken, TokenCase } from './token-case.ts'

const malformed = 'token-malformed'
const invalid = 'token-claims-invalid'
const instead = (payload: string | Uint8Array): MakeToken => composed(() => ({ payload }))

/** A member before those that count; the last one of a name wins in most readers. */
const first = (member: string): MakeToken =>
  composed(({ payload }) => ({ payload: payload.replace('{', `{${member},`) }))

/** One after them. */
const last = (member: string): MakeToken =>
  composed(({ payload }) => ({ payload: payload.replace(/\}$/, `,${member}}`) }))

const nested = (open: string, close: string, levels: number): string =>
  `${open.repeat(levels)}1${close.repeat(levels)}`

const types: TokenCase[] = [
  ['a list for claims', malformed, instead('[1]'), 35],
  ['a text for claims', malformed, instead('"x"'), 35],
  ['a number for claims', malformed, instead('1')],
  ['null for claims', malformed, instead('null')],
  ['true for claims', malformed, instead('true')],
  ['claims that are no JSON', malformed, instead('{"iss":')],
  [
    'claims and something behind',
    malformed,
    composed(({ payload }) => ({ payload: `${payload}{}` })),
  ],
  ['claims in single quotes', malformed, instead("{'sub':'alice'}")],
  ['no claims', 'token-wrong-issuer', instead('{}')],
  ['20 000 lists in lists for claims', malformed, instead(nested('[', ']', 20_000)), 35],
  ['20 000 lists that never close', malformed, instead('['.repeat(20_000)), 35],
  ['5 000 objects in objects', malformed, first(`"x":${nested('{"a":', '}', 5_000)}`), 35],
  ['33 lists in lists', malformed, first(`"x":${nested('[', ']', 33)}`)],
  ['30 lists in lists', 'accepted', first(`"x":${nested('[', ']', 30)}`)],
]

const bytes: TokenCase[] = [
  ['bytes that are no text', malformed, instead(Uint8Array.of(0xff, 0xff)), 35],
  [
    'a byte order mark',
    malformed,
    composed(({ payload }) => ({ payload: `\uFEFF${payload}` })),
    33,
  ],
  [
    'its claims in UTF-16',
    malformed,
    composed(({ payload }) => ({ payload: Buffer.from(payload, 'utf16le') })),
  ],
  ['a quote spelt with two bytes', malformed, withBytes(0xc0, 0xa2)],
  ['half a surrogate pair in bytes', malformed, withBytes(0xed, 0xa0, 0x80)],
  ['a character cut off', malformed, withBytes(0xe2, 0x82)],
  ['a character beyond Unicode', malformed, withBytes(0xf5, 0x80, 0x80, 0x80)],
  ['a NUL behind its claims', malformed, composed(({ payload }) => ({ payload: `${payload}\0` }))],
  ['a line end in a text', malformed, first('"x":"a\nb"')],
  [
    'white space around its claims',
    'accepted',
    composed(({ payload }) => ({ payload: ` \t\r\n${payload}\n` })),
  ],
]

function withBytes(...content: number[]): MakeToken {
  return composed(({ payload }) => ({
    payload: Buffer.concat([
      Buffer.from('{"x":"'),
      Buffer.from(content),
      Buffer.from(payload.replace('{', '",')),
    ]),
  }))
}

const repeated: TokenCase[] = [
  ['exp twice', invalid, first('"exp":1'), 21],
  ['exp twice, once escaped', invalid, first(String.raw`"\u0065xp":1`)],
  ['aud twice', invalid, first('"aud":"https://other.example"')],
  ['iss twice', invalid, first('"iss":"https://other.example"')],
  ['sub twice', invalid, first('"sub":"admin"')],
  ['scope twice', invalid, first('"scope":"notes:write","scope":"notes:read"')],
  ['a name twice, deep inside', invalid, first('"act":{"sub":"a","sub":"b"}')],
  ['another issuer behind ours', 'token-wrong-issuer', last('"iss":"https://other.example"')],
  ['an exp of long ago behind ours', 'token-expired', last('"exp":1')],
  [
    'claims it inherits',
    'token-wrong-issuer',
    composed(({ payload }) => ({ payload: `{"__proto__":${payload}}` })),
  ],
  ['a __proto__ of its own', 'accepted', first('"__proto__":{"admin":true}')],
]

export const payloads: readonly TokenCase[] = [...types, ...bytes, ...repeated]
