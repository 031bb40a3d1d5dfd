import { statSync } from 'node:fs'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import test from 'ava'
import { basicCredentials } from '../../scripts/kit/client.ts'
import { fixedClock, startServer, StartFault } from '../../src/index.ts'
import { callApi, claimsOf, createPerson } from '../helpers/person.ts'
import { CHEAP_HASHING, start } from '../helpers/start.ts'

test('ten servers run side by side in one process, each with its own people, keys and tokens', async (t) => {
  const servers = await Promise.all(Array.from({ length: 10 }, () => start(t)))
  t.is(new Set(servers.map(({ issuer }) => issuer)).size, 10)
  const tokens = await Promise.all(servers.map(({ issuer }) => createPerson(issuer).tokens()))
  for (const [i, server] of servers.entries()) {
    const own = await callApi(server.url('/api/notes'), tokens[i]?.access_token ?? '')
    t.is(own.status, 200)
    const foreign = await callApi(
      server.url('/api/notes'),
      tokens[(i + 1) % 10]?.access_token ?? '',
    )
    t.is(foreign.status, 401)
  }
  await servers[0]?.accounts.disable('alice')
  const other = await callApi(servers[1]?.url('/api/whoami') ?? '', tokens[1]?.access_token ?? '')
  t.is(other.status, 200)
})

test('a second start keeps everything: sessions, consent, tokens, keys', async (t) => {
  const first = await start(t)
  const person = createPerson(first.issuer)
  const tokens = await person.tokens()
  await first.close()
  const second = await startServer({
    settings: { DATA_DIR: first.dataDir, PORT: String(first.port), LOG_LEVEL: 'silent' },
    hashingCost: CHEAP_HASHING,
  })
  t.teardown(() => second.close())
  t.is(second.issuer, first.issuer)
  t.is((await callApi(second.url('/api/notes'), tokens.access_token)).status, 200)
  const silent = await person.browser.open(person.request({ prompt: 'none' }).url)
  t.truthy(silent.landed?.searchParams.get('code'))
  t.is((await person.refresh(tokens.refresh_token)).status, 200)
})

test('the data folder is private, and so is the master secret in it', async (t) => {
  const folder = join((await start(t)).dataDir, 'fresh')
  const server = await startServer({
    settings: { DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'silent' },
    hashingCost: CHEAP_HASHING,
  })
  t.teardown(() => server.close())
  t.is(statSync(folder).mode & 0o777, 0o700)
  t.is(statSync(join(folder, 'secret')).mode & 0o777, 0o600)
})

test('a port that is taken and a database that is not ours are told together', async (t) => {
  const running = await start(t)
  const fault = await t.throwsAsync(
    () =>
      startServer({
        settings: {
          DATA_DIR: running.dataDir,
          PORT: String(running.port),
          DATABASE_URL: `file:${join(running.dataDir, 'secret')}`,
          LOG_LEVEL: 'silent',
        },
      }),
    { instanceOf: StartFault },
  )
  t.is(fault.faults.length, 2, fault.message)
  t.regex(fault.faults[0] ?? '', /Port \d+ is taken/)
  t.regex(fault.faults[1] ?? '', /not an SQLite database/)
})

test('the API takes the time from the clock it was given, and a token expires by it', async (t) => {
  const clock = fixedClock()
  const server = await start(t, { clock })
  const tokens = await createPerson(server.issuer).tokens()
  const { iat } = claimsOf(tokens.access_token)
  clock.advance(Number(iat) - clock.seconds())
  t.is((await callApi(server.url('/api/whoami'), tokens.access_token)).status, 200)
  clock.advance(299)
  t.is((await callApi(server.url('/api/whoami'), tokens.access_token)).status, 200)
  clock.advance(2)
  const expired = await callApi(server.url('/api/whoami'), tokens.access_token)
  t.is(expired.status, 401)
  t.is(expired.body['detail'], 'The access token expired')
})

test('closing lets a request that is under way finish', async (t) => {
  const server = await start(t)
  const body = 'grant_type=client_credentials&scope=notes%3Aread'
  const call = request(server.url('/oauth/token'), {
    method: 'POST',
    headers: {
      authorization: basicCredentials('service', 'service-secret'),
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': body.length,
      expect: '100-continue',
    },
  })
  const answered = once(call, 'response') as Promise<[IncomingMessage]>
  call.flushHeaders()
  // The server asks for the body once it reads it: the request is under way.
  await once(call, 'continue')
  const closed = server.close()
  call.end(body)
  const [response] = await answered
  t.is(response.statusCode, 200)
  response.resume()
  await closed
  await t.throwsAsync(() => fetch(server.url('/health/live')))
})

test('a database that goes away is 503 with Retry-After at both servers, and never 401', async (t) => {
  const server = await start(t)
  const tokens = await createPerson(server.issuer).tokens()
  await server.db.$executeRawUnsafe('ALTER TABLE "Revision" RENAME TO "Gone"')
  const call = await callApi(server.url('/api/whoami'), tokens.access_token)
  t.is(call.status, 503)
  t.is(call.headers.get('retry-after'), '30')
  t.is(call.headers.get('www-authenticate'), null)
  const refreshed = await createPerson(server.issuer).refresh(tokens.refresh_token)
  t.is(refreshed.status, 503)
  t.is(refreshed.headers.get('retry-after'), '30')
  t.is((await fetch(server.url('/health/ready'))).status, 503)
  t.is((await fetch(server.url('/health/live'))).status, 200)
  await server.db.$executeRawUnsafe('ALTER TABLE "Gone" RENAME TO "Revision"')
  t.is((await callApi(server.url('/api/whoami'), tokens.access_token)).status, 200)
})
