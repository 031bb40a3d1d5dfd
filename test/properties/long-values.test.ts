/**
 * Long values made to keep a pattern busy. There is no clock in here: what takes the square of their length runs into
 * the time limit of every test.
 */
import test from 'ava'
import { issuerDifference } from '../../src/doctor/classics/issuer-difference.ts'
import { keepable } from '../../src/doctor/journal/keepable.ts'
import { readPaste } from '../../src/doctor/paste.ts'
import { parseAuthorization, parseChallenges } from '../../src/lib/http-auth.ts'
import { parseAccessToken } from '../../src/lib/access-token.ts'
import { parseBasic } from '../../src/lib/basic-credentials.ts'
import { bodyHoldsToken, readAuthorization, readFormToken } from '../../src/resource/credentials.ts'
import { parseDigest } from '../../src/resource/digest/credentials.ts'
import { parseProof, readProofs } from '../../src/resource/dpop.ts'
import { comparableUri } from '../../src/resource/http-uri.ts'
import { slipInCredentials, slipInToken } from '../../src/lib/slips.ts'
import { parseStrictJson } from '../../src/lib/strict-json.ts'
import { redactCredentials } from '../../src/web/log/redact.ts'
import { sharedBench } from '../adversarial/bench.ts'
import { requestOf, sendRaw } from '../helpers/raw-http.ts'
import { longTexts } from './texts.ts'

const PIECES = [
  ...[' ', '\t', ',', ';', '"', '\\', '=', 'a', '.', '-', '_', '~', '%', '/', ':', '[', '{', '\n'],
  ...['a ', 'a,', 'a=', 'a="', 'a-', 'a.', 'a b ', 'a, b ', ' ,', '="\\', '\\"', '="a", ', '%41'],
  ...['token', 'token-', 'token ', 'token=', '"token":', 'code=', 'eyJ', 'eyJaaaaaaaa.', 'Bearer '],
  ...[
    'Basic "',
    '${',
    '$(',
    '-H ',
    'HTTP/1.1 401\n',
    'aA1-',
    '\\u0000',
    '\\\\',
    '{"a":',
    '"a",',
    'http://',
    '..',
    '%2e',
    '?',
    '#',
  ],
]

const functions: readonly (readonly [name: string, run: (text: string) => unknown])[] = [
  ['parseAuthorization', parseAuthorization],
  ['parseChallenges', parseChallenges],
  ['readAuthorization', (text) => readAuthorization(['Authorization', text])],
  ['parseBasic', parseBasic],
  ['parseDigest', parseDigest],
  ['readProofs', (text) => readProofs([text])],
  ['parseProof', parseProof],
  ['parseAccessToken', parseAccessToken],
  ['parseStrictJson', (text) => parseStrictJson(Buffer.from(text))],
  ['readFormToken', readFormToken],
  ['bodyHoldsToken', (text) => bodyHoldsToken(text, 'application/json')],
  ['comparableUri', comparableUri],
  ['slipInCredentials', slipInCredentials],
  ['slipInToken', slipInToken],
  ['redactCredentials', redactCredentials],
  ['keepable', keepable],
  ['issuerDifference', (text) => issuerDifference(`http://localhost/${text}x`, 'http://localhost')],
]

for (const [name, run] of functions) {
  test(`${name} looks at each character a bounded number of times`, (t) => {
    for (const text of longTexts(PIECES)) run(text)
    t.pass()
  })
}

/** What a body may be long. */
const LONGEST_PASTE = 64_000

test('the doctor looks at each character of what was pasted a bounded number of times', (t) => {
  for (const text of longTexts(PIECES, LONGEST_PASTE)) {
    readPaste(text)
    readPaste(`curl -H "${text}`)
  }
  t.pass()
})

const bench = sharedBench(test)

/** With the other fields just within the 16 KiB of a header. */
const LONGEST = 15_000

const FIELDS = [
  ...['Authorization', 'DPoP', 'Accept', 'Accept-Encoding', 'Content-Type', 'Cookie', 'Origin'],
  ...['X-Forwarded-For', 'Forwarded', 'If-None-Match', 'Sec-Fetch-Site', 'Expect', 'Referer'],
]
const ADDRESSES = [
  ...['GET /api/notes', 'GET /ledger/entries', 'GET /challenge/basic', 'GET /challenge/digest'],
  ...['GET /oauth/userinfo', 'GET /oauth/authorize?client_id=web', 'POST /oauth/token', 'GET /'],
]

for (const address of ADDRESSES) {
  test(`no field keeps ${address} busy, whatever it is filled with`, async (t) => {
    const { port } = await bench()
    for (const field of FIELDS) {
      for (const piece of PIECES.filter((one) => one !== '\n')) {
        const value = `Bearer a${piece.repeat(LONGEST / piece.length)}b`
        const lines = [`${address} HTTP/1.1`, `Host: localhost:${port}`, `${field}: ${value}`]
        const { status } = await sendRaw(port, requestOf([...lines, 'Connection: close']))
        t.true(status < 500, `${field}: ${JSON.stringify(piece)}`)
      }
    }
  })
}
