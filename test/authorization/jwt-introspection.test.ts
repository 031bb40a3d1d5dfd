import test from 'ava'
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose'
import * as client from 'openid-client'
import { basicCredentials, formRequest } from '../../scripts/kit/client.ts'
import { claimsOf, createPerson } from '../helpers/person.ts'
import { start, type TestServer } from '../helpers/start.ts'

const JWT = 'application/token-introspection+jwt'

async function introspect(
  server: TestServer,
  token: string,
  { id = 'api', secret = 'api-secret', accept = JWT } = {},
) {
  const headers = { authorization: basicCredentials(id, secret), accept }
  const response = await fetch(server.url('/oauth/introspect'), formRequest({ token }, headers))
  return { response, type: response.headers.get('content-type'), text: await response.text() }
}

async function read(server: TestServer, jwt: string, { audience = 'api', alg = 'RS256' } = {}) {
  const keys = (await (await fetch(server.url('/oauth/jwks'))).json()) as JSONWebKeySet
  const { payload } = await jwtVerify<{ token_introspection: Record<string, unknown> }>(
    jwt,
    createLocalJWKSet(keys),
    {
      issuer: server.issuer,
      audience,
      algorithms: [alg],
      typ: 'token-introspection+jwt',
      requiredClaims: ['iat'],
    },
  )
  return payload
}

for (const alg of ['RS256', 'ES256', 'PS256', 'EdDSA'] as const) {
  test(`openid-client gets an answer it can prove, for a JWT and for an opaque token (RFC 9701, ${alg})`, async (t) => {
    const server = await start(t)
    await server.clients.add({
      client_id: 'keeper',
      client_secret: 'keeper-secret',
      grant_types: ['client_credentials'],
      audiences: ['<issuer>/api', '<issuer>/ledger'],
      introspection_signed_response_alg: alg,
    })
    const config = await client.discovery(
      new URL(server.issuer),
      'keeper',
      { introspection_signed_response_alg: alg },
      client.ClientSecretBasic('keeper-secret'),
      { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] },
    )
    const person = createPerson(server.issuer)
    for (const scope of ['openid notes:read', 'ledger:read']) {
      const tokens = await person.tokens({ scope })
      const answer = await client.tokenIntrospection(config, tokens.access_token)
      t.like(answer, { active: true, sub: 'alice', client_id: 'web', iss: server.issuer })
    }
    t.is((await client.tokenIntrospection(config, 'unknown')).active, false)
  })
}

test('signed or not, an answer says the same; what the answer is for stands beside it and not in it', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const secret = /api-secret|web-secret/
  for (const scope of ['openid notes:read', 'ledger:read']) {
    const { access_token: token } = await person.tokens({ scope })
    const plain = await introspect(server, token, { accept: 'application/json' })
    t.regex(plain.type ?? '', /^application\/json/)
    const signed = await introspect(server, token)
    t.is(signed.response.status, 200)
    t.is(signed.type, `${JWT}; charset=utf-8`)
    const { token_introspection, ...about } = await read(server, signed.text)
    t.deepEqual(token_introspection, JSON.parse(plain.text))
    // RFC 9701 §5: neither sub nor exp, so that the answer passes for no access token.
    t.deepEqual(Object.keys(about).toSorted(), ['aud', 'iat', 'iss'])
    t.notRegex(JSON.stringify(claimsOf(signed.text)), secret)
  }
})

test('what is not the caller’s business is signed as inactive, and nothing more; the journal knows', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const tokens = await person.tokens({ scope: 'openid notes:read' })
  const opaque = await person.tokens({ scope: 'ledger:read' })
  await person.revoke(opaque.access_token)
  for (const [token, id, secret] of [
    [tokens.access_token, 'web', 'web-secret'],
    [opaque.access_token, 'api', 'api-secret'],
    [`${tokens.access_token}x`, 'api', 'api-secret'],
    ['unknown', 'api', 'api-secret'],
  ] as const) {
    const signed = await introspect(server, token, { id, secret })
    const { token_introspection } = await read(server, signed.text, { audience: id })
    t.deepEqual(token_introspection, { active: false })
    const requestId = signed.response.headers.get('x-request-id') ?? ''
    t.regex(await (await fetch(server.url(`/doctor/${requestId}`))).text(), /introspect-inactive/)
  }
})

test('a caller that asks for a signed answer and does not authenticate gets 400, and 401 otherwise', async (t) => {
  const server = await start(t)
  for (const headers of [{}, { authorization: basicCredentials('api', 'wrong') }]) {
    for (const [accept, status, id] of [
      [JWT, 400, 'introspect-jwt-unauthenticated'],
      ['application/json', 401, 'introspect-unauthenticated'],
      ['*/*', 401, 'introspect-unauthenticated'],
    ] as const) {
      const request = formRequest({ token: 'x' }, { accept, ...headers })
      const refused = await fetch(server.url('/oauth/introspect'), request)
      t.is(refused.status, status)
      t.is(refused.headers.has('www-authenticate'), status === 401)
      t.is(refused.headers.get('cache-control'), 'no-store')
      t.like(await refused.json(), {
        error: 'invalid_client',
        error_uri: server.url(`/refusals/${id}`),
      })
    }
  }
})
