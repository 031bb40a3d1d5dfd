import test from 'ava'
import { openedDatabase } from '../helpers/database.ts'
import { publishedLongAgo } from '../helpers/keys.ts'
import { commandLine } from './run.ts'
import { sqliteUrl } from '../../src/db/address.ts'
import path from 'node:path'

type Listed = { kid: string; alg: string; state: string; since: string; until?: string }

const ALGORITHMS = ['ES256', 'RS256', 'PS256', 'EdDSA']

const states = (keys: readonly Listed[], alg: string) =>
  keys.filter((key) => key.alg === alg).map(({ state }) => state)

test('keys are listed with their states, also before the server has ever run', async (t) => {
  const { run } = await commandLine(t)
  const { code, out, err } = await run(['keys', 'list'])
  t.is(code, 0, err)
  t.regex(out, /^ALG +STATE +SINCE +UNTIL +KID\n/)
  for (const alg of ALGORITHMS) {
    t.regex(out, new RegExp(`^${alg} +current +\\d{4}-\\d\\d-\\d\\d [\\d:]+Z +[\\w-]{43}$`, 'm'))
    t.regex(out, new RegExp(`^${alg} +next +`, 'm'))
  }
  const listed = JSON.parse((await run(['keys', 'list', '--json'])).out) as Listed[]
  for (const alg of ALGORITHMS) t.deepEqual(states(listed, alg), ['current', 'next'])
  t.false(JSON.stringify(listed).includes('sealed'))
})

test('a rotation says which key signs now, and how long the old one is published', async (t) => {
  const { run, folder } = await commandLine(t, { seeded: true })
  const url = sqliteUrl(path.join(folder, '.countersign', 'data.db'))
  await publishedLongAgo((await openedDatabase(t, url)).db)
  const list = async () => JSON.parse((await run(['keys', 'list', '--json'])).out) as Listed[]
  const before = await list()
  const kid = (keys: Listed[], state: string) =>
    keys.find((key) => key.alg === 'ES256' && key.state === state)?.kid ?? ''
  const { code, out } = await run(['keys', 'rotate', '--alg', 'es256'])
  t.is(code, 0)
  t.regex(out, new RegExp(`^ES256: ${kid(before, 'next')} signs now\\.$`, 'm'))
  t.regex(out, new RegExp(`^ +${kid(before, 'current')} stays published until \\d{4}-`, 'm'))
  t.notRegex(out, /RS256/)
  const after = await list()
  t.deepEqual(states(after, 'ES256'), ['current', 'retired', 'next'])
  t.deepEqual(states(after, 'RS256'), ['current', 'next'])
})

test('a rotation that was asked for too early says when it happens, and asked for again that it is decided', async (t) => {
  const { run } = await commandLine(t)
  await run(['keys', 'list'])
  const one = await run(['keys', 'rotate'])
  const two = await run(['keys', 'rotate'])
  for (const alg of ALGORITHMS) {
    const when = `^${alg}: [\\w-]{43} signs from \\d{4}-\\d\\d-\\d\\d [\\d:]+Z on`
    t.regex(one.out, new RegExp(`${when}, when it has been published long enough\\.$`, 'm'))
    t.regex(two.out, new RegExp(`${when}; that was decided already\\.$`, 'm'))
  }
  const listed = JSON.parse((await run(['keys', 'list', '--json'])).out) as Listed[]
  for (const alg of ALGORITHMS) {
    t.deepEqual(states(listed, alg), ['current', 'next', 'next'])
    const [current, taking] = listed.filter((key) => key.alg === alg)
    t.is(current?.until, taking?.until)
  }
})

test('compromised keys are dropped, and --json tells which', async (t) => {
  const { run } = await commandLine(t)
  const before = JSON.parse((await run(['keys', 'list', '--json'])).out) as Listed[]
  const { code, out } = await run(['keys', 'rotate', '--compromised', '--json'])
  t.is(code, 0)
  const told = JSON.parse(out) as { rotated: string[]; dropped: string[]; keys: Listed[] }
  t.deepEqual(told.rotated, ALGORITHMS)
  t.deepEqual(told.dropped.toSorted(), before.map(({ kid }) => kid).toSorted())
  for (const alg of ALGORITHMS) t.deepEqual(states(told.keys, alg), ['current', 'next'])
  const kids = new Set(before.map(({ kid }) => kid))
  t.false(told.keys.some(({ kid }) => kids.has(kid)))
})
