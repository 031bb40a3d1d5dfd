/** Tokens whose header asks for more than we know, or is of another kind (RFC 7515 §4, RFC 7797, RFC 9068 §2.1). */
import { composed, minted } from './token-case.ts'
import type { MakeToken, TokenCase } from './token-case.ts'

const crit = 'token-crit-unsupported'
const withHeader = (header: Readonly<Record<string, unknown>>): MakeToken => minted({ header })

const critical: TokenCase[] = [
  ['crit of a name nobody knows', crit, withHeader({ crit: ['x'], x: 1 }), 19],
  ['crit of a name that does not stand there', crit, withHeader({ crit: ['x'] })],
  ['an empty crit', crit, withHeader({ crit: [] }), 19],
  ['crit of a claim', crit, withHeader({ crit: ['exp'] }), 19],
  ['crit of a claim, repeated in the header', crit, withHeader({ crit: ['exp'], exp: 1 }), 19],
  ['crit of alg', crit, withHeader({ crit: ['alg'] })],
  ['crit twice over', crit, withHeader({ crit: ['x', 'x'], x: 1 })],
  ['crit of text', crit, withHeader({ crit: 'x' })],
  ['crit null', crit, withHeader({ crit: null })],
  ['crit false', crit, withHeader({ crit: false })],
  ['crit of an object', crit, withHeader({ crit: {} })],
  ['crit of nothing', crit, withHeader({ crit: [''] })],
  ['crit of a number', crit, withHeader({ crit: [1] })],
  ['b64 in crit', crit, withHeader({ crit: ['b64'], b64: false }), 20],
  ['b64 true in crit', crit, withHeader({ crit: ['b64'], b64: true })],
  ['b64 without crit', crit, withHeader({ b64: false }), 20],
  ['b64 true without crit', crit, withHeader({ b64: true })],
  ['b64 of text', crit, withHeader({ b64: 'false' })],
  ['b64 null', crit, withHeader({ b64: null })],
]

const typ = 'token-wrong-typ'

const types: TokenCase[] = [
  ['typ JWT', typ, withHeader({ typ: 'JWT' }), 24],
  ['no typ', typ, withHeader({ typ: undefined }), 24],
  ['typ null', typ, withHeader({ typ: null })],
  ['typ 1', typ, withHeader({ typ: 1 })],
  ['typ in a list', typ, withHeader({ typ: ['at+jwt'] })],
  ['typ of nothing', typ, withHeader({ typ: '' })],
  ['typ and a space', typ, withHeader({ typ: 'at+jwt ' })],
  ['typ and a parameter', typ, withHeader({ typ: 'at+jwt; charset=utf-8' })],
  ['typ of a proof', typ, withHeader({ typ: 'dpop+jwt' })],
  ['typ of a logout token', typ, withHeader({ typ: 'logout+jwt' })],
  ['typ application/jwt', typ, withHeader({ typ: 'application/jwt' })],
  ['typ with its prefix twice', typ, withHeader({ typ: 'application/application/at+jwt' })],
  // U+212A is a K to toLowerCase, and no letter of ours.
  ['typ with a letter that folds', typ, withHeader({ typ: 'AT+JWT\u212A' })],
  ['typ AT+JWT', 'accepted', withHeader({ typ: 'AT+JWT' }), 25],
  ['typ application/at+jwt', 'accepted', withHeader({ typ: 'application/at+jwt' }), 25],
  ['typ APPLICATION/AT+JWT', 'accepted', withHeader({ typ: 'APPLICATION/AT+JWT' })],
]

const twice = (member: string): MakeToken =>
  composed(({ header }) => ({ header: header.replace('{', `{${member},`) }))

const repeated: TokenCase[] = [
  ['alg twice', 'token-malformed', twice('"alg":"none"'), 21],
  ['alg twice, once escaped', 'token-malformed', twice(String.raw`"\u0061lg":"none"`)],
  ['kid twice', 'token-malformed', twice('"kid":"x"')],
  ['typ twice', 'token-malformed', twice('"typ":"JWT"')],
  ['a name twice, deep in the header', 'token-malformed', twice('"x":{"a":1,"a":2}')],
]

const shapes: TokenCase[] = [
  ...['[]', '"x"', '1', 'null', 'true', '', '{', '{}x', "{'alg':'ES256'}"].map(
    (header): TokenCase => [
      `${header === '' ? 'nothing' : header} for a header`,
      'token-malformed',
      composed(() => ({ header })),
    ],
  ),
  ['an empty header', 'token-alg-refused', composed(() => ({ header: '{}' }))],
  [
    'a header that inherits its alg',
    'token-alg-refused',
    composed(({ header }) => ({ header: `{"__proto__":${header}}` })),
  ],
  ['a header of 9 kB', 'accepted', withHeader({ x: 'x'.repeat(9_000) })],
  [
    'a header of lists in lists',
    'token-malformed',
    composed(({ header }) => ({
      header: header.replace('{', `{"x":${'['.repeat(5_000)}${']'.repeat(5_000)},`),
    })),
  ],
  [
    'white space in the header',
    'accepted',
    composed(({ header }) => ({ header: ` \t\r\n${header.replaceAll(',', ' ,\n')}\n` })),
  ],
  ['headers nobody knows', 'accepted', withHeader({ x: 1, zip: 'DEF', cty: 'x' })],
]

export const headers: readonly TokenCase[] = [...critical, ...types, ...repeated, ...shapes]
