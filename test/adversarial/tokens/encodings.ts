/** Tokens with other segments than three, or with segments spelt otherwise (RFC 7515 §2, §3, §7; RFC 7519 §7.2). */
import { composed, rewritten, segment } from './token-case.ts'
import type { MakeToken, TokenCase } from './token-case.ts'

const malformed = 'token-malformed'
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The same bytes: the last character differs only in bits that stand for nothing. */
function otherSpelling(text: string): string {
  const last = ALPHABET.indexOf(text.at(-1) ?? '')
  return text.slice(0, -1) + (ALPHABET[last + 1] ?? '')
}

/** The two characters in which the alphabets differ are there: this text needs them. */
const inPlainBase64: MakeToken = async (bench) => {
  const token = await composed(({ header }) => ({
    header: header.replace('{', '{"x":"~~~???>>>",'),
  }))(bench)
  return token.replaceAll('-', '+').replaceAll('_', '/')
}

/** A header or payload whose length leaves unused bits in its last character. */
const oddly =
  (name: 'header' | 'payload'): MakeToken =>
  async (bench) => {
    const token = await composed((texts) => ({
      [name]: texts[name] + ' '.repeat((4 - (Buffer.byteLength(texts[name]) % 3)) % 3),
    }))(bench)
    const segments = token.split('.')
    const at = name === 'header' ? 0 : 1
    segments[at] = otherSpelling(segments[at] ?? '')
    return segments.join('.')
  }

const segments: TokenCase[] = [
  ['one segment', 'token-unknown', () => 'VGhpcyBpcyBub3QgYSB0b2tlbg'],
  ['two segments', malformed, rewritten(({ header, payload }) => `${header}.${payload}`)],
  ['four segments', malformed, rewritten(({ token }) => `${token}.${segment('x')}`)],
  ['a dot before', malformed, rewritten(({ token }) => `.${token}`)],
  ['a dot behind', malformed, rewritten(({ token }) => `${token}.`)],
  ['dots alone', malformed, () => '..'],
  ['thousands of dots', malformed, () => '.'.repeat(8_000)],
  ['five segments, as a JWE has', malformed, rewritten(({ header }) => `${header}....`), 22],
  [
    'the five segments of a JWE',
    malformed,
    () =>
      [
        segment('{"alg":"dir","enc":"A256GCM"}'),
        '',
        segment('iv'),
        segment('text'),
        segment('tag'),
      ].join('.'),
    22,
  ],
  [
    'its payload detached',
    malformed,
    rewritten(({ header, signature }) => `${header}..${signature}`),
  ],
  ['its payload missing', malformed, composed(() => ({ payload: '' }))],
  [
    'itself in JSON, as one segment',
    'token-unknown',
    rewritten(({ header, payload, signature }) =>
      segment(JSON.stringify({ payload, protected: header, signature })),
    ),
  ],
  [
    'another token inside',
    malformed,
    async ({ mint }) => {
      const { header } = await mint.parts({ header: { cty: 'JWT' } })
      return mint.compose({ header, payload: await mint.mint() })
    },
    23,
  ],
]

const spellings: TokenCase[] = [
  ['padding', malformed, rewritten(({ token }) => `${token}=`)],
  ['padding twice', malformed, rewritten(({ token }) => `${token}==`)],
  ['unused bits in its signature', malformed, rewritten(({ token }) => otherSpelling(token)), 33],
  ['unused bits in its header', malformed, oddly('header'), 33],
  ['unused bits in its payload', malformed, oddly('payload'), 33],
  ['the alphabet of plain base64', malformed, inPlainBase64],
  ['a character that is none', malformed, rewritten(({ token }) => token.replace('.', '~.'))],
  [
    'a single character for a header',
    malformed,
    rewritten(({ payload, signature }) => `A.${payload}.${signature}`),
  ],
]

export const encodings: readonly TokenCase[] = [...segments, ...spellings]
