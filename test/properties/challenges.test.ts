/** Challenges, read and written, whatever stands in them (RFC 9110 §11.6.1, RFC 6750 §3). */
import assert from 'node:assert/strict'
import test from 'ava'
import fc from '../helpers/properties.ts'
import { formatChallenge, parseChallenges } from '../../src/lib/http-auth.ts'
import type { ChallengeParam } from '../../src/lib/http-auth.ts'
import { refusalIds, rowOf } from '../../src/refusals/catalogue.ts'
import { challengesFor } from '../../src/refusals/challenge.ts'
import type { Protection } from '../../src/refusals/challenge.ts'
import { challengesReadFrom } from '../second-opinion/oauth4webapi.ts'
import { TOKEN, hostileText, isInClass } from './texts.ts'

// Assertions of Node: fast-check catches what they throw, makes the example small, and prints it with its seed.
test('no text makes the parser throw, and whatever it reads fits the grammar', (t) => {
  fc.assert(
    fc.property(fc.array(hostileText, { maxLength: 3 }), (lines) => {
      for (const { scheme, token68, params } of parseChallenges(lines)) {
        assert.match(scheme, TOKEN)
        assert.equal(scheme, scheme.toLowerCase())
        if (token68 !== undefined) assert.equal(params.size, 0)
        for (const name of params.keys()) {
          assert.match(name, TOKEN)
          assert.equal(name, name.toLowerCase())
        }
      }
    }),
    { numRuns: 2_000 },
  )
  t.pass()
})

test('a challenge is what it is, wherever it stands among others', (t) => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const [first] = parseChallenges(['Newauth a="b"', text])
      assert.equal(first?.scheme, 'newauth')
      // An unclosed quote may swallow the rest of its own line, and never the next one.
      assert.equal(parseChallenges([text, 'Newauth a="b"']).at(-1)?.scheme, 'newauth')
    }),
    { numRuns: 1_000 },
  )
  t.pass()
})

const word = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}$/)
const printable = fc.stringMatching(/^[\x20-\x7E]{0,20}$/)
const param: fc.Arbitrary<ChallengeParam> = fc.oneof(
  fc.tuple(word, printable),
  fc.tuple(word, word, fc.constant(false)),
)
const challengeWith = (scheme: fc.Arbitrary<string>) =>
  fc.tuple(
    scheme,
    fc.uniqueArray(param, { selector: ([name]) => name.toLowerCase(), minLength: 1, maxLength: 5 }),
  )

/** oauth4webapi knows a second scheme in a list by its letters only. */
const lettered = fc.stringMatching(/^[A-Za-z0-9]{1,12}$/)

/** Names with a character class of their own may lose a value; that is tested apart. */
const hasOwnClass = ([name]: ChallengeParam): boolean =>
  /^(error|error_description|scope|acr_values|algs|max_age|error_uri|resource_metadata)$/.test(name)

const listsOf = (scheme: fc.Arbitrary<string>) =>
  fc.array(challengeWith(scheme), { minLength: 1, maxLength: 3 })

test('what is written is read back, from lines and from lines joined', (t) => {
  fc.assert(
    fc.property(listsOf(word), (list) => {
      fc.pre(!list.flatMap(([, params]) => params).some(hasOwnClass))
      const lines = list.map(([scheme, params]) => formatChallenge(scheme, params))
      const expected = list.map(([scheme, params]) => ({
        scheme: scheme.toLowerCase(),
        parameters: Object.fromEntries(params.map(([name, value]) => [name.toLowerCase(), value])),
      }))
      assert.deepEqual(read(lines), expected)
      assert.deepEqual(read([lines.join(', ')]), expected)
    }),
    { numRuns: 500 },
  )
  t.pass()
})

test('what is written oauth4webapi reads as we do', async (t) => {
  await fc.assert(
    fc.asyncProperty(listsOf(lettered), async (list) => {
      // Its parameters are a plain object, on which this name is no parameter.
      fc.pre(!list.flatMap(([, params]) => params).some(([name]) => name === '__proto__'))
      const lines = list.map(([scheme, params]) => formatChallenge(scheme, params))
      assert.deepEqual(await challengesReadFrom(lines), read(lines))
    }),
    { numRuns: 500 },
  )
  t.pass()
})

const read = (lines: readonly string[]) =>
  parseChallenges(lines).map(({ scheme, params }) => ({
    scheme,
    parameters: Object.fromEntries(params),
  }))

test('whatever is to be written, the line stays in its class, and says nothing but that', (t) => {
  const anyParam = fc.oneof(
    fc.tuple(fc.oneof(word, hostileText), hostileText),
    fc.tuple(fc.oneof(word, hostileText), hostileText, fc.boolean()),
    fc.tuple(fc.constantFrom('error', 'scope', 'max_age', 'error_uri'), hostileText),
  )
  fc.assert(
    fc.property(fc.array(anyParam, { maxLength: 6 }), (params) => {
      const line = formatChallenge('Bearer', params)
      assert.ok(isInClass(line), line)
      // A name that was given twice voids the challenge; then there is nothing to compare.
      for (const { params: found } of parseChallenges(line)) {
        for (const [name, value] of found) {
          assert.ok(params.some((one) => one[0].toLowerCase() === name && one[1] === value))
        }
      }
    }),
    { numRuns: 2_000 },
  )
  t.pass()
})

const schemes = ['Bearer', 'DPoP', 'Digest', 'Basic'] as const

/** As long as settings are right, realms, nonces and addresses are in their class; the rest may be anything. */
const protection: fc.Arbitrary<Protection> = fc.record(
  {
    realm: fc.constantFrom('api', 'countersign', 'a "b" \\'),
    schemes: fc.shuffledSubarray([...schemes]),
    scope: fc.oneof(hostileText, fc.constant('notes:read notes:write')),
    resourceMetadata: fc.oneof(hostileText, fc.webUrl()),
    usedScheme: fc.constantFrom('Bearer', 'DPoP', 'both'),
    acrValues: fc.oneof(hostileText, fc.constant('urn:countersign:mfa')),
    maxAge: fc.oneof(fc.integer(), fc.double()),
    digest: fc.record({
      nonce: fc.stringMatching(/^[\w-]{44}$/),
      opaque: fc.stringMatching(/^[\w-]{22}$/),
      stale: fc.boolean(),
    }),
    errorUri: fc.oneof(hostileText, fc.webUrl()),
    unproven: fc.boolean(),
  },
  { requiredKeys: ['realm', 'schemes'] },
)

test('every challenge of every refusal stays in its class and is read back by both parsers, whatever the protection says', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...refusalIds), protection, async (id, one) => {
      const lines = challengesFor(id, one)
      for (const line of lines) assert.ok(isInClass(line), line)
      const ours = read(lines)
      assert.equal(ours.length, lines.length)
      if (lines.length > 0) assert.deepEqual(await challengesReadFrom(lines), ours)
      for (const { scheme, parameters } of ours) {
        // RFC 6750 §3, RFC 7617 §2: never a bare scheme, and a realm with each.
        assert.equal(parameters['realm'], one.realm)
        if (scheme !== 'bearer' && scheme !== 'dpop') assert.equal(parameters['error'], undefined)
        if (parameters['error'] !== undefined) assert.equal(parameters['error'], rowOf(id).error)
      }
      const order = ours.map(({ scheme }) => scheme)
      assert.deepEqual(
        order,
        schemes.map((scheme) => scheme.toLowerCase()).filter((scheme) => order.includes(scheme)),
      )
    }),
    { numRuns: 3_000 },
  )
  t.pass()
})
