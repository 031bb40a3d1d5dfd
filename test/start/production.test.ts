import test from 'ava'
import { headerValue, headerValues, requestOf, sendRaw } from '../helpers/raw-http.ts'
import { PRODUCTION_ISSUER, startProduction } from '../helpers/production.ts'

test('production starts with nobody in it, speaks of its https issuer, and shows no passwords', async (t) => {
  const server = await startProduction(t)
  t.is(server.issuer, PRODUCTION_ISSUER)
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
  t.is(metadata.token_endpoint, `${PRODUCTION_ISSUER}/oauth/token`)

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
