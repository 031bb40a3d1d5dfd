import test from 'ava'
import { RULES } from '../../src/authorization/refusals.ts'
import { examine } from '../../src/doctor/examine.ts'
import type { JournalEntry } from '../../src/doctor/journal.ts'
import { createKit } from '../../src/doctor/next/kit.ts'
import { edge, endpoints, stepsFor } from '../../src/doctor/steps.ts'
import type { Endpoint } from '../../src/doctor/steps/step.ts'
import { breakageFor } from '../../src/lab/breakages.ts'
import { toBytes } from '../../src/lab/request.ts'
import { refusalIds, rowOf, type RefusalId } from '../../src/refusals/catalogue.ts'
import { sendRaw } from '../helpers/raw-http.ts'
import { goodRequest, workshopAt } from '../lab/provoke.ts'
import { smallIds, targetOf } from '../lab/small-target.ts'
import { startApi } from '../resource/api.ts'
import { firstFailure } from './doctor.ts'

const issuer = 'http://localhost:4010'
const kit = createKit({
  issuer,
  clients: { find: async () => undefined, list: async () => [] },
  seeded: [],
  scopesOf: () => [],
})
const parts = { issuer, resources: [`${issuer}/api`], kit }

const entryOf = (id: RefusalId, more: Partial<JournalEntry> = {}): JournalEntry => ({
  requestId: '0198c0de-0000-4000-8000-000000000001',
  at: Date.UTC(2026, 0, 2, 3, 4, 5),
  method: 'POST',
  path: '',
  id,
  evidence: { check: 'something', expected: 'this', found: 'that' },
  ...more,
})

/** Refused behind the guard, by what is asked for. */
const behind: string[] = ['hidden', 'forbidden', 'transfer-not-granted', 'rate-limited']

const fromTheList = smallIds.filter((id) => rowOf(id).arises === 'api' && !behind.includes(id))

for (const id of fromTheList) {
  test(`${id}: run to its end, the list first fails where the guard stopped`, async (t) => {
    const api = await startApi(t)
    const target = targetOf(api)
    const breakage = breakageFor(id)
    const request = await breakage.request(await goodRequest(target), workshopAt(target))
    // What it was prepared with was refused on purpose, too.
    api.refused.length = 0
    target.setFaults(breakage.faults ?? [])
    await sendRaw(api.port, toBytes(request))
    const [refused] = api.refused
    if (!refused) throw new Error('nothing was refused')
    const { facts, ...entry } = refused
    const judged = { list: 'token', facts } as const
    const diagnosis = await examine({ ...entry, at: 0, judged }, parts)
    const first = firstFailure(t, diagnosis)
    t.is(first?.refusal, id)
    t.is(diagnosis.refusal, id)
    t.is(first?.fix !== undefined && first.expected !== undefined, true)
  })
}

const byServer = refusalIds.filter((id) => rowOf(id).arises === 'authorization-server')

const PATHS: Record<keyof typeof endpoints, string> = {
  authorize: '/oauth/authorize',
  interaction: '/interaction/abc/login',
  device: '/device',
  logout: '/oauth/logout/confirm',
  token: '/oauth/token',
  par: '/oauth/par',
  introspect: '/oauth/introspect',
  revoke: '/oauth/revoke',
  register: '/oauth/register/app-1',
  userinfo: '/oauth/userinfo',
  basic: '/challenge/basic',
  digest: '/challenge/digest',
}

for (const [name, { at, steps }] of Object.entries<Endpoint>(endpoints)) {
  test(`${name}: the steps before the one that failed passed, and the rest was not reached`, async (t) => {
    const path = PATHS[name as keyof typeof endpoints]
    t.regex(path, at)
    for (const [index, { refuses }] of steps.entries()) {
      for (const id of refuses) {
        const { checks, refusal } = await examine(entryOf(id, { path }), parts)
        t.is(refusal, id)
        const expected = steps.map((_, n) =>
          n < index ? 'passed' : n === index ? 'failed' : 'not-reached',
        )
        t.deepEqual(
          checks.map(({ outcome }) => outcome),
          expected,
          id,
        )
        t.like(checks[index], { expected: 'this', found: 'that', fix: rowOf(id).fix })
      }
    }
  })
}

test('every refusal of the authorization server and of HTTP is in some step', (t) => {
  const covered = new Set<RefusalId>(
    [...Object.values<Endpoint>(endpoints).flatMap(({ steps }) => steps), ...edge].flatMap(
      ({ refuses }) => refuses,
    ),
  )
  const http = refusalIds.filter((id) => rowOf(id).arises === 'http')
  t.deepEqual(
    [...byServer, ...http].filter((id) => !covered.has(id)),
    [],
  )
})

const ENDPOINTS: Readonly<Record<string, keyof typeof endpoints>> = {
  token: 'token',
  pushed_authorization_request: 'par',
  introspection: 'introspect',
  revocation: 'revoke',
  userinfo: 'userinfo',
  registration: 'register',
  client: 'register',
  client_update: 'register',
  client_delete: 'register',
  end_session: 'logout',
  end_session_confirm: 'logout',
  end_session_success: 'logout',
}

test('whatever the engine’s errors become at an endpoint, a step of that endpoint refuses so', (t) => {
  t.deepEqual(Object.keys(ENDPOINTS).toSorted(), Object.keys(RULES).toSorted())
  for (const [route, rules] of Object.entries(RULES)) {
    const { steps }: Endpoint = endpoints[ENDPOINTS[route] ?? 'token']
    const known = new Set(steps.flatMap(({ refuses }) => refuses))
    t.deepEqual(
      rules.map(({ id }) => id).filter((id) => !known.has(id)),
      [],
      route,
    )
  }
})

test('no endpoint has a refusal in two steps, and no two steps have one name', (t) => {
  for (const [name, { steps }] of Object.entries<Endpoint>(endpoints)) {
    const ids = steps.flatMap(({ refuses }) => refuses)
    t.is(new Set(ids).size, ids.length, name)
    t.is(new Set(steps.map((step) => step.name)).size, steps.length, name)
  }
})

for (const id of refusalIds) {
  test(`${id}: whatever is known of it, the first failed check is it, with a fix`, async (t) => {
    const diagnosis = await examine(entryOf(id, { method: '' }), parts)
    t.is(diagnosis.refusal, id)
    t.is(firstFailure(t, diagnosis)?.fix, rowOf(id).fix)
    t.regex(diagnosis.subject, /^A request that could not be read .* at 2026-01-02 03:04:05 UTC\.$/)
    t.deepEqual(
      diagnosis.next,
      diagnosis.advice.map(({ command }) => command),
    )
  })
}

test('a refusal at a known address is explained by the steps of that address', (t) => {
  const names = (id: RefusalId, path: string) => stepsFor(id, path).map(({ name }) => name)
  t.true(names('method-not-allowed', '/oauth/token').includes('client authentication'))
  t.true(names('method-not-allowed', '/health/live').includes('framing'))
  t.true(names('misdirected', '/oauth/token').includes('framing'))
  t.true(names('login-throttled', '/challenge/basic').includes('name and password'))
})

test('what was refused behind the list is one further check at its end', async (t) => {
  const api = await startApi(t)
  await api.send('GET /api/notes', [await api.bearer({ scope: '' })])
  const facts = api.refused[0]?.facts
  if (!facts) throw new Error('nothing was refused')
  const good = {
    ...facts,
    wanted: { ...facts.wanted, scopes: [] },
    standing: { outcome: 'good' } as const,
  }
  const judged = { list: 'token', facts: good } as const
  const evidence = { check: 'owner', expected: 'alice', found: 'bob' }
  const { checks } = await examine(entryOf('forbidden', { judged, evidence }), parts)
  t.like(checks.at(-1), { name: 'owner', outcome: 'failed', refusal: 'forbidden', found: 'bob' })
  t.true(checks.slice(0, -1).every(({ outcome }) => outcome === 'passed'))

  // And where the kept facts alone would have led elsewhere, what really happened comes first.
  const unlike = { list: 'token', facts } as const
  const other = await examine(entryOf('internal-error', { judged: unlike, evidence }), parts)
  t.is(other.refusal, 'internal-error')
})

test('a long claim is cut for show', async (t) => {
  const api = await startApi(t)
  const kid = 'k'.repeat(8_000)
  await api.whoami(await api.bearer({ header: { kid }, signer: 'stranger' }))
  const [refused] = api.refused
  if (!refused) throw new Error('nothing was refused')
  const { facts, ...entry } = refused
  const diagnosis = await examine({ ...entry, at: 0, judged: { list: 'token', facts } }, parts)
  const { found } = firstFailure(t, diagnosis) ?? {}
  t.is(found, `${'k'.repeat(300)}… (8000 characters)`)
})
