/** Registration in production: an initial access token lets one client in (RFC 7591 §3, RFC 7592). */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import pg from 'pg'
import { createInitialAccessTokens } from '../../src/authorization/initial-access-tokens.ts'
import { sweep } from '../../src/db/sweep.ts'
import { fixedClock, systemClock } from '../../src/lib/clock.ts'
import type { CountersignServer } from '../../src/index.ts'
import { postgresTests } from '../helpers/postgres.ts'
import { PRODUCTION_ISSUER, productionFetch, startProduction } from '../helpers/production.ts'

const postgres = await postgresTests(test)

const METADATA = { client_name: 'An app', redirect_uris: ['https://app.example.com/callback'] }

const BARE = 'Bearer realm="as"'

type Registered = Record<string, unknown> & {
  client_id: string
  registration_client_uri: string
  registration_access_token: string
}

const tokensOf = ({ db }: CountersignServer, clock = systemClock) =>
  createInitialAccessTokens({ db, clock })

async function issue(server: CountersignServer): Promise<string> {
  return (await tokensOf(server).issue(60)).token
}

async function register(server: CountersignServer, token?: string, metadata: unknown = METADATA) {
  const response = await productionFetch(server)(`${PRODUCTION_ISSUER}/oauth/register`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(metadata),
  })
  const body = (await response.json()) as Partial<Registered>
  return { status: response.status, challenge: response.headers.get('www-authenticate'), body }
}

function assertRefused(t: ExecutionContext, answer: Awaited<ReturnType<typeof register>>) {
  t.is(answer.status, 401)
  t.is(answer.body['error'], 'invalid_token')
  t.regex(answer.challenge ?? '', /^Bearer realm="as", error="invalid_token", error_description="/)
}

/** The same on SQLite and PostgreSQL. */
function both(title: string, run: (t: ExecutionContext, server: CountersignServer) => unknown) {
  test(`SQLite: ${title}`, async (t) => {
    await run(t, await startProduction(t))
  })
  postgres.test(title, async (t) => {
    await run(t, await startProduction(t, { DATABASE_URL: await postgres.empty(t) }))
  })
}

both('of ten registrations at once with one token, one wins', async (t, server) => {
  const token = await issue(server)
  const answers = await Promise.all(Array.from({ length: 10 }, () => register(server, token)))
  const won = answers.filter(({ status }) => status === 201)
  t.is(won.length, 1)
  for (const answer of answers) if (answer.status !== 201) assertRefused(t, answer)
  t.deepEqual(
    (await server.clients.list()).map(({ clientId }) => clientId),
    [won[0]?.body.client_id],
  )
  assertRefused(t, await register(server, token))
  t.like(await tokensOf(server).list(), [{ usedFor: won[0]?.body.client_id }])
})

test('openid-client and oauth4webapi register in production with a token each, and sign in with what they got', async (t) => {
  const server = await startProduction(t)
  const config = await client.dynamicClientRegistration(
    new URL(PRODUCTION_ISSUER),
    { ...METADATA, grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
    undefined,
    { initialAccessToken: await issue(server), [client.customFetch]: productionFetch(server) },
  )
  const tokens = await client.clientCredentialsGrant(config, { scope: 'notes:read' })
  t.is(tokens.token_type, 'bearer')

  const issuer = new URL(PRODUCTION_ISSUER)
  const as = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { [oauth.customFetch]: productionFetch(server) }),
  )
  const registering = await oauth.dynamicClientRegistrationRequest(as, METADATA, {
    initialAccessToken: await issue(server),
    [oauth.customFetch]: productionFetch(server),
  })
  const registered = await oauth.processDynamicClientRegistrationResponse(registering)
  t.regex(registered.client_id, /^app-/)
})

test('without a token there is a bare challenge, and a token that is unknown, expired or not a Bearer is refused', async (t) => {
  const server = await startProduction(t)
  const bare = await register(server)
  t.deepEqual([bare.status, bare.challenge], [401, BARE])
  assertRefused(t, await register(server, 'never-given-out'))
  const long = fixedClock(Date.UTC(2020, 0, 1))
  assertRefused(t, await register(server, (await tokensOf(server, long).issue(60)).token))
  assertRefused(t, await register(server, `${await issue(server)} twice`))
  t.deepEqual(await server.clients.list(), [])
})

test('what is refused, or fails, leaves the token to try again with', async (t) => {
  const server = await startProduction(t)
  const token = await issue(server)
  for (const [metadata, error] of [
    [{ ...METADATA, redirect_uris: ['http://app.example.com/cb'] }, 'invalid_redirect_uri'],
    [{ ...METADATA, grant_types: ['password'] }, 'invalid_client_metadata'],
    [{ ...METADATA, audiences: ['https://id.example.com/api'] }, 'invalid_client_metadata'],
    [{ ...METADATA, access_token_ttl: 1e9 }, 'invalid_client_metadata'],
    [
      { ...METADATA, post_logout_redirect_uris: ['http://app.example.com/'] },
      'invalid_client_metadata',
    ],
    [[METADATA], 'invalid_request'],
  ] as const) {
    const { status, body } = await register(server, token, metadata)
    t.deepEqual([status, body['error']], [400, error])
  }
  // The last thing that is written fails, so nothing is.
  await server.db.$executeRawUnsafe(
    `CREATE TRIGGER broken BEFORE INSERT ON "Artifact" WHEN NEW.model = 'RegistrationAccessToken'
     BEGIN SELECT RAISE(ABORT, 'broken by the test'); END`,
  )
  t.true((await register(server, token)).status >= 500)
  t.deepEqual(await server.clients.list(), [])
  await server.db.$executeRawUnsafe('DROP TRIGGER broken')
  t.is((await register(server, token)).status, 201)
})

postgres.test('an outage is 503 without a challenge, and the token lives', async (t) => {
  const url = new URL(await postgres.empty(t))
  const name = url.pathname.slice(1)
  const server = await startProduction(t, { DATABASE_URL: url.href })
  const token = await issue(server)
  const admin = new pg.Client({ connectionString: new URL('/postgres', url).href })
  await admin.connect()
  await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`)
  await admin.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`,
  )
  const away = await register(server, token)
  t.deepEqual([away.status, away.challenge], [503, null])
  await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`)
  await admin.end()
  t.is((await register(server, token)).status, 201)
})

test('a client that registered in production is managed with its own token, however long ago that was (RFC 7592)', async (t) => {
  const server = await startProduction(t)
  const { body } = await register(server, await issue(server))
  const { client_id, registration_client_uri: uri = '', registration_access_token: token } = body
  await sweep({ db: server.db, clock: fixedClock(systemClock.now() + 20 * 365 * 86_400_000) })
  const manage = (method: string, as = token, change?: object) =>
    productionFetch(server)(uri, {
      method,
      headers: { authorization: `Bearer ${as}`, 'content-type': 'application/json' },
      ...(change && { body: JSON.stringify(change) }),
    })
  t.like(await (await manage('GET')).json(), { client_id, client_name: 'An app' })
  t.is((await manage('GET', await issue(server))).status, 401)
  const changed = await manage('PUT', token, { ...METADATA, client_id, client_name: 'Renamed' })
  t.like(await changed.json(), { client_name: 'Renamed' })
  t.is((await manage('DELETE')).status, 204)
  t.is((await manage('GET')).status, 401)
  t.deepEqual(await server.clients.list(), [])
})

test('only a fingerprint of the token is kept, and what was taken back, or has expired, is gone', async (t) => {
  const server = await startProduction(t)
  const tokens = tokensOf(server)
  const { id, token } = await tokens.issue(60)
  t.false(JSON.stringify(await server.db.artifact.findMany()).includes(token))
  t.true(await tokens.revoke(id))
  t.false(await tokens.revoke(id))
  assertRefused(t, await register(server, token))

  const used = await tokens.issue(60)
  t.is((await register(server, used.token)).status, 201)
  t.false(await tokens.revoke(used.id))
  await sweep({ db: server.db, clock: fixedClock(systemClock.now() + 61_000) })
  t.deepEqual(await tokens.list(), [])
})
