import test from 'ava'
import { breakageFor } from '../../src/lab/breakages.ts'
import { toBytes } from '../../src/lab/request.ts'
import { rowOf } from '../../src/refusals/catalogue.ts'
import { checksFor, runChecks } from '../../src/resource/checks.ts'
import { noFacts } from '../../src/resource/facts.ts'
import type { Facts } from '../../src/resource/facts.ts'
import { sendRaw } from '../helpers/raw-http.ts'
import { goodRequest, workshopAt } from '../lab/provoke.ts'
import { smallIds, targetOf } from '../lab/small-target.ts'
import { startApi } from './api.ts'

const PROOF = [
  'proof structure',
  'proof header',
  'proof signature',
  'proof claims',
  'proof method',
  'proof address',
  'proof of this token',
  'proof key',
  'proof nonce',
  'proof time',
]
const PERMISSION = ['authentication level', 'authentication age', 'scope']

test('the order of the checks is the one in which a request is judged', (t) => {
  t.deepEqual(
    checksFor('jwt', true).map(({ name }) => name),
    [
      'one set of credentials',
      'credentials syntax',
      'known scheme',
      'one place',
      'credentials present',
      'one proof',
      'structure',
      'algorithm',
      'critical headers',
      'issuer',
      'key',
      'signature',
      'type',
      'audience',
      'time',
      'binding',
      'claims',
      'standing',
      ...PROOF,
      ...PERMISSION,
    ],
  )
  t.deepEqual(
    checksFor('opaque', true)
      .map(({ name }) => name)
      .slice(6),
    [
      'active',
      'introspected type',
      'audience',
      'time',
      'binding',
      'introspected claims',
      'standing',
      ...PROOF,
      ...PERMISSION,
    ],
  )
})

/** What could be read from a file of refused calls. */
const kept = (facts: Facts): Facts => JSON.parse(JSON.stringify(facts)) as Facts

/** Refused behind the guard, by what is asked for. */
const behind: string[] = ['hidden', 'forbidden', 'transfer-not-granted', 'rate-limited']

const fromTheList = smallIds.filter((id) => rowOf(id).arises === 'api' && !behind.includes(id))

for (const id of fromTheList) {
  test(`${id}: the facts that were kept lead to the same refusal, and hold no token`, async (t) => {
    const api = await startApi(t)
    const target = targetOf(api)
    const breakage = breakageFor(id)
    const request = await breakage.request(await goodRequest(target), workshopAt(target))
    // What it was prepared with was refused on purpose, too.
    api.refused.length = 0
    target.setFaults(breakage.faults ?? [])
    await sendRaw(api.port, toBytes(request))
    const [entry, ...more] = api.refused
    t.deepEqual(more, [])
    t.is(entry?.id, id)
    if (!entry) return
    const findings = runChecks(kept(entry.facts), { stopAtFirst: true })
    const last = findings.at(-1)
    t.true(findings.slice(0, -1).every(({ outcome }) => outcome === 'passed'))
    t.is(last?.outcome === 'failed' && last.id, id)
    t.is(last?.check, entry.evidence.check as string)

    const text = JSON.stringify(entry)
    t.is(entry.path.includes('?'), false)
    const sent = `${request.target} ${request.headers.flat().join(' ')} ${request.body ?? ''}`
    for (const [secret] of sent.matchAll(/[\w-]{24,}/g)) t.false(text.includes(secret))
  })
}

test('a call with another scheme than DPoP is not judged by its proof', (t) => {
  for (const format of ['jwt', 'opaque'] as const) {
    const names = checksFor(format, false).map(({ name }) => name)
    t.deepEqual(
      checksFor(format, true)
        .map(({ name }) => name)
        .filter((name) => !names.includes(name)),
      ['one proof', ...PROOF],
    )
  }
})

test('run to its end the list tells everything that is wrong with a token', async (t) => {
  const api = await startApi(t)
  const options = {
    issuedAt: api.clock.seconds() - 600,
    audience: 'https://other.example',
    header: { typ: 'JWT' },
    claims: { jti: undefined },
  }
  await api.send('GET /api/notes', [await api.bearer(options)])
  const [entry] = api.refused
  t.truthy(entry)
  if (!entry) return
  const findings = runChecks(kept(entry.facts))
  t.deepEqual(
    findings.flatMap((finding) => (finding.outcome === 'failed' ? [finding.id] : [])),
    [
      'token-wrong-typ',
      'token-wrong-audience',
      'token-expired',
      'token-claims-invalid',
      'insufficient-scope',
    ],
  )
  const unknown = findings.flatMap((one) => (one.outcome === 'not judged' ? [one.check] : []))
  t.deepEqual(unknown, ['standing'])
})

test('a check without its facts is not judged, and so never passed', (t) => {
  const wanted = {
    issuer: 'https://as.example',
    audience: 'https://as.example/api',
    format: 'jwt',
    scopes: [],
    leeway: 0,
    maxLife: 1,
    nonceRequired: false,
  } as const
  const findings = runChecks(noFacts(0, wanted))
  t.deepEqual(
    findings.map(({ check }) => check),
    checksFor('jwt', false).map(({ name }) => name),
  )
  t.true(findings.every(({ outcome }) => outcome === 'not judged'))
})
