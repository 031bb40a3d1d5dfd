import { join } from 'node:path'
import test from 'ava'
import { startServer } from '../../src/index.ts'
import { temporaryFolder } from '../helpers/database.ts'
import { headerValue, headerValues, requestOf, sendRaw } from '../helpers/raw-http.ts'
import { CHEAP_HASHING } from '../helpers/start.ts'

const ISSUER = 'https://id.example.com'

test('production starts with nobody in it, speaks of its https issuer, and shows no passwords', async (t) => {
  const folder = await temporaryFolder(t)
  const server = await startServer({
    settings: {
      PROFILE: 'production',
      ISSUER,
      SECRET: 'a secret that is long enough for production',
      DATABASE_URL: `file:${join(folder, 'data.db')}`,
      DATA_DIR: folder,
      TRUST_PROXY: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: 'silent',
    },
    hashingCost: CHEAP_HASHING,
  })
  t.teardown(() => server.close())
  t.is(server.issuer, ISSUER)
  t.is(await server.db.account.count(), 0)
  t.deepEqual(await server.clients.list(), [])

  const get = (path: string, ...more: string[]) =>
    sendRaw(
      server.port,
      requestOf([
        `GET ${path} HTTP/1.1`,
        'Host: id.example.com',
        'X-Forwarded-Proto: https',
        ...more,
      ]),
    )
  const metadata = JSON.parse((await get('/.well-known/openid-configuration')).body) as {
    token_endpoint: string
  }
  t.is(metadata.token_endpoint, `${ISSUER}/oauth/token`)

  const refused = await get('/api/notes')
  t.is(refused.status, 401)
  const challenges = headerValues(refused, 'www-authenticate')
  t.is(challenges.length, 2)
  for (const challenge of challenges) {
    t.regex(challenge, /resource_metadata="https:\/\/id\.example\.com\//)
  }
  const problem = JSON.parse(refused.body) as { instance: string }
  t.regex(problem.instance, /^urn:uuid:/)

  const home = await get('/', 'Accept: text/html')
  t.is(home.status, 200)
  t.false(/wonderland|web-secret/.test(home.body))
  t.is((await get('/demo/callback')).status, 404)

  // Pages of this machine have no special rights here.
  const foreign = await get('/api/notes', 'Origin: http://localhost:3000')
  t.deepEqual(headerValues(foreign, 'access-control-allow-origin'), [])

  const { clientId } = await server.clients.add({
    redirect_uris: ['https://app.example.com/callback'],
    token_endpoint_auth_method: 'none',
  })
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: 'https://app.example.com/callback',
    scope: 'openid',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  })
  const begun = await get(`/oauth/authorize?${query}`)
  t.is(begun.status, 303)
  const cookies = headerValues(begun, 'set-cookie')
  t.true(cookies.length > 0)
  for (const cookie of cookies) t.regex(cookie, /; secure/i)
  const page = await get('/api/notes', 'Origin: https://app.example.com')
  t.is(headerValue(page, 'access-control-allow-origin'), 'https://app.example.com')

  // Over plain http a token is burnt, not judged.
  const plain = await sendRaw(
    server.port,
    requestOf(['GET /api/notes HTTP/1.1', 'Host: id.example.com', 'Authorization: Bearer x']),
  )
  t.is(plain.status, 403)
})
