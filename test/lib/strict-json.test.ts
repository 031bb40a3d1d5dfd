import test from 'ava'
import { parseStrictJson } from '../../src/lib/strict-json.ts'

const parse = (text: string) => parseStrictJson(Buffer.from(text))

const refused = (fault: string) => ({ outcome: 'refused', fault })

for (const [text, names] of [
  ['{"exp":1,"exp":2}', ['exp']],
  ['{"exp" \n:1, "\\u0065xp"\t:2}', ['exp']],
  ['{"a":[{"b":{"c":1,"d":2,"c":3}}]}', ['c']],
  ['{"a":{"a":{"a":1}},"b":{"a":1}}', []],
  ['["a","a",{"a":"a"}]', []],
  ['{"a":"\\"a\\":1,\\"a\\":2"}', []],
  ['{"__proto__":1,"__proto__":2}', ['__proto__']],
] as const) {
  test(`names that stand twice in one object are reported: ${text}`, (t) => {
    const result = parse(text)
    t.deepEqual(result.outcome === 'parsed' && result.repeatedNames, [...names])
  })
}

test('an unpaired surrogate in a name does not hide a repetition', (t) => {
  const result = parse('{"\\ud800":1,"\\ud800":2}')
  t.is(result.outcome === 'parsed' && result.repeatedNames.length, 1)
})

test('what is nested deeper than any claims are is refused before it is parsed', (t) => {
  t.deepEqual(parse('['.repeat(200_000)), refused('nested too deep'))
  t.deepEqual(parse('{"a":'.repeat(33) + '1' + '}'.repeat(33)), refused('nested too deep'))
  t.is(parse('{"a":'.repeat(32) + '1' + '}'.repeat(32)).outcome, 'parsed')
})

test('a byte order mark is refused, as one text would have two spellings', (t) => {
  t.deepEqual(parseStrictJson(Buffer.from('\uFEFF{}')), refused('marked with a byte order'))
})

test('bytes that are not UTF-8 are refused', (t) => {
  t.deepEqual(parseStrictJson(Buffer.from([0x7b, 0xff, 0x7d])), refused('not UTF-8'))
})

for (const text of ['', '{', '{"a":}', "{'a':1}", '{"a":1}x', '"', '{"a\\', 'NaN', '{"a":01}']) {
  test(`what is not JSON is refused: ${text}`, (t) => {
    t.deepEqual(parse(text), refused('not JSON'))
  })
}
