/** Rotation seen from outside: by clients, by people who are signed in, by several servers on one database. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { createRemoteJWKSet, customFetch, decodeProtectedHeader, jwtVerify } from 'jose'
import * as client from 'openid-client'
import { basicCredentials, formRequest } from '../../scripts/kit/client.ts'
import { PUBLISH_AFTER } from '../../src/authorization/keys/standing.ts'
import { startServer } from '../../src/index.ts'
import { commandLine } from '../cli/run.ts'
import { temporaryFolder } from '../helpers/database.ts'
import { publishedKids, publishedLongAgo, serviceToken, signingSince } from '../helpers/keys.ts'
import { listenOn } from '../helpers/listen.ts'
import { callApi, createPerson, WEB } from '../helpers/person.ts'
import { postgresTests } from '../helpers/postgres.ts'
import { CHEAP_HASHING, start, type TestServer } from '../helpers/start.ts'

const kidOf = (token: string) => decodeProtectedHeader(token).kid

/** `countersign keys rotate` on the data of this server, from a process of its own. */
async function rotate(t: ExecutionContext, { dataDir }: TestServer, ...args: string[]) {
  const { run } = await commandLine(t)
  const { code, err, out } = await run(['keys', 'rotate', ...args], { DATA_DIR: dataDir })
  t.is(code, 0, err)
  return out
}

test('verifiers that fetched the keys before a rotation verify what is signed after it, and fetch nothing', async (t) => {
  const server = await start(t)
  await publishedLongAgo(server.db)
  let fetched = 0
  const counting: typeof fetch = (input, init) => {
    if (new Request(input).url.endsWith('/oauth/jwks')) fetched += 1
    return fetch(input, init)
  }
  const remote = createRemoteJWKSet(new URL(server.url('/oauth/jwks')), { [customFetch]: counting })
  const config = await client.discovery(
    new URL(server.issuer),
    WEB.id,
    {},
    client.ClientSecretBasic(WEB.secret),
    { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] },
  )
  config[client.customFetch] = counting as client.CustomFetch
  const person = createPerson(server.issuer)
  const signIn = async () => {
    const { landed, pkce } = await person.code()
    const tokens = await client.authorizationCodeGrant(config, landed, {
      pkceCodeVerifier: pkce.verifier,
      expectedState: 'the-state',
    })
    await jwtVerify(tokens.access_token, remote, { issuer: server.issuer, algorithms: ['ES256'] })
    return [kidOf(tokens.access_token), kidOf(tokens.id_token ?? '')]
  }
  const before = await signIn()
  t.is(fetched, 2)
  await rotate(t, server)
  const after = await signIn()
  t.is(fetched, 2)
  t.not(after[0], before[0])
  t.not(after[1], before[1])
})

test('what was signed before a rotation is good until it is over, everywhere', async (t) => {
  const server = await start(t)
  await publishedLongAgo(server.db)
  const person = createPerson(server.issuer)
  const tokens = await person.tokens({ scope: 'openid profile notes:read' })
  const { access_token: token } = tokens
  await rotate(t, server)
  t.true((await publishedKids(server.issuer, 'ES256')).includes(kidOf(token) ?? ''))
  t.not(kidOf(await serviceToken(server.issuer)), kidOf(token))

  t.is((await callApi(server.url('/api/notes'), token)).status, 200)
  t.is((await callApi(server.url('/oauth/userinfo'), token)).body['sub'], 'alice')
  t.is(await isActive(server.issuer, token), true)
  const refreshed = await person.refresh(tokens.refresh_token)
  t.not(kidOf(refreshed.body.access_token ?? ''), kidOf(token))
  const silent = { prompt: 'none', scope: 'openid', id_token_hint: tokens.id_token }
  t.truthy((await person.browser.open(person.request(silent).url)).landed?.searchParams.get('code'))
  t.is((await person.revoke(token)).status, 200)
  t.is(
    (await callApi(server.url('/api/notes'), token)).body['detail'],
    'The access token was revoked',
  )
  t.is(await isActive(server.issuer, token), false)

  const query = new URLSearchParams({
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: 'http://localhost:3000/',
  })
  const { page } = await person.browser.open(`/oauth/logout?${query}`)
  t.is(page?.status, 200)
})

test('a key that is no longer published signs nobody in, and still says at sign-out who signs out', async (t) => {
  const server = await start(t)
  await publishedLongAgo(server.db)
  const person = createPerson(server.issuer)
  const tokens = await person.tokens()
  const kid = kidOf(tokens.access_token)
  await rotate(t, server)
  await signingSince(server.db, PUBLISH_AFTER)
  t.false((await publishedKids(server.issuer, 'ES256')).includes(kid ?? ''))
  const refused = await callApi(server.url('/api/notes'), tokens.access_token)
  t.is(refused.status, 401)
  t.is(refused.body['type'], server.url('/refusals/token-key-unknown'))
  t.is((await callApi(server.url('/oauth/userinfo'), tokens.access_token)).status, 401)
  t.is(await isActive(server.issuer, tokens.access_token), false)
  const query = new URLSearchParams({
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: 'http://localhost:3000/',
    state: 'bye',
  })
  const { page } = await person.browser.open(`/oauth/logout?${query}`)
  const { landed } = page ? await person.browser.submit(page, {}, ['logout', 'yes']) : {}
  t.is(landed?.href, 'http://localhost:3000/?state=bye')
})

test('keys that somebody else may have are dropped: their tokens are refused at once, and the doctor names the keys there are', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const tokens = await person.tokens()
  t.is((await callApi(server.url('/api/notes'), tokens.access_token)).status, 200)
  t.regex(await rotate(t, server, '--compromised'), /^8 keys were dropped/m)
  const refused = await callApi(server.url('/api/notes'), tokens.access_token)
  t.is(refused.body['type'], server.url('/refusals/token-key-unknown'))
  t.is((await callApi(server.url('/oauth/userinfo'), tokens.access_token)).status, 401)
  t.is(await isActive(server.issuer, tokens.access_token), false)
  const hint = new URLSearchParams({ id_token_hint: tokens.id_token })
  t.is((await person.browser.open(`/oauth/logout?${hint}`)).page?.status, 400)

  const published = await publishedKids(server.issuer, 'ES256')
  t.is(published.length, 2)
  t.false(published.includes(kidOf(tokens.access_token) ?? ''))
  const doctor = await fetch(String(refused.body['instance']), {
    headers: { accept: 'application/json' },
  })
  const told = await doctor.text()
  for (const kid of [...published, kidOf(tokens.access_token)]) t.true(told.includes(kid ?? ''))

  const fresh = await person.refresh(tokens.refresh_token)
  t.is((await callApi(server.url('/api/notes'), fresh.body.access_token ?? '')).status, 200)
})

test('no request fails while keys are rotated, in turn and at once', async (t) => {
  const server = await start(t)
  await publishedLongAgo(server.db)
  const kids = new Set<string | undefined>()
  const running = { on: true }
  const load = async () => {
    for (let calls = 0; running.on && calls < 2_000; calls++) {
      const token = await serviceToken(server.issuer)
      kids.add(kidOf(token))
      // Verified by a stranger and by the API, both as they find the keys at that moment.
      t.true((await publishedKids(server.issuer, 'ES256')).includes(kidOf(token) ?? ''))
      t.is((await callApi(server.url('/api/whoami'), token)).status, 200)
    }
  }
  const loads = [1, 2, 3, 4].map(load)
  await rotate(t, server)
  await publishedLongAgo(server.db)
  await rotate(t, server)
  running.on = false
  await Promise.all(loads)
  kids.add(kidOf(await serviceToken(server.issuer)))
  t.is(kids.size, 3)
})

test('the lab mints with the key that signs now', async (t) => {
  const server = await start(t)
  const mint = async () => {
    const answer = await fetch(server.url('/lab/mint'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    return ((await answer.json()) as { access_token: string }).access_token
  }
  const old = await mint()
  await rotate(t, server, '--compromised')
  const token = await mint()
  t.not(kidOf(token), kidOf(old))
  t.is(kidOf(token), kidOf(await serviceToken(server.issuer)))
  t.is((await callApi(server.url('/api/whoami'), token)).status, 200)
})

test('a logout token that is sent once more is signed with the key that signs then', async (t) => {
  const received: string[] = []
  const second = Promise.withResolvers<undefined>()
  const app = await listenOn(t, (req, res) => {
    let body = ''
    req.on('data', (chunk: Buffer) => (body += chunk.toString()))
    req.on('end', () => {
      received.push(new URLSearchParams(body).get('logout_token') ?? '')
      res.writeHead(received.length === 1 ? 503 : 200).end()
      if (received.length === 2) second.resolve(undefined)
    })
  })
  const server: TestServer = await start(t, {
    async wait() {
      await rotate(t, server, '--compromised')
    },
  })
  const own = { ...WEB, id: 'told', secret: 'told-secret' }
  await server.clients.add({
    client_id: own.id,
    client_secret: own.secret,
    redirect_uris: [own.redirectUri],
    backchannel_logout_uri: `${app}/out`,
  })
  const person = createPerson(server.issuer, own)
  await person.tokens({ scope: 'openid' })
  const { page } = await person.browser.open('/oauth/logout')
  if (page) await person.browser.submit(page, {}, ['logout', 'yes'])
  await second.promise
  const [old, fresh] = received.map(kidOf)
  const published = await publishedKids(server.issuer, 'RS256')
  t.false(published.includes(old ?? ''))
  t.is(fresh, published[0])
})

async function isActive(origin: string, token: string): Promise<unknown> {
  const headers = { authorization: basicCredentials('api', 'api-secret') }
  const answer = await fetch(new URL('/oauth/introspect', origin), formRequest({ token }, headers))
  return ((await answer.json()) as { active: unknown }).active
}

type Pair = { origins: string[]; settings: Record<string, string>; server: Pick<TestServer, 'db'> }

async function bothServersFollow(t: ExecutionContext, { origins, settings, server }: Pair) {
  const { run } = await commandLine(t)
  const kids = () => Promise.all(origins.map(async (origin) => kidOf(await serviceToken(origin))))
  const statuses = async (token: string) =>
    Promise.all(
      origins.map(async (origin) => (await callApi(`${origin}/api/whoami`, token)).status),
    )
  // A server that has just made its database may not have come to the next keys yet.
  t.is((await run(['keys', 'list'], settings)).code, 0)
  await publishedLongAgo(server.db)
  const [first, same] = await kids()
  t.is(same, first)
  const old = await serviceToken(origins[0] ?? '')
  t.is((await run(['keys', 'rotate'], settings)).code, 0)
  const [second, too] = await kids()
  t.not(second, first)
  t.is(too, second)
  const middle = await serviceToken(origins[1] ?? '')
  for (const token of [old, middle]) t.deepEqual(await statuses(token), [200, 200])
  t.is((await run(['keys', 'rotate', '--compromised'], settings)).code, 0)
  for (const token of [old, middle]) t.deepEqual(await statuses(token), [401, 401])
  for (const origin of origins) {
    t.deepEqual(await statuses(await serviceToken(origin)), [200, 200])
  }
}

async function second(t: ExecutionContext, settings: Record<string, string>) {
  const server = await startServer({
    settings: { PORT: '0', LOG_LEVEL: 'silent', ...settings },
    hashingCost: CHEAP_HASHING,
  })
  t.teardown(() => server.close())
  return server
}

test('SQLite: two servers on one database follow a rotation on their next call', async (t) => {
  const server = await start(t)
  const { issuer, dataDir } = server
  const other = await second(t, { DATA_DIR: dataDir, ISSUER: issuer })
  const origins = [issuer, `http://localhost:${other.port}`]
  await bothServersFollow(t, { origins, settings: { DATA_DIR: dataDir }, server })
})

const postgres = await postgresTests(test)

postgres.test('two servers on one database follow a rotation on their next call', async (t) => {
  const settings = {
    DATABASE_URL: await postgres.migrated(t),
    SECRET: 'one secret for both of the servers here',
    DATA_DIR: await temporaryFolder(t),
    ISSUER: 'http://localhost:4010',
  }
  const server = await second(t, settings)
  const other = await second(t, settings)
  const origins = [server, other].map(({ port }) => `http://localhost:${port}`)
  await bothServersFollow(t, { origins, settings, server })
})

test('while the database is out of reach the key set is 503 with Retry-After, never an empty or an old one', async (t) => {
  const server = await start(t)
  const keySet = async () => {
    const response = await fetch(server.url('/oauth/jwks'))
    const { status, headers } = response
    const { keys } = (await response.json()) as { keys?: unknown[] }
    return [status, headers.get('retry-after') !== null, headers.get('cache-control'), keys?.length]
  }
  const good = await keySet()
  await server.db.$executeRawUnsafe(`ALTER TABLE "Revision" RENAME TO "Gone"`)
  t.deepEqual(await keySet(), [503, true, 'no-store', undefined])
  const head = await fetch(server.url('/oauth/jwks'), { method: 'HEAD' })
  t.is(head.status, 503)
  await server.db.$executeRawUnsafe(`ALTER TABLE "Gone" RENAME TO "Revision"`)
  t.deepEqual(await keySet(), good)
})
