import test from 'ava'
import { createJournal, JOURNAL_LENGTH } from '../../src/doctor/journal.ts'
import { keepable, WITHHELD } from '../../src/doctor/journal/keepable.ts'
import type { JournalRecord } from '../../src/doctor/journal.ts'
import { fixedClock } from '../../src/lib/clock.ts'
import { createMint } from '../../src/lab/mint.ts'
import { noFacts } from '../../src/resource/facts.ts'
import { signingKey } from '../resource/api.ts'

const clock = fixedClock(Date.UTC(2026, 0, 2))

const record = (requestId: string, more: Partial<JournalRecord> = {}): JournalRecord => ({
  requestId,
  id: 'no-credentials',
  evidence: { check: 'credentials present' },
  method: 'GET',
  path: '/api/notes',
  ...more,
})

const wanted = {
  issuer: 'http://localhost:4010',
  audience: 'http://localhost:4010/api',
  format: 'jwt',
  scopes: [],
  leeway: 0,
  maxLife: 300,
  nonceRequired: false,
} as const

test('an entry is found under its request id, with the time it was made', (t) => {
  const journal = createJournal({ clock })
  journal.record(record('one'))
  t.deepEqual(journal.find('one'), { ...record('one'), at: clock.now() } as never)
  t.is(journal.find('two'), undefined)
})

test('two records of one request are one entry: the newest refusal counts, and nothing known is lost', (t) => {
  const journal = createJournal({ clock })
  const judged = { list: 'token', facts: noFacts(1, wanted) } as const
  journal.record(record('one', { judged, retryAfter: 30 }))
  journal.record(record('one', { evidence: { found: 'nothing' }, method: '', path: '' }))
  const entry = journal.find('one')
  t.deepEqual(entry?.evidence, { check: 'credentials present', found: 'nothing' })
  t.is(entry?.method, 'GET')
  t.is(entry?.path, '/api/notes')
  t.is(entry?.retryAfter, 30)
  t.deepEqual(entry?.judged, judged)

  journal.record(record('one', { id: 'auth-backend-down', evidence: { check: 'database' } }))
  t.is(journal.find('one')?.id, 'auth-backend-down')
  t.deepEqual(journal.find('one')?.evidence, { check: 'database' })
  t.truthy(journal.find('one')?.judged)
})

test('the last thousand are kept, and the oldest go first', (t) => {
  const journal = createJournal({ clock })
  for (let n = 0; n < JOURNAL_LENGTH + 2; n++) journal.record(record(`r${n}`))
  t.is(journal.find('r0'), undefined)
  t.is(journal.find('r1'), undefined)
  t.truthy(journal.find('r2'))
  t.truthy(journal.find(`r${JOURNAL_LENGTH + 1}`))
})

test('what is kept is a copy: what it came from may change, or go', (t) => {
  const journal = createJournal({ clock })
  const evidence = { found: ['a'] }
  journal.record(record('one', { evidence }))
  evidence.found.push('b')
  t.deepEqual(journal.find('one')?.evidence, { found: ['a'] })
})

test('an entry is bounded, however long, deep or wide its evidence is', (t) => {
  const deep = JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`) as unknown
  const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`claim-${n}`, n]))
  const many = Array.from({ length: 5_000 }, () => 'x')
  const long = 'y'.repeat(1_000_000)
  for (const found of [deep, wide, many, long, { long, more: { long, deep } }]) {
    t.true(JSON.stringify(keepable({ found })).length < 40_000)
  }
  t.is(keepable('z'.repeat(5_000)).length, 4_097)
})

for (const [path, kept] of [
  ['/api/notes/kX9vTq2LmZp4RwYb7NcJ1dGhS5uAe8Fo3IiKxVyQzWM', '/api/notes/:withheld'],
  ['/interaction/V1StGXR8_Z5jdHi6B-myT/login', '/interaction/:withheld/login'],
  ['/api/notes?access_token=abc', '/api/notes'],
  ['/doctor/0b7f5c1e-8d0e-4c57-9a55-6f1f4f0f9d11', undefined],
  ['/.well-known/oauth-protected-resource/api', undefined],
  ['/api/notes/note-alice-shared', undefined],
] as const) {
  test(`of a path is kept what tells the address, and nothing that may be a credential: ${path}`, (t) => {
    const found: string = keepable({ path }).path
    t.is(found, kept ?? path)
  })
}

test('a JWT is withheld wherever it stands; other texts are kept as they are', async (t) => {
  const token = await createMint({ keys: () => signingKey, issuer: wanted.issuer, clock }).mint()
  const kept = keepable({
    evidence: { found: `Bearer ${token}!`, [token]: [token.slice(0, 80), 'a.b.c', 'eyes'] },
    path: `/api/notes/${token}`,
  })
  t.deepEqual(kept, {
    evidence: { found: `Bearer ${WITHHELD}!`, [WITHHELD]: [WITHHELD, 'a.b.c', 'eyes'] },
    path: `/api/notes/${WITHHELD}`,
  } as never)
})
