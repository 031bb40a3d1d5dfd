import test from 'ava'
import { readableName, shortSecret, visibleText } from '../../src/web/readable.ts'
import { splitSentence } from '../../src/web/parts.ts'
import { shellWord } from '../../src/web/shell-word.ts'

test('an honest name stays as it is', (t) => {
  for (const name of ['Notes', 'Müller & Söhne', '家計簿', 'نوت‌ها', '👩‍👩‍👧 Family', 'हिन्दी']) {
    t.is(readableName(name), name.normalize('NFC'))
  }
})

test('a name loses what cannot be seen', (t) => {
  t.is(readableName('Web\u202e\u2066\u200b\u00ad\ufeff shop\u0000'), 'Web shop')
  t.is(readableName('one\r\n two\u2028\t three'), 'one two three')
})

test('a name of nothing but invisible characters gets the fallback', (t) => {
  t.is(readableName('\u200d\u3164\u2800 \u202e'), 'An app without a name')
  t.is(readableName('', 'nobody'), 'nobody')
})

test('a long name is cut between letters, not inside an emoji', (t) => {
  const family = '👩‍👩‍👧'
  t.is(readableName(family.repeat(70)), `${family.repeat(59)}…`)
  t.is(readableName('x'.repeat(60)), 'x'.repeat(60))
})

test('a tower of accents is cut down', (t) => {
  t.is(readableName(`x${'\u0334'.repeat(50)}y`), `x${'\u0334'.repeat(3)}y`)
})

test('half a surrogate pair becomes the replacement character', (t) => {
  t.is(readableName('a\ud800b'), 'a\ufffdb')
  t.is(visibleText('a\ud800b'), 'a\ufffdb')
})

test('a technical value shows its hidden characters by number', (t) => {
  t.is(visibleText('a\u0000b\u202ec\nd'), String.raw`a\u{0}b\u{202e}c\u{a}d`)
})

test('a technical value of any length stays short', (t) => {
  t.is(visibleText('x'.repeat(100_000)).length, 1000)
})

test('a credential is never shown whole', (t) => {
  t.is(shortSecret('abcdefghijklmnop'), 'abcdef…')
  t.is(shortSecret('short'), '…')
})

test('the first sentence is told from the rest', (t) => {
  t.deepEqual(splitSentence('It timed out. Sign in again.'), ['It timed out.', 'Sign in again.'])
  t.deepEqual(splitSentence('Version 1.5 is gone'), ['Version 1.5 is gone', ''])
})

test('a value with anything special is quoted for the shell', (t) => {
  t.is(shellWord('web:web-secret'), 'web:web-secret')
  t.is(shellWord("a'b $(c)"), String.raw`'a'\''b $(c)'`)
  t.is(shellWord(''), "''")
})
