import test from 'ava'
import { importJWK } from 'jose'
import type { CryptoKey } from 'jose'
import { createMint } from '../../src/lab/mint.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createVerifiedTokens } from '../../src/resource/verified-tokens.ts'
import { publicKey, signingKey } from './api.ts'

const { mint } = createMint({ keys: () => signingKey, issuer: 'http://x', clock: systemClock })
const published = async () => ({
  key: (await importJWK(publicKey, 'ES256')) as CryptoKey,
  set: { keys: [publicKey] },
  facts: { verdict: 'found', published: ['es-1'] } as const,
})

test('a token that was verified is remembered, with the key set it was judged by', async (t) => {
  const tokens = createVerifiedTokens()
  const text = await mint()
  const first = tokens.open(text)
  t.is(first.judgement, undefined)
  const by = await published()
  t.is(await tokens.verify(text, first, by), 'valid')
  const again = tokens.open(text)
  t.is(again.structure, first.structure)
  t.deepEqual(again.judgement, { set: by.set, key: by.facts, signature: 'valid' })
  t.is(again.judgement?.set, by.set)
})

test('what is remembered holds neither the token nor its signature', async (t) => {
  const tokens = createVerifiedTokens()
  const text = await mint()
  await tokens.verify(text, tokens.open(text), await published())
  const remembered = JSON.stringify(tokens.open(text))
  for (const segment of text.split('.')) t.false(remembered.includes(segment))
})

test('one character more or less is another token', async (t) => {
  const tokens = createVerifiedTokens()
  const text = await mint()
  await tokens.verify(text, tokens.open(text), await published())
  t.is(tokens.open(text.slice(0, -1)).judgement, undefined)
  t.is(tokens.open(`${text}A`).judgement, undefined)
})

test('a flood of forgeries does not push out the tokens in use', async (t) => {
  const tokens = createVerifiedTokens()
  const by = await published()
  const good = await mint()
  await tokens.verify(good, tokens.open(good), by)
  const forgeries = Array.from({ length: 600 }, (_, n) => `${good.slice(0, -4)}${1000 + n}`)
  for (const text of forgeries) {
    t.is(await tokens.verify(text, tokens.open(text), by), 'invalid')
  }
  t.is(tokens.open(good).judgement?.signature, 'valid')
  t.is(tokens.open(forgeries[0] ?? '').judgement, undefined)
})

test('another key set brings another judgement, in place of the old one', async (t) => {
  const tokens = createVerifiedTokens()
  const by = await published()
  const text = await mint()
  await tokens.verify(text, tokens.open(text), by)
  const stranger = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])
  const other = { ...by, set: { keys: [] }, key: stranger.publicKey }
  t.is(await tokens.verify(text, tokens.open(text), other), 'invalid')
  t.is(tokens.open(text).judgement?.signature, 'invalid')
})
