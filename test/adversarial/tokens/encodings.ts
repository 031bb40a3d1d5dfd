/** Tokens with other segments than three, or with segments spelt otherwise (RFC 7515 §2, §3, §7; RFC 7519 §7.2). */
import type { WholeBench } from '../bench.ts'
import { composed, rewritten, segment, signedText } from './token-case.ts'
import type { TokenCase } from './token-case.ts'

const malformed = 'token-malformed'
/** It has characters that no token has, so nobody looks into it. */
const noToken68 = 'credentials-malformed'
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The same bytes: the last character differs only in bits that stand for nothing. */
function otherSpelling(text: string): string {
  const last = ALPHABET.indexOf(text.at(-1) ?? '')
  return text.slice(0, -1) + (ALPHABET[last + 1] ?? '')
}

/** A good token, with one of the signed segments spelt otherwise before it is signed. */
const spelt =
  (
    name: 'header' | 'payload',
    text: (text: string) => string,
    spelling: (text: string) => string,
  ) =>
  async (bench: WholeBench): Promise<string> => {
    const { header, payload } = await bench.mint.parts()
    const texts = { header: JSON.stringify(header), payload: JSON.stringify(payload) }
    const segments = {
      header: segment(texts.header),
      payload: segment(texts.payload),
      [name]: spelling(segment(text(texts[name]))),
    }
    return signedText(`${segments.header}.${segments.payload}`, bench)
  }

/** So long that its last character has bits left over. */
const oddLength = (text: string): string => text + ' '.repeat((4 - (text.length % 3)) % 3)

const plainBase64 = (text: string): string => text.replaceAll('-', '+').replaceAll('_', '/')

/** This text needs the two characters in which the alphabets differ. */
const withBoth = (text: string): string => text.replace('{', '{"x":"~~~???>>>",')

const same = (text: string): string => text

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
    'itself in JSON, as it is',
    noToken68,
    rewritten(({ header, payload, signature }) =>
      JSON.stringify({ payload, protected: header, signature }),
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
  ['padding in its header', noToken68, spelt('header', oddLength, (text) => `${text}==`)],
  ['padding in its payload', noToken68, spelt('payload', oddLength, (text) => `${text}==`)],
  ['unused bits in its signature', malformed, rewritten(({ token }) => otherSpelling(token)), 33],
  ['unused bits in its header', malformed, spelt('header', oddLength, otherSpelling), 33],
  ['unused bits in its payload', malformed, spelt('payload', oddLength, otherSpelling), 33],
  ['a header in plain base64', malformed, spelt('header', withBoth, plainBase64)],
  ['a payload in plain base64', malformed, spelt('payload', withBoth, plainBase64)],
  ['a character that is none', malformed, spelt('header', same, (text) => `${text}~`)],
  ['a space in it', noToken68, rewritten(({ token }) => token.replace('.', '. '))],
  [
    'a single character for a header',
    malformed,
    rewritten(({ payload, signature }) => `A.${payload}.${signature}`),
  ],
]

export const encodings: readonly TokenCase[] = [...segments, ...spellings]
