/** Certificates of TLS clients behind nginx (RFC 8705): who a client is, and what its tokens are bound to. */
import { X509Certificate } from 'node:crypto'
import test from 'ava'
import * as oauth from 'oauth4webapi'
import type { Certificate } from '../helpers/certificate.ts'
import { basicCredentials } from '../../scripts/kit/client.ts'
import { createPerson } from '../helpers/person.ts'
import { requestOf, sendRaw } from '../helpers/raw-http.ts'
import { start } from '../helpers/start.ts'
import { startTlsFront, type TlsFront } from '../helpers/tls-front.ts'

const thumbprintOf = ({ cert }: Certificate): string =>
  Buffer.from(new X509Certificate(cert).fingerprint256.replaceAll(':', ''), 'hex').toString(
    'base64url',
  )

function keyOf({ cert }: Certificate) {
  const { publicKey, raw } = new X509Certificate(cert)
  const { kty = '', ...jwk } = publicKey.export({ format: 'jwk' })
  return { kty, ...jwk, x5c: [raw.toString('base64')] }
}

/** A program that is known by its own certificate. */
async function addProgram(front: TlsFront, more: object = {}): Promise<oauth.Client> {
  const { clientId } = await front.server.clients.add({
    token_endpoint_auth_method: 'self_signed_tls_client_auth',
    tls_client_certificate_bound_access_tokens: true,
    jwks: { keys: [keyOf(front.own)] },
    grant_types: ['client_credentials'],
    ...more,
  })
  return { client_id: clientId }
}

async function tokenOf(front: TlsFront, client: oauth.Client, certificate?: Certificate) {
  const options = { [oauth.customFetch]: front.fetchAs(certificate) }
  const issuer = new URL(front.issuer)
  const as = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, options),
  )
  const parameters = { scope: 'notes:read', resource: `${front.issuer}/api` }
  return {
    as,
    response: await oauth.clientCredentialsGrantRequest(
      as,
      client,
      oauth.TlsClientAuth(),
      parameters,
      options,
    ),
  }
}

async function boundToken(front: TlsFront, client: oauth.Client): Promise<string> {
  const { as, response } = await tokenOf(front, client, front.own)
  return (await oauth.processClientCredentialsResponse(as, client, response)).access_token
}

async function token(
  front: TlsFront,
  certificate: Certificate | undefined,
  params: Record<string, string>,
  headers: Record<string, string> = {},
) {
  const response = await front.fetchAs(certificate)(`${front.issuer}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(params),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const whoami = (front: TlsFront, token: string, certificate?: Certificate) =>
  front.fetchAs(certificate)(`${front.issuer}/api/whoami`, {
    headers: { authorization: `Bearer ${token}` },
  })

test('oauth4webapi authenticates with a self-signed certificate, and its token works on connections with that certificate alone', async (t) => {
  const front = await startTlsFront(t)
  if (!front) return
  const client = await addProgram(front)
  const token = await boundToken(front, client)
  const good = await whoami(front, token, front.own)
  t.is(good.status, 200)
  t.like(await good.json(), { cnf: { 'x5t#S256': thumbprintOf(front.own) } })
  for (const certificate of [front.other, front.issued, undefined]) {
    const refused = await whoami(front, token, certificate)
    t.is(refused.status, 401)
    t.like(await refused.json(), {
      error: 'invalid_token',
      detail: 'The client certificate does not match the token',
    })
    t.regex(
      refused.headers.get('www-authenticate') ?? '',
      /^Bearer realm="api", error="invalid_token"/,
    )
  }
  // With another certificate, or none, it is nobody; and that is no guess that is counted.
  for (let tries = 0; tries < 12; tries++) {
    const { response } = await tokenOf(front, client, tries % 2 ? front.other : undefined)
    t.is(response.status, 401)
    t.is(((await response.json()) as { error: string }).error, 'invalid_client')
  }
  t.is((await whoami(front, await boundToken(front, client), front.own)).status, 200)
})

test('introspection tells what a token is bound to, of both kinds, and the ledger holds its callers to it', async (t) => {
  const front = await startTlsFront(t)
  if (!front) return
  const client = await addProgram(front)
  await front.server.clients.add({
    client_id: 'ledger',
    client_secret: 'ledger-secret',
    grant_types: ['client_credentials'],
    audiences: ['<issuer>/ledger', '<issuer>/api'],
  })
  const ask = front.fetchAs(front.own)
  const form = (
    path: string,
    params: Record<string, string>,
    headers: Record<string, string> = {},
  ) =>
    ask(`${front.issuer}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(params),
    })
  const granted = await form('/oauth/token', {
    grant_type: 'client_credentials',
    client_id: client.client_id,
    scope: 'ledger:read',
    resource: `${front.issuer}/ledger`,
  })
  const { access_token: opaque } = (await granted.json()) as { access_token: string }
  const jwt = await boundToken(front, client)
  for (const token of [opaque, jwt]) {
    const told = await form(
      '/oauth/introspect',
      { token },
      { authorization: basicCredentials('ledger', 'ledger-secret') },
    )
    t.like(await told.json(), { active: true, cnf: { 'x5t#S256': thumbprintOf(front.own) } })
  }
  const entries = async (certificate?: Certificate) =>
    (
      await front.fetchAs(certificate)(`${front.issuer}/ledger/entries`, {
        headers: { authorization: `Bearer ${opaque}` },
      })
    ).status
  t.deepEqual(
    [await entries(front.own), await entries(front.other), await entries()],
    [200, 401, 401],
  )
})

test('a certificate that somebody writes into the header is not believed: directly it is dropped, through nginx overwritten', async (t) => {
  const front = await startTlsFront(t)
  if (!front) return
  const client = await addProgram(front)
  const token = await boundToken(front, client)
  const der = new X509Certificate(front.own.cert).raw.toString('base64')
  const claims = [`:${der}:`, encodeURIComponent(front.own.cert)]
  for (const claim of claims) {
    for (const name of ['Client-Cert', 'client-cert', 'Client_Cert']) {
      const through = await front.fetchAs()(`${front.issuer}/api/whoami`, {
        headers: { authorization: `Bearer ${token}`, [name]: claim },
      })
      t.is(through.status, 401, name)
    }
  }
  // The same lines from the proxy's address are believed, in both forms; from any other they are not.
  const direct = (claim: string, host = '127.0.0.1') =>
    sendRaw(
      front.server.port,
      requestOf([
        'GET /api/whoami HTTP/1.1',
        `Host: ${new URL(front.issuer).host}`,
        'X-Forwarded-Proto: https',
        `Authorization: Bearer ${token}`,
        `Client-Cert: ${claim}`,
      ]),
      { host },
    )
  for (const claim of claims) t.is((await direct(claim)).status, 200)
  const stranger = await sendRaw(
    front.server.port,
    requestOf(
      [
        'POST /oauth/token HTTP/1.1',
        `Host: ${new URL(front.issuer).host}`,
        'Content-Type: application/x-www-form-urlencoded',
        `Client-Cert: ${claims[0] ?? ''}`,
        'Connection: close',
        `Content-Length: ${`grant_type=client_credentials&client_id=${client.client_id}`.length}`,
      ],
      `grant_type=client_credentials&client_id=${client.client_id}`,
    ),
    { host: '::1' },
  )
  t.is(stranger.status, 401)
})

test('an authority’s certificate counts by its name, where nginx verified it, and a self-made one of the same name does not', async (t) => {
  const front = await startTlsFront(t)
  if (!front) return
  const byName = (name: string, value: string) =>
    addProgram(front, {
      token_endpoint_auth_method: 'tls_client_auth',
      jwks: undefined,
      [`tls_client_auth_${name}`]: value,
    })
  for (const [name, value] of [
    ['subject_dn', 'CN=issued,O=Tests\\, Inc'],
    ['san_dns', 'client.example'],
    ['san_uri', 'https://client.example/'],
  ] as const) {
    const client = await byName(name, value)
    const { response } = await tokenOf(front, client, front.issued)
    t.is(response.status, 200, name)
    for (const certificate of [front.forged, front.own, undefined]) {
      const refused = await tokenOf(front, client, certificate)
      t.is(refused.response.status, 401, name)
    }
    const other = await tokenOf(front, await byName(name, `${value}x`), front.issued)
    t.is(other.response.status, 401, name)
  }
})

test('what a person allowed a public client is bound too: the access token at userinfo, the refresh token, and what is exchanged', async (t) => {
  const front = await startTlsFront(t)
  if (!front) return
  const redirectUri = 'https://app.example/callback'
  await front.server.clients.add({
    client_id: 'app',
    token_endpoint_auth_method: 'none',
    tls_client_certificate_bound_access_tokens: true,
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
  })
  const redeem = async (certificate?: Certificate) => {
    const { code, pkce } = await createPerson(front.issuer, { id: 'app', redirectUri }).code()
    return token(front, certificate, {
      grant_type: 'authorization_code',
      client_id: 'app',
      redirect_uri: redirectUri,
      code,
      code_verifier: pkce.verifier,
    })
  }
  const without = await redeem()
  t.deepEqual([without.status, without.body['error']], [400, 'invalid_request'])

  const { status, body } = await redeem(front.own)
  t.is(status, 200)
  const access = String(body['access_token'])
  const userinfo = async (certificate?: Certificate) =>
    front.fetchAs(certificate)(`${front.issuer}/oauth/userinfo`, {
      headers: { authorization: `Bearer ${access}` },
    })
  t.is((await userinfo(front.own)).status, 200)
  const refused = await userinfo(front.other)
  t.is(refused.status, 401)
  t.regex(refused.headers.get('www-authenticate') ?? '', /does not match the token/)

  const refresh = (certificate?: Certificate) =>
    token(front, certificate, {
      grant_type: 'refresh_token',
      client_id: 'app',
      refresh_token: String(body['refresh_token']),
    })
  for (const certificate of [front.other, undefined]) {
    t.is((await refresh(certificate)).status, 400)
  }
  const refreshed = await refresh(front.own)
  t.is(refreshed.status, 200)

  const exchange = (certificate?: Certificate) =>
    token(
      front,
      certificate,
      {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: String(refreshed.body['access_token']),
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        resource: `${front.issuer}/api`,
      },
      { authorization: basicCredentials('changer', 'changer-secret') },
    )
  await front.server.clients.add({
    client_id: 'changer',
    client_secret: 'changer-secret',
    grant_types: ['urn:ietf:params:oauth:grant-type:token-exchange'],
    tls_client_certificate_bound_access_tokens: true,
    token_exchange: { subjects: ['app'], audiences: ['<issuer>/api'] },
  })
  t.is((await exchange(front.other)).status, 400)
  const exchanged = await exchange(front.own)
  t.is(exchanged.status, 200)
  const bound = String(exchanged.body['access_token'])
  t.is((await whoami(front, bound, front.own)).status, 200)
  t.is((await whoami(front, bound)).status, 401)
})

test('metadata and the API’s document say so where a front is set up', async (t) => {
  const front = await startTlsFront(t)
  if (!front) return
  const get = async (path: string) =>
    (await (await front.fetchAs()(`${front.issuer}${path}`)).json()) as Record<string, unknown>
  for (const name of ['openid-configuration', 'oauth-authorization-server']) {
    const metadata = await get(`/.well-known/${name}`)
    t.true(metadata['tls_client_certificate_bound_access_tokens'])
    t.deepEqual(metadata['token_endpoint_auth_methods_supported'], [
      ...['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
      ...['self_signed_tls_client_auth', 'tls_client_auth'],
    ])
    t.false('mtls_endpoint_aliases' in metadata)
  }
  for (const api of ['api', 'ledger']) {
    const document = await get(`/.well-known/oauth-protected-resource/${api}`)
    t.true(document['tls_client_certificate_bound_access_tokens'])
  }
})

test('without the setting nobody is asked for a certificate, and none is looked at', async (t) => {
  const server = await start(t, { settings: { TRUST_PROXY: '127.0.0.1' } })
  const response = await fetch(server.url('/oauth/register'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      redirect_uris: ['https://app.example/cb'],
      token_endpoint_auth_method: 'self_signed_tls_client_auth',
    }),
  })
  t.is(response.status, 400)
})
