/** Tokens and proofs, whatever is in them (RFC 7515 §2, RFC 7519 §7.2, RFC 8259, RFC 9449 §4.3). */
import assert from 'node:assert/strict'
import test from 'ava'
import fc from '../helpers/properties.ts'
import { parseAccessToken } from '../../src/lib/access-token.ts'
import { parseProof, readProofKey } from '../../src/resource/dpop.ts'
import { comparableUri } from '../../src/resource/http-uri.ts'
import { parseStrictJson } from '../../src/lib/strict-json.ts'
import { hostileText } from './texts.ts'

test('any JSON value comes out as JSON.parse reads it, with nothing repeated', (t) => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
      const text = JSON.stringify(value, undefined, 1)
      const expected = { outcome: 'parsed', value: JSON.parse(text) as unknown, repeatedNames: [] }
      assert.deepEqual(parseStrictJson(Buffer.from(text)), expected)
    }),
  )
  t.pass()
})

test('bytes are parsed or refused, and never thrown back', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      parseStrictJson(bytes)
    }),
    { numRuns: 1_000 },
  )
  t.pass()
})

test('what is made of the signs of JSON is parsed where JSON.parse would, and nowhere else', (t) => {
  const signs = fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\\', 'a', '1', ' ', '"a":')
  fc.assert(
    fc.property(fc.array(signs, { maxLength: 30 }), (all) => {
      const text = all.join('')
      assert.equal(parseStrictJson(Buffer.from(text)).outcome === 'parsed', isJson(text))
    }),
    { numRuns: 3_000 },
  )
  t.pass()
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('a name that stands twice is found, wherever and however it is spelt', (t) => {
  const value = fc.jsonValue({ maxDepth: 3 })
  const name = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 5 })
  // ASCII: one character, one code unit.
  const escaped = (text: string): string =>
    `"${text.replaceAll(/./gs, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`
  fc.assert(
    fc.property(name, value, value, fc.boolean(), (one, first, second, isEscaped) => {
      const again = isEscaped ? escaped(one) : JSON.stringify(one)
      const object = `{${JSON.stringify(one)}:${JSON.stringify(first)},${again}:${JSON.stringify(second)}}`
      for (const text of [object, `{"x":[${object}]}`]) {
        const { outcome, ...parsed } = parseStrictJson(Buffer.from(text))
        assert.equal(outcome, 'parsed')
        assert.deepEqual('repeatedNames' in parsed && parsed.repeatedNames, [one])
      }
    }),
    { numRuns: 1_000 },
  )
  t.pass()
})

const segment = (content: string | Uint8Array): string => Buffer.from(content).toString('base64url')

/** Mostly a token, with something wrong in it now and then. */
const tokenLike = fc.oneof(
  hostileText,
  fc
    .array(
      fc.oneof(
        fc.jsonValue().map((value) => segment(JSON.stringify(value))),
        fc.dictionary(fc.string(), fc.jsonValue()).map((value) => segment(JSON.stringify(value))),
        fc.uint8Array().map(segment),
        fc.stringMatching(/^[\w\-=+/]{0,9}$/),
      ),
      { minLength: 1, maxLength: 5 },
    )
    .map((segments) => segments.join('.')),
)

test('no text makes the parser of tokens throw, and what it takes has one spelling', (t) => {
  fc.assert(
    fc.property(tokenLike, (text) => {
      const parsed = parseAccessToken(text)
      if (parsed.outcome !== 'parsed') return
      const segments = text.split('.')
      assert.equal(segments.length, 3)
      for (const one of segments) assert.equal(segment(Buffer.from(one, 'base64url')), one)
      assert.ok(Object.isFrozen(parsed.header) && Object.isFrozen(parsed.claims))
    }),
    { numRuns: 3_000 },
  )
  t.pass()
})

test('header and claims come back as they were signed', (t) => {
  const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 }))
  fc.assert(
    fc.property(object, object, fc.uint8Array(), (header, claims, signature) => {
      const [headerText, claimsText] = [JSON.stringify(header), JSON.stringify(claims)]
      const text = [headerText, claimsText, signature].map(segment).join('.')
      assert.deepEqual(parseAccessToken(text), {
        outcome: 'parsed',
        header: JSON.parse(headerText) as unknown,
        claims: JSON.parse(claimsText) as unknown,
        repeatedClaims: [],
        signatureBytes: signature.length,
      })
    }),
    { numRuns: 1_000 },
  )
  t.pass()
})

test('no proof and no key in one makes anything throw, and no private part of it is kept', async (t) => {
  const secret = 'aPrivatePartOfTheKey'
  const jwk = fc.record(
    {
      kty: fc.constantFrom('EC', 'OKP', 'RSA', 'oct', 1),
      crv: fc.constantFrom('P-256', 'Ed25519', 'P-384', null),
      x: fc.oneof(fc.string(), fc.uint8Array({ minLength: 32, maxLength: 32 }).map(segment)),
      y: fc.oneof(fc.jsonValue(), fc.uint8Array({ minLength: 32, maxLength: 32 }).map(segment)),
      d: fc.constant(secret),
      k: fc.constant(secret),
      oth: fc.constant([{ d: secret }]),
    },
    { requiredKeys: [] },
  )
  const proof = fc.oneof(
    tokenLike,
    fc
      .tuple(fc.oneof(jwk, fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()))
      .map(([key, claims]) =>
        [JSON.stringify({ jwk: key }), JSON.stringify(claims), ''].map(segment).join('.'),
      ),
  )
  await fc.assert(
    fc.asyncProperty(proof, async (text) => {
      const parsed = parseProof(text)
      assert.ok(!JSON.stringify(parsed).includes(secret))
      if (parsed.header) await readProofKey(parsed.header)
    }),
    { numRuns: 2_000 },
  )
  t.pass()
})

test('the one spelling of an address has no other', (t) => {
  const address = fc.oneof(
    hostileText,
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.stringMatching(/^https?:\/\/[a-zA-Z0-9.:@[\]]{0,12}(?:[/%.a-zA-Z0-9?#]){0,20}$/),
  )
  fc.assert(
    fc.property(address, (text) => {
      const one = comparableUri(text)
      // Of what is no address to anybody nothing is promised.
      if (one === undefined || !URL.canParse(text)) return
      assert.equal(comparableUri(one), one)
      assert.doesNotMatch(one, /[?#]/)
    }),
    { numRuns: 3_000 },
  )
  t.pass()
})
