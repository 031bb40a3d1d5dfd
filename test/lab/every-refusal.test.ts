import { spawn } from 'node:child_process'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { openDatabase } from '../../src/db/client.ts'
import type { Database } from '../../src/db/client.ts'
import type { Diagnosis } from '../../src/doctor/diagnosis.ts'
import { breakageFor, provokableIds } from '../../src/lab/breakages.ts'
import type { ProvokableId } from '../../src/lab/breakages.ts'
import { comparableHeaders, differences } from '../../src/lab/breakages/expected.ts'
import type { Provocation, Provoked } from '../../src/lab/lab.ts'
import { addressBlock } from '../../src/lib/address-block.ts'
import { fingerprint } from '../../src/lib/secrets.ts'
import { refusalIds, rowOf } from '../../src/refusals/catalogue.ts'
import { callApi, createPerson, SPA } from '../helpers/person.ts'
import { headerValue, sendRaw } from '../helpers/raw-http.ts'
import type { RawResponse } from '../helpers/raw-http.ts'
import { start, type TestServer } from '../helpers/start.ts'

/** Short, so that a request whose body does not come is refused soon. Milliseconds. */
const timeouts = {
  headersTimeout: 1_000,
  requestTimeout: 1_000,
  connectionsCheckingInterval: 100,
}

async function ask<T>(server: TestServer, path: string, method = 'GET'): Promise<T> {
  const response = await fetch(server.url(path), {
    method,
    headers: { accept: 'application/json' },
  })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${text}`)
  return JSON.parse(text) as T
}

/** As anybody would: ask for the request, send its bytes, look at the answer. */
async function provoke(server: TestServer, id: ProvokableId) {
  const prepared = await ask<Provocation>(server, `/lab/break/${id}`)
  const response = await sendRaw(server.port, prepared.raw)
  return { prepared, response }
}

/** By the row itself, and not by what the lab expects of it. */
function assertRow(t: ExecutionContext, server: TestServer, id: ProvokableId, r: RawResponse) {
  const { status, error, description, schemes, headers = {} } = rowOf(id)
  t.is(r.status, status, id)
  for (const [name, value] of Object.entries(headers)) t.is(headerValue(r, name), value, id)
  const challenges = r.headers
    .filter(([name]) => name.toLowerCase() === 'www-authenticate')
    .map(([, value]) => value)
  const offered = challenges.map((line) => line.split(' ')[0])
  t.true(offered.every((scheme) => (schemes as readonly (string | undefined)[]).includes(scheme)))
  t.is(challenges.length > 0, schemes.length > 0, `${id}: ${challenges.join('\n')}`)
  if (status >= 400) t.is(headerValue(r, 'Cache-Control'), 'no-store', id)
  if (status === 303) {
    const location = new URL((headerValue(r, 'Location') ?? '').replace('#', '?')).searchParams
    t.is(location.get('error'), error ?? null, id)
    t.is(location.get('error_description'), description)
    t.is(location.get('error_uri'), server.url(`/refusals/${id}`))
    t.is(location.get('iss'), server.issuer)
    t.is(location.get('state'), 'lab')
  }
  if (!/\bjson\b/.test(headerValue(r, 'Content-Type') ?? '')) return
  const body = JSON.parse(r.body) as Record<string, unknown>
  if (status >= 400) t.is(body['error'], error, id)
  if ('detail' in body) {
    t.is(body['type'], server.url(`/refusals/${id}`))
    t.is(body['detail'], description)
  }
}

/** The doctor, asked later, finds the same: everything before it passed. */
async function assertDoctorAgrees(
  t: ExecutionContext,
  server: TestServer,
  id: ProvokableId,
  response: RawResponse,
): Promise<void> {
  const requestId = headerValue(response, 'X-Request-Id') ?? ''
  const { checks, refusal } = await ask<Diagnosis>(server, `/doctor/${requestId}`)
  const judged = checks.filter(({ outcome }) => outcome !== 'passed')
  t.like(judged[0], { outcome: 'failed', refusal: id }, id)
  t.is(refusal, id)
}

/** What a person who is not of the lab notices: everybody can sign in, and nothing is refused that was not before. */
async function assertAsBefore(t: ExecutionContext, server: TestServer): Promise<void> {
  for (const login of ['alice', 'bob', 'admin']) {
    const { access_token: token } = await createPerson(server.issuer).tokens({}, { login })
    t.is((await callApi(server.url('/api/notes'), token)).status, 200, login)
  }
  const service = await fetch(server.url('/oauth/token'), {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('service:service-secret')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  t.is(service.status, 200)
}

/** Rows that do not go away by themselves, or only after days. */
async function lastingRows(db: Database): Promise<Record<string, number>> {
  return {
    accounts: await db.account.count(),
    clients: await db.client.count(),
    consents: await db.consent.count(),
    artifacts: await db.artifact.count(),
    sessionClients: await db.sessionClient.count(),
    notes: await db.note.count(),
    shares: await db.noteShare.count(),
    transfers: await db.transfer.count(),
    // What was denied here ends by itself, as do used values and counts.
    denials: await db.denial.count({ where: { lifted: false, expiresAt: null } }),
  }
}

test('every refusal is provoked, twice in a row, and the server is as it was', async (t) => {
  t.timeout(180_000)
  const server = await start(t, { timeouts })
  const before = createPerson(server.issuer, SPA)
  const tokens = await before.tokens()
  const rows = await lastingRows(server.db)

  for (let round = 0; round < 2; round++) {
    for (const id of provokableIds) {
      const { prepared, response } = await provoke(server, id)
      t.deepEqual(differences(prepared.expected, response), [], id)
      assertRow(t, server, id, response)
      await assertDoctorAgrees(t, server, id, response)
    }
  }
  for (const id of provokableIds) {
    const provoked = await ask<Provoked>(server, `/lab/break/${id}`, 'POST')
    t.deepEqual(provoked.differences, [], id)
    t.true(provoked.same)
    t.is(provoked.answer.status, rowOf(id).status)
  }

  // Neither an address nor a person who is not of the lab has come nearer to a limit.
  const counted = await server.db.throttle.findMany({ where: { count: { gt: 0 } } })
  const spared = ['127.0.0.1', '::1', '::ffff:127.0.0.1'].map((address) =>
    fingerprint(`guess:${addressBlock(address)}`),
  )
  t.true(counted.length > 0)
  t.false(counted.some(({ key }) => spared.includes(key)))
  t.is((await callApi(server.url('/api/notes'), tokens.access_token)).status, 200)
  t.is((await before.refresh(tokens.refresh_token)).status, 200, 'nobody is signed out')
  await server.close()
  const { db, close } = await openDatabase(server.config.databaseUrl)
  t.teardown(close)
  // The refresh token that was used just now, and the one that came of it.
  t.deepEqual(await lastingRows(db), { ...rows, artifacts: (rows['artifacts'] ?? 0) + 1 })
  t.is(await db.note.count({ where: { owner: { startsWith: 'lab-' } } }), 0)
  const lasting = await db.denial.findMany({ where: { expiresAt: null, lifted: false } })
  t.deepEqual(
    lasting.map(({ key }) => key),
    ['account:carol'],
  )
})

test('a server that always wants a nonce refuses proofs for the same reasons', async (t) => {
  const server = await start(t, { settings: { DPOP_NONCE: 'required' } })
  for (const id of provokableIds.filter((one) => one.includes('dpop'))) {
    const { differences: found } = await ask<Provoked>(server, `/lab/break/${id}`, 'POST')
    t.deepEqual(found, [], id)
  }
})

test('behind a proxy that speaks https for it, a server is broken in the same ways', async (t) => {
  const settings = { ISSUER: 'https://id.test', TRUST_PROXY: '127.0.0.1' }
  const server = await start(t, { settings })
  for (const id of ['token-expired', 'authz-consent-required', 'grant-code-replayed'] as const) {
    const response = await fetch(`http://127.0.0.1:${server.port}/lab/break/${id}`, {
      method: 'POST',
      headers: { 'x-forwarded-proto': 'https' },
    })
    const { request, differences: found } = (await response.json()) as Provoked
    t.deepEqual(found, [], id)
    t.true(request.url.startsWith('https://id.test/'))
    t.false(request.headers.some(([name]) => name === 'X-Forwarded-Proto'))
  }
})

test('what was made up is gone as soon as it was used', async (t) => {
  t.timeout(180_000)
  const server = await start(t, { timeouts })
  const rows = await lastingRows(server.db)
  for (const id of provokableIds) {
    await ask<Provoked>(server, `/lab/break/${id}`, 'POST')
    t.deepEqual(await lastingRows(server.db), rows, id)
  }
  await assertAsBefore(t, server)
})

test('each answer names the refusal, and leads to its explanation and to the doctor', async (t) => {
  t.timeout(180_000)
  const server = await start(t)
  for (const id of provokableIds) {
    if (breakageFor(id).slow) continue
    const { response } = await provoke(server, id)
    const requestId = headerValue(response, 'X-Request-Id') ?? ''
    const text = decodeURIComponent(`${response.body} ${headerValue(response, 'Location') ?? ''}`)
    const { status } = rowOf(id)
    const screens = ['sign-in-expired', 'sign-in-failed', 'second-step-failed', 'user-code-unknown']
    if (status >= 300 && !screens.includes(id)) t.regex(text, new RegExp(`/refusals/${id}\\b`))
    if (status >= 400 && !screens.includes(id)) {
      const link = headerValue(response, 'Link') ?? ''
      t.true(`${text} ${link}`.includes(requestId), id)
    }
  }
})

test('the catalogue, the breakages, the reasons and the published list are one', async (t) => {
  const server = await start(t)
  const { refusals } = await ask<{ refusals: { id: string; reason?: string }[] }>(
    server,
    '/refusals',
  )
  t.deepEqual(
    refusals.map(({ id }) => id),
    refusalIds,
  )
  t.deepEqual(
    refusals.filter(({ reason }) => reason === undefined).map(({ id }) => id),
    refusalIds.filter((id) => (provokableIds as string[]).includes(id)),
  )
  for (const { id, reason } of refusals) {
    const response = await fetch(server.url(`/lab/break/${id}`))
    t.is(response.status, reason === undefined ? 200 : 404, id)
    const body = (await response.json()) as { reason?: string; type?: string }
    t.is(body.reason, reason, id)
  }
  const unknown = await fetch(server.url('/lab/break/no-such-refusal'), { method: 'POST' })
  t.is(unknown.status, 404)
})

/** These need a connection of their own, or a body that does not end. */
const curlIds = provokableIds.filter((id) => id !== 'request-timeout')

test('the printed commands do the same when they are pasted into a shell', async (t) => {
  t.timeout(180_000)
  if (!(await has('curl'))) {
    if (process.env['CI'] === 'true') t.fail('curl is not here; install the package curl')
    else t.log('skipped: curl is not here; install the package curl')
    t.pass()
    return
  }
  const server = await start(t)
  for (const id of curlIds) {
    const { curl, expected } = await ask<Provocation>(server, `/lab/break/${id}`)
    const { code, out, err } = await bash(curl)
    t.is(code, 0, `${id}: ${err}`)
    t.deepEqual(differences(expected, parseCurl(out)), [], id)
  }
})

async function has(program: string): Promise<boolean> {
  return (await bash(`command -v ${program}`)).code === 0
}

function bash(command: string): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'] })
    const out: Buffer[] = []
    let err = ''
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, out: Buffer.concat(out).toString(), err }))
  })
}

/** What `curl -i` prints. */
function parseCurl(text: string): { status: number; headers: [string, string][]; body: string } {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  if (/^HTTP\/1\.1 1/.test(head)) return parseCurl(rest.join('\r\n\r\n'))
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()]
  })
  return {
    status: Number(statusLine.split(' ')[1]),
    headers: comparableHeaders(headers),
    body: rest.join('\r\n\r\n'),
  }
}
