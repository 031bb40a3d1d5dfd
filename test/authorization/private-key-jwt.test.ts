import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { exportJWK, generateKeyPair, SignJWT, type JWK, type JWTPayload } from 'jose'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import type { ClientInput } from '../../src/directory/clients.ts'
import { createPerson, post, WEB } from '../helpers/person.ts'
import { start, type TestServer } from '../helpers/start.ts'

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

type Keys = { privateKey: CryptoKey; jwk: JWK & { kty: string } }

async function makeKeys(alg = 'ES256', kid = 'one'): Promise<Keys> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }
  return { privateKey, jwk: jwk as Keys['jwk'] }
}

async function addProgram(server: TestServer, keys: ClientInput, id = 'program'): Promise<void> {
  await server.clients.add({
    client_id: id,
    grant_types: ['client_credentials'],
    token_endpoint_auth_method: 'private_key_jwt',
    ...keys,
  })
}

/** Where a client keeps its public keys. */
async function serveKeys(t: ExecutionContext, listener: RequestListener): Promise<string> {
  const keys = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => keys.once('listening', resolve))
  t.teardown(() => keys.close())
  return `http://127.0.0.1:${(keys.address() as AddressInfo).port}/jwks`
}

const now = () => Math.floor(new Date().getTime() / 1000)

/** A claim that is undefined is left out. */
type Slip = { claims?: Record<string, unknown>; kid?: string; alg?: string; signer?: CryptoKey }

function assertion(server: TestServer, { privateKey }: Keys, slip: Slip = {}): Promise<string> {
  const claims = {
    iss: 'program',
    sub: 'program',
    aud: server.issuer,
    jti: crypto.randomUUID(),
    exp: now() + 60,
    ...slip.claims,
  }
  return new SignJWT(JSON.parse(JSON.stringify(claims)) as JWTPayload)
    .setProtectedHeader({ alg: slip.alg ?? 'ES256', kid: slip.kid ?? 'one' })
    .sign(slip.signer ?? privateKey)
}

function askWith(server: TestServer, client_assertion: string, path = '/oauth/token') {
  return post(server.url(path), {
    grant_type: 'client_credentials',
    scope: 'notes:read',
    client_assertion_type: JWT_BEARER,
    client_assertion,
  })
}

const insecure = { execute: [client.allowInsecureRequests] }

for (const alg of ['ES256', 'RS256', 'PS256', 'Ed25519']) {
  test(`openid-client authenticates with a key it registered (${alg})`, async (t) => {
    const server = await start(t)
    const keys = await makeKeys(alg)
    await addProgram(server, { jwks: { keys: [keys.jwk] } })
    const method = client.PrivateKeyJwt({ key: keys.privateKey, kid: 'one' })
    const issuer = new URL(server.issuer)
    const config = await client.discovery(issuer, 'program', undefined, method, insecure)
    const tokens = await client.clientCredentialsGrant(config, { scope: 'notes:read' })
    t.is(tokens.scope, 'notes:read')
  })
}

test('oauth4webapi redeems a code, and its keys are fetched from a jwks_uri on loopback', async (t) => {
  const server = await start(t)
  const keys = await makeKeys()
  let fetched = 0
  const jwks_uri = await serveKeys(t, (_req, res) => {
    fetched++
    res.end(JSON.stringify({ keys: [keys.jwk] }))
  })
  await addProgram(server, {
    redirect_uris: [WEB.redirectUri],
    grant_types: ['authorization_code'],
    jwks_uri,
  })
  const insecurely = { [oauth.allowInsecureRequests]: true }
  const issuer = new URL(server.issuer)
  const as = await oauth
    .discoveryRequest(issuer, insecurely)
    .then((response) => oauth.processDiscoveryResponse(issuer, response))
  const person = createPerson(server.issuer, { id: 'program', redirectUri: WEB.redirectUri })
  const app: oauth.Client = { client_id: 'program' }
  for (let round = 0; round < 2; round++) {
    const { landed, pkce } = await person.code()
    const params = oauth.validateAuthResponse(as, app, landed, 'the-state')
    const answer = await oauth.authorizationCodeGrantRequest(
      as,
      app,
      oauth.PrivateKeyJwt({ key: keys.privateKey, kid: 'one' }),
      params,
      WEB.redirectUri,
      pkce.verifier,
      insecurely,
    )
    const tokens = await oauth.processAuthorizationCodeResponse(as, app, answer)
    t.is(oauth.getValidatedIdTokenClaims(tokens)?.sub, 'alice')
  }
  t.is(fetched, 1, 'for a minute they are remembered')
})

test('every endpoint of clients takes an assertion, for itself, the token endpoint or the issuer', async (t) => {
  const server = await start(t)
  const keys = await makeKeys()
  await addProgram(server, {
    jwks: { keys: [keys.jwk] },
    redirect_uris: [WEB.redirectUri],
    grant_types: ['authorization_code', 'client_credentials'],
    audiences: ['<issuer>/api'],
  })
  const send = async (path: string, aud: string, params: Record<string, string>) =>
    post(server.url(path), {
      client_assertion_type: JWT_BEARER,
      client_assertion: await assertion(server, keys, { claims: { aud } }),
      ...params,
    })
  const token = server.url('/oauth/token')
  const { body } = await send('/oauth/token', token, { grant_type: 'client_credentials' })
  t.is(typeof body.access_token, 'string')
  const subject = { token: body.access_token ?? '' }
  const introspect = server.url('/oauth/introspect')
  t.is((await send('/oauth/introspect', introspect, subject)).status, 200)
  const pushed = await send('/oauth/par', server.issuer, {
    client_id: 'program',
    response_type: 'code',
    redirect_uri: WEB.redirectUri,
    scope: 'notes:read',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  })
  t.is(pushed.status, 201)
  t.is((await send('/oauth/revoke', token, subject)).status, 200)
})

const slips: [rule: string, slip: (server: TestServer, other: Keys) => Slip][] = [
  ['signed with another key', (_, other) => ({ signer: other.privateKey })],
  ['naming a key that nobody knows', () => ({ kid: 'two' })],
  ['for another server', () => ({ claims: { aud: 'https://other.example/' } })],
  ['for another endpoint of ours', (server) => ({ claims: { aud: server.url('/oauth/par') } })],
  ['for nobody', () => ({ claims: { aud: undefined } })],
  ['that expired', () => ({ claims: { exp: now() - 1 } })],
  ['that does not expire', () => ({ claims: { exp: undefined } })],
  ['that expires in a year', () => ({ claims: { exp: now() + 31_536_000 } })],
  ['that expires when dates have ended', () => ({ claims: { exp: 1e300 } })],
  ['that is not valid yet', () => ({ claims: { nbf: now() + 60 } })],
  ['without a jti', () => ({ claims: { jti: undefined } })],
  ['of another issuer', () => ({ claims: { iss: 'web' } })],
  ['of a client that there is not', () => ({ claims: { iss: 'nobody', sub: 'nobody' } })],
  ['of a client that has a secret instead', () => ({ claims: { iss: 'web', sub: 'web' } })],
]

for (const [rule, slip] of slips) {
  test(`an assertion ${rule} is refused`, async (t) => {
    const server = await start(t)
    const [keys, other] = [await makeKeys(), await makeKeys()]
    await addProgram(server, { jwks: { keys: [keys.jwk] } })
    const refused = await askWith(server, await assertion(server, keys, slip(server, other)))
    t.is(refused.status, 401)
    t.like(refused.body, {
      error: 'invalid_client',
      error_uri: server.url('/refusals/token-invalid-client-body'),
    })
    t.is(refused.headers.get('www-authenticate'), 'Basic realm="as", charset="UTF-8"')
    t.is((await askWith(server, await assertion(server, keys))).status, 200)
  })
}

test('what is no JWT, or has an algorithm of secrets, is refused as well', async (t) => {
  const server = await start(t)
  const keys = await makeKeys()
  await addProgram(server, { jwks: { keys: [keys.jwk] } })
  const good = await assertion(server, keys)
  const header = (alg: string) => Buffer.from(JSON.stringify({ alg })).toString('base64url')
  const [, payload = '', signature = ''] = good.split('.')
  for (const bad of [
    'nonsense',
    'a.b.c',
    `${header('none')}.${payload}.`,
    `${header('HS256')}.${payload}.${signature}`,
  ]) {
    const refused = await askWith(server, bad)
    t.is(refused.status, 401, bad)
    t.is(refused.body['error_uri'], server.url('/refusals/token-invalid-client-body'))
  }
})

test('one client pinned to one algorithm is refused with another of its keys', async (t) => {
  const server = await start(t)
  const [keys, rsa] = [await makeKeys(), await makeKeys('RS256', 'two')]
  const jwks = { keys: [keys.jwk, rsa.jwk] }
  await addProgram(server, { jwks, token_endpoint_auth_signing_alg: 'ES256' })
  t.is((await askWith(server, await assertion(server, keys))).status, 200)
  const other = await assertion(server, rsa, { alg: 'RS256', kid: 'two' })
  t.is((await askWith(server, other)).status, 401)
})

test('an assertion is good once: of ten at once one gets a token, and later none', async (t) => {
  const server = await start(t)
  const keys = await makeKeys()
  await addProgram(server, { jwks: { keys: [keys.jwk] } })
  const once = await assertion(server, keys)
  const answers = await Promise.all(Array.from({ length: 10 }, () => askWith(server, once)))
  t.deepEqual(answers.map(({ status }) => status).toSorted(), [
    200,
    ...Array.from({ length: 9 }, () => 401),
  ])
  const late = await askWith(server, once)
  t.is(late.body['error_uri'], server.url('/refusals/token-invalid-client-body'))
  // A jti belongs to its issuer: another client may have the same.
  await addProgram(server, { jwks: { keys: [keys.jwk] } }, 'second')
  const jti = 'the-same'
  t.is((await askWith(server, await assertion(server, keys, { claims: { jti } }))).status, 200)
  const claims = { jti, iss: 'second', sub: 'second' }
  t.is((await askWith(server, await assertion(server, keys, { claims }))).status, 200)
})

test('an assertion that was refused for its signature does not use up the jti', async (t) => {
  const server = await start(t)
  const [keys, other] = [await makeKeys(), await makeKeys()]
  await addProgram(server, { jwks: { keys: [keys.jwk] } })
  const claims = { jti: 'mine' }
  const forged = await assertion(server, keys, { claims, signer: other.privateKey })
  t.is((await askWith(server, forged)).status, 401)
  t.is((await askWith(server, await assertion(server, keys, { claims }))).status, 200)
})

test('a jwks_uri that does not answer, or not with keys, is the client’s to mend: 401, told in the doctor, not counted as a guess', async (t) => {
  const server = await start(t)
  const keys = await makeKeys()
  let answer: RequestListener = (req) => req.socket.destroy()
  const jwks_uri = await serveKeys(t, (req, res) => answer(req, res))
  await addProgram(server, { jwks_uri })
  const long = JSON.stringify({ keys: [keys.jwk], more: ' '.repeat(100_000) })
  const answers: RequestListener[] = [
    answer,
    (_req, res) => res.end('<p>no keys here</p>'),
    (_req, res) => res.writeHead(302, { Location: server.url('/oauth/jwks') }).end(),
    // More than anybody's keys take up, however it comes.
    (_req, res) => res.end(long),
    (_req, res) => res.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(long)),
  ]
  for (const one of answers) {
    answer = one
    const refused = await askWith(server, await assertion(server, keys))
    t.is(refused.status, 401)
    t.is(refused.headers.get('retry-after'), null)
    t.is(refused.body['error_uri'], server.url('/refusals/token-invalid-client-body'))
    const requestId = refused.headers.get('x-request-id') ?? ''
    const told = await fetch(server.url(`/doctor/${requestId}`))
    t.regex(await told.text(), /JSON Web Key Set failed to be refreshed/)
  }
  for (let more = 0; more < 12; more++) {
    answer = (req) => req.socket.destroy()
    t.is((await askWith(server, await assertion(server, keys))).status, 401)
  }
})

test('once a jwks_uri answers again its client is let in', async (t) => {
  const server = await start(t)
  const keys = await makeKeys()
  let up = false
  const jwks_uri = await serveKeys(t, (req, res) => {
    if (up) res.end(JSON.stringify({ keys: [keys.jwk] }))
    else req.socket.destroy()
  })
  await addProgram(server, { jwks_uri })
  for (let round = 0; round < 12; round++) {
    t.is((await askWith(server, await assertion(server, keys))).status, 401)
  }
  up = true
  t.is((await askWith(server, await assertion(server, keys))).status, 200)
})

test('a client registers itself with its keys (RFC 7591) and gets no secret; keys over plain http are refused', async (t) => {
  const server = await start(t)
  const keys = await makeKeys()
  const jwks = { keys: [keys.jwk] } as unknown as client.JsonValue
  const registered = await client.dynamicClientRegistration(
    new URL(server.issuer),
    {
      redirect_uris: [WEB.redirectUri],
      grant_types: ['authorization_code'],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks,
    },
    client.PrivateKeyJwt({ key: keys.privateKey, kid: 'one' }),
    insecure,
  )
  t.is(registered.clientMetadata().client_secret, undefined)
  const id = registered.clientMetadata().client_id
  const person = createPerson(server.issuer, { id, redirectUri: WEB.redirectUri })
  const { landed, pkce } = await person.code({ scope: 'openid' })
  const checks = { pkceCodeVerifier: pkce.verifier, expectedState: 'the-state' }
  t.is((await client.authorizationCodeGrant(registered, landed, checks)).claims()?.sub, 'alice')
  const plain = await fetch(server.url('/oauth/register'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      redirect_uris: [WEB.redirectUri],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: 'http://keys.example/jwks',
    }),
  })
  t.is(plain.status, 400)
  t.is(((await plain.json()) as { error: string }).error, 'invalid_client_metadata')
})

test('a key of Ed25519 may also sign under its older name, EdDSA', async (t) => {
  const server = await start(t)
  const keys = await makeKeys('EdDSA')
  await addProgram(server, { jwks: { keys: [keys.jwk] } })
  t.is((await askWith(server, await assertion(server, keys, { alg: 'EdDSA' }))).status, 200)
})
