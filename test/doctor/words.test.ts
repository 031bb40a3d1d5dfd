import test from 'ava'
import { issuerDifference } from '../../src/doctor/classics/issuer-difference.ts'
import { asText, briefly, dateInWords, inWords, listed } from '../../src/doctor/words.ts'

const durations: [seconds: number, words: string][] = [
  [0, 'less than a second'],
  [0.4, 'less than a second'],
  [1, '1 second'],
  [-59, '59 seconds'],
  [60, '1 minute'],
  [61, '1 minute and 1 second'],
  [3_600, '1 hour'],
  [3_605, '1 hour'],
  [3_900, '1 hour and 5 minutes'],
  [172_800 + 3_600, '2 days and 1 hour'],
  [400 * 86_400, '1 year and 35 days'],
  [Infinity, 'for ever'],
  [NaN, 'for ever'],
]

for (const [seconds, words] of durations) {
  test(`${seconds} seconds are ${words}`, (t) => t.is(inWords(seconds), words))
}

test('a date is told in UTC, and what is none stays a number', (t) => {
  t.is(dateInWords(Date.UTC(2026, 0, 2, 3, 4, 5) / 1000), '2026-01-02 03:04:05 UTC')
  t.is(dateInWords(1e20), '100000000000000000000')
})

test('lists are told with an "and"', (t) => {
  t.deepEqual([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(listed), [
    '',
    'a',
    'a and b',
    'a, b and c',
  ])
})

test('values are shown briefly, and as one line', (t) => {
  t.is(briefly('x'.repeat(8_192)), `${'x'.repeat(300)}… (8192 characters)`)
  t.is((briefly(Array.from({ length: 50 }, () => 1)) as unknown[]).length, 21)
  t.is(briefly(Infinity), 'Infinity')
  t.is(asText(['a', 'b']), 'a, b')
  t.is(asText([]), '[]')
  t.is(asText({ a: 1 }), '{"a":1}')
  t.is(asText(undefined), 'nothing')
})

const ours = 'http://localhost:4010'
const differences: [found: unknown, says: RegExp][] = [
  [`${ours}/`, /a slash at the end\./],
  ['https://localhost:4010', /https instead of http\./],
  ['http://127.0.0.1:4010', /the host 127\.0\.0\.1 instead of localhost\./],
  ['http://[::1]:4010/', /the host \[::1\] instead of localhost and a slash at the end\./],
  ['http://localhost:4011', /port 4011 instead of port 4010\./],
  ['https://localhost', /https instead of http and no port instead of port 4010\./],
  ['HTTP://LOCALHOST:4010', /another spelling\./],
  ['http://localhost:4010/other', /comes from http:\/\/localhost:4010\/other, and this API/],
  ['https://accounts.example', /comes from https:\/\/accounts\.example/],
  ['no address', /comes from no address/],
  [undefined, /names no issuer/],
  [[ours], /names no issuer/],
]

for (const [found, says] of differences) {
  test(`the issuer ${JSON.stringify(found)} differs from ours, and it is told in what`, (t) => {
    t.regex(issuerDifference(found, ours)?.says ?? '', says)
  })
}

test('our own issuer does not differ', (t) => {
  t.is(issuerDifference(ours, ours), undefined)
})
