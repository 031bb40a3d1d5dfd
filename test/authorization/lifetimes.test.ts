import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { LONGEST_LIFE } from '../../src/db/ageing.ts'
import { sweep } from '../../src/db/sweep.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { age } from '../helpers/age.ts'
import { startDevice } from '../helpers/device.ts'
import { BRIEF, claimsOf, createPerson, post, WEB, type App } from '../helpers/person.ts'
import { start, type Owner, type TestServer } from '../helpers/start.ts'

const SERVICE: App = { id: 'service', secret: 'service-secret', redirectUri: '' }
/** The server of both APIs, so that one client can ask about all tokens. */
const KEEPER: App = { id: 'keeper', secret: 'keeper-secret', redirectUri: '' }

/** The seeded APIs with lives of their own: 300 s for the one with JWTs, 120 s for the one with opaque tokens. */
async function startWithLives(t: Owner): Promise<TestServer> {
  const seed = readFileSync(join(import.meta.dirname, '..', '..', 'prisma', 'seed.yaml'), 'utf8')
  const [before = '', ledger = ''] = seed.split(/(?= {2}- identifier: <issuer>\/ledger)/)
  const edited = before + ledger.replace('access_token_ttl: 300', 'access_token_ttl: 120')
  const folder = mkdtempSync(join(tmpdir(), 'countersign-seed-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'seed.yaml')
  writeFileSync(file, edited)
  const server = await start(t, { settings: { SEED_FILE: file } })
  await server.clients.add({
    client_id: KEEPER.id,
    client_secret: KEEPER.secret ?? '',
    grant_types: ['client_credentials'],
    audiences: ['<issuer>/api', '<issuer>/ledger'],
  })
  return server
}

/** Seconds between `iat` and `exp`, as introspection tells them. */
async function lifeOf(server: TestServer, token: string): Promise<number> {
  const { body } = await post(server.url('/oauth/introspect'), { token }, KEEPER)
  return Number(body['exp']) - Number(body['iat'])
}

const isJwt = (token: string): boolean => token.split('.').length === 3

test('an access token has the form and the life that its resource says', async (t) => {
  const server = await startWithLives(t)
  for (const [scope, jwt, life] of [
    ['notes:read', true, 300],
    ['ledger:read', false, 120],
  ] as const) {
    const person = createPerson(server.issuer)
    const tokens = await person.tokens({ scope: `openid ${scope}` })
    const { body: fresh } = await person.refresh(tokens.refresh_token)
    const own = { grant_type: 'client_credentials', scope }
    const { body: program } = await post(server.url('/oauth/token'), own, SERVICE)
    for (const { access_token = '', expires_in } of [tokens, fresh, program]) {
      t.is(isJwt(access_token), jwt, scope)
      t.is(expires_in, life, scope)
      t.is(await lifeOf(server, access_token), life, scope)
    }
  }
})

test('a client’s own life goes before the resource’s, for JWTs and for opaque tokens', async (t) => {
  const server = await startWithLives(t)
  for (const scope of ['notes:read', 'ledger:read']) {
    const { access_token, expires_in } = await createPerson(server.issuer, BRIEF).tokens({ scope })
    t.is(expires_in, 5, scope)
    t.is(await lifeOf(server, access_token), 5, scope)
  }
  await server.clients.add({
    client_id: 'patient',
    client_secret: 'patient-secret',
    grant_types: ['client_credentials'],
    access_token_ttl: 900,
  })
  const patient = { id: 'patient', secret: 'patient-secret', redirectUri: '' }
  for (const scope of ['notes:read', 'ledger:read']) {
    const own = { grant_type: 'client_credentials', scope }
    const { body } = await post(server.url('/oauth/token'), own, patient)
    t.is(body.expires_in, 900, scope)
    t.is(await lifeOf(server, body.access_token ?? ''), 900, scope)
  }
})

test('a token for userinfo alone is opaque and lives five minutes, an ID token an hour', async (t) => {
  const server = await startWithLives(t)
  const tokens = await createPerson(server.issuer).tokens({ scope: 'openid' })
  t.false(isJwt(tokens.access_token))
  t.is(tokens.expires_in, 300)
  const { iat, exp } = claimsOf(tokens.id_token)
  t.is(Number(exp) - Number(iat), 3600)
})

/** The answer to a registration (RFC 7591 §3.2.1), and what its address says later (RFC 7592 §2.1). */
async function register(server: TestServer) {
  const response = await fetch(server.url('/oauth/register'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: ['https://app.example/cb'] }),
  })
  const { registration_client_uri: uri = '', registration_access_token: token = '' } =
    (await response.json()) as Record<string, string>
  return { read: () => fetch(uri, { headers: { authorization: `Bearer ${token}` } }) }
}

test('the token of a registration lives as long as the client', async (t) => {
  const server = await start(t)
  const { read } = await register(server)
  t.is((await read()).status, 200)
  await age(server, 10 * 365 * 86_400)
  await sweep({ db: server.db, clock: systemClock })
  t.is((await read()).status, 200)
})

test('nothing outlives the ageings that it may have been through, but the token of a registration', async (t) => {
  const server = await start(t)
  await register(server)
  await startDevice(server.issuer)
  const person = createPerson(server.issuer)
  const { refresh_token } = await person.tokens({
    scope: 'openid offline_access ledger:read',
    prompt: 'consent',
  })
  await person.refresh(refresh_token)
  const { url } = person.request()
  await createPerson(server.issuer).browser.open(url)
  await post(server.url('/oauth/par'), Object.fromEntries(url.searchParams), WEB)
  const models = new Set<string>()
  for (const { model, createdAt, expiresAt } of await server.db.artifact.findMany()) {
    models.add(model)
    const life = (expiresAt.getTime() - createdAt.getTime()) / 1000
    t.is(life < LONGEST_LIFE, model !== 'RegistrationAccessToken', `${model}: ${life}`)
  }
  t.deepEqual([...models].sort(), [
    'AccessToken',
    'AuthorizationCode',
    'DeviceCode',
    'Grant',
    'Interaction',
    'PushedAuthorizationRequest',
    'RefreshToken',
    'RegistrationAccessToken',
    'Session',
  ])
})
