/** Certificates of TLS clients behind nginx (RFC 8705): who a client is, and what its tokens are bound to. */
import { X509Certificate } from 'node:crypto'
import test from 'ava'
import * as oauth from 'oauth4webapi'
import type { Certificate } from '../helpers/certificate.ts'
import { basicCredentials } from '../../scripts/kit/client.ts'
import { createPerson } from '../helpers/person.ts'
import { requestOf, sendRaw } from '../helpers/raw-http.ts'
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
  const form = (path: string, params: Record<string, string>, headers: HeadersInit = {}) =>
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
