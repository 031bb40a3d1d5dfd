/** What a request may carry as credentials, whatever is in it (RFC 9110 §11.4, RFC 6750 §2, RFC 7617, RFC 7616). */
import assert from 'node:assert/strict'
import test from 'ava'
import fc from '../helpers/properties.ts'
import { parseAuthorization } from '../../src/lib/http-auth.ts'
import { parseBasic } from '../../src/lib/basic-credentials.ts'
import {
  bodyHoldsToken,
  readAuthorization,
  readFormToken,
  urlHasToken,
} from '../../src/resource/credentials.ts'
import { parseDigest } from '../../src/resource/digest/credentials.ts'
import { readProofs } from '../../src/resource/dpop.ts'
import { TOKEN, hostileText } from './texts.ts'

const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/

test('no text makes a parser of credentials throw', (t) => {
  fc.assert(
    fc.property(hostileText, fc.array(hostileText, { maxLength: 3 }), (text, lines) => {
      parseBasic(`Basic ${text}`)
      parseBasic(text)
      parseDigest(`Digest ${text}`)
      parseDigest(text)
      readProofs(lines)
      readFormToken(text)
      urlHasToken(text)
      for (const type of ['application/json', 'application/x-www-form-urlencoded']) {
        bodyHoldsToken(text, type)
      }
    }),
    { numRuns: 3_000 },
  )
  t.pass()
})

test('whatever is read as credentials is what was sent', (t) => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const parsed = parseAuthorization(text)
      const schemes = 'fault' in parsed ? parsed.schemes : [parsed.scheme]
      for (const scheme of schemes) {
        assert.match(scheme, TOKEN)
        assert.ok(text.toLowerCase().includes(scheme))
      }
      if ('fault' in parsed) return
      assert.ok(text.includes(parsed.rest))
      if (parsed.token68 !== undefined) {
        assert.match(parsed.token68, TOKEN68)
        assert.equal(parsed.params, undefined)
      }
    }),
    { numRuns: 3_000 },
  )
  t.pass()
})

const token = fc.stringMatching(/^[A-Za-z0-9\-._~+/]{20,30}={0,2}$/)

test('a token is taken from one line of scheme, spaces and token, and from nothing else', (t) => {
  const line = fc.oneof(
    fc
      .tuple(fc.constantFrom('Bearer', 'bearer', 'DPoP', 'dPoP'), fc.nat(3), token)
      .map(([scheme, spaces, one]) => `${scheme} ${' '.repeat(spaces)}${one}`),
    hostileText,
    hostileText.map((text) => `Bearer ${text}`),
  )
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 2 }), (lines) => {
      const { facts, token: found } = readAuthorization(
        lines.flatMap((one) => ['Authorization', one]),
      )
      assert.equal(facts.lines.length, lines.length)
      const [only = '', ...more] = lines
      const expected = /^(?:bearer|dpop) +([A-Za-z0-9\-._~+/]+=*)$/i.exec(only)?.[1]
      assert.equal(found, more.length > 0 ? undefined : expected)
    }),
    { numRuns: 3_000 },
  )
  t.pass()
})

test('the facts about credentials never hold what was sent as one', (t) => {
  const around = fc.constantFrom('', ' ', ', ', '"', '\t', ' x', ', Basic YTpi', '=')
  fc.assert(
    fc.property(
      fc.constantFrom('Bearer ', 'DPoP ', 'Basic ', 'Bearer\t', 'Digest a=', ''),
      token,
      around,
      around,
      (scheme, one, before, after) => {
        const line = `${scheme}${before}${one}${after}`
        for (const lines of [[line], [line, line]]) {
          const { facts } = readAuthorization(lines.flatMap((text) => ['Authorization', text]))
          assert.ok(!JSON.stringify(facts).includes(one.slice(0, 20)))
          assert.ok(!JSON.stringify(readProofs(lines).facts).includes(one.slice(0, 20)))
        }
      },
    ),
    {
      numRuns: 2_000,
      // Taken for a scheme as far as its first slash.
      examples: [['', 'a+0~_~_a~a-0_-a+.0a~//a/0', '', '']],
    },
  )
  t.pass()
})

test('a name and a password come back from Basic as they were, with the name composed', (t) => {
  const text = fc
    .string({ unit: 'grapheme', maxLength: 20 })
    // eslint-disable-next-line no-control-regex
    .filter((one) => one.isWellFormed() && !/[\0-\x1F\x7F]/.test(one))
  fc.assert(
    fc.property(text, text, (user, password) => {
      fc.pre(!user.includes(':'))
      const encoded = Buffer.from(`${user}:${password}`).toString('base64')
      assert.deepEqual(parseBasic(`Basic ${encoded}`), {
        outcome: 'parsed',
        credentials: { user: user.normalize('NFC'), password },
      })
    }),
    { numRuns: 1_000 },
  )
  t.pass()
})

test('one pair of name and password has one spelling in Basic', (t) => {
  const spelling = fc.stringMatching(/^[A-Za-z0-9+/=\-_ ]{1,24}$/)
  fc.assert(
    fc.property(spelling, (text) => {
      const parsed = parseBasic(`Basic ${text}`)
      if (parsed.outcome === 'malformed') return
      // More than one space may follow the scheme, and any may end the line (RFC 9110 §5.5, §11.4).
      assert.equal(Buffer.from(text, 'base64').toString('base64'), text.trim())
    }),
    { numRuns: 5_000 },
  )
  t.pass()
})
