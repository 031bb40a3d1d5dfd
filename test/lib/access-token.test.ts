import test from 'ava'
import { parseAccessToken } from '../../src/lib/access-token.ts'

const segment = (content: string | Uint8Array) => Buffer.from(content).toString('base64url')
const SIGNATURE = segment(new Uint8Array(64))
const HEADER = segment('{"alg":"ES256","typ":"at+jwt"}')
const CLAIMS = segment('{"sub":"alice"}')

const fault = (text: string) => {
  const structure = parseAccessToken(text)
  return structure.outcome === 'malformed' ? structure.fault : structure.outcome
}

test('a compact JWS is taken apart, and what it says cannot be changed any more', (t) => {
  const structure = parseAccessToken(`${HEADER}.${CLAIMS}.${SIGNATURE}`)
  t.deepEqual(structure, {
    outcome: 'parsed',
    header: { alg: 'ES256', typ: 'at+jwt' },
    claims: { sub: 'alice' },
    repeatedClaims: [],
    signatureBytes: 64,
  })
  t.true(structure.outcome === 'parsed' && Object.isFrozen(structure.claims))
})

test('nested claims are frozen too', (t) => {
  const structure = parseAccessToken(`${HEADER}.${segment('{"cnf":{"jkt":"x"}}')}.${SIGNATURE}`)
  t.true(structure.outcome === 'parsed' && Object.isFrozen(structure.claims.cnf))
})

test('text without a dot is another kind of token, not a broken JWT', (t) => {
  t.is(fault('Zm9yZ290dGVu'), 'opaque')
})

for (const [what, text, expected] of [
  ['two segments', 'abc.def', 'two segments'],
  ['four segments', `${HEADER}.${CLAIMS}.${SIGNATURE}.`, 'more than three segments'],
  ['a JWE', `${HEADER}.a.b.c.d`, 'more than three segments'],
  ['thousands of dots', '.'.repeat(10_000), 'more than three segments'],
  ['padding', `${HEADER}=.${CLAIMS}.${SIGNATURE}`, 'the header is not canonical base64url'],
  ['the other alphabet', `${HEADER}.${CLAIMS}.ab+/`, 'the signature is not canonical base64url'],
  ['a line end', `${HEADER}.${CLAIMS}.${SIGNATURE}\n`, 'the signature is not canonical base64url'],
  ['a blank', `${HEADER}. ${CLAIMS}.${SIGNATURE}`, 'the payload is not canonical base64url'],
  [
    'unused bits',
    `${HEADER}.${CLAIMS}.${'A'.repeat(85)}B`,
    'the signature is not canonical base64url',
  ],
  [
    'a byte order mark',
    `${HEADER}.${segment('\uFEFF{}')}.`,
    'the payload is marked with a byte order',
  ],
  ['an array', `${HEADER}.${segment('[1]')}.`, 'the payload is not a JSON object'],
  ['null', `${HEADER}.${segment('null')}.`, 'the payload is not a JSON object'],
  ['a string', `${segment('"x"')}.${CLAIMS}.`, 'the header is not a JSON object'],
  ['a nested JWT', `${HEADER}.${segment('a.b.c')}.`, 'the payload is not JSON'],
  [
    'alg twice',
    `${segment('{"alg":"none","alg":"ES256"}')}.${CLAIMS}.`,
    'the header repeats a name',
  ],
  ['0xFF', `${HEADER}.${segment(new Uint8Array([0xff]))}.`, 'the payload is not UTF-8'],
  ['deep arrays', `${HEADER}.${segment('['.repeat(20_000))}.`, 'the payload is nested too deep'],
] as const) {
  test(`${what} is malformed`, (t) => {
    t.is(fault(text), expected)
  })
}

test('claims that stand twice are told, at any depth', (t) => {
  const claims = segment('{"exp":1,"exp":2,"act":{"sub":"a","sub":"b"}}')
  const structure = parseAccessToken(`${HEADER}.${claims}.`)
  t.deepEqual(structure.outcome === 'parsed' && structure.repeatedClaims, ['exp', 'sub'])
})
