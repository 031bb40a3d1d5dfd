/** An app's address for logout tokens, on this machine, and how it tells a good one (OpenID Connect Back-Channel Logout 1.0 §2). */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createRemoteJWKSet, jwtVerify, type JWTPayload } from 'jose'

export type BackChannel = {
  /** To register as `backchannel_logout_uri`. */
  uri: string
  /** The first request that was answered here; rejects when none comes for a while. */
  first(): Promise<Received>
  close(): void
}

export type Received = { request: Request; body: string; status: number; text: string }

/** Milliseconds. */
const PATIENCE = 20_000

/** Answers 200 when `accept` takes the logout token, and 400 with its reason when it throws (§2.8). */
export async function openBackChannel(
  accept: (logoutToken: string) => Promise<void>,
): Promise<BackChannel> {
  const { resolve, reject, promise } = Promise.withResolvers<Received>()
  const server = createServer((request, response) => {
    void text(request).then(async (body) => {
      const token = new URLSearchParams(body).get('logout_token') ?? ''
      const fault = await accept(token).then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : 'unknown'),
      )
      const status = fault === undefined ? 200 : 400
      const answer = JSON.stringify(
        fault === undefined ? {} : { error: 'invalid_request', error_description: fault },
      )
      response.writeHead(status, {
        'content-type': 'application/json',
        'cache-control': 'no-store',
        connection: 'close',
      })
      response.end(answer)
      const { method = 'GET', headers } = request
      const type = headers['content-type'] ?? ''
      const seen = new Request(uri, { method, headers: { 'content-type': type } })
      resolve({ request: seen, body, status, text: answer })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/signed-out`
  return {
    uri,
    first() {
      const late = new Error('no logout token came within 20 seconds')
      setTimeout(() => reject(late), PATIENCE).unref()
      return promise
    },
    close: () => void server.close(),
  }
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/** A verifier for one app (§2.6): whatever it returns was signed by the issuer, is for this app, and is new. */
export function createLogoutVerifier(expected: {
  issuer: string
  jwksUri: string
  audience: () => string
}): (logoutToken: string) => Promise<JWTPayload> {
  const keys = createRemoteJWKSet(new URL(expected.jwksUri))
  const seen = new Set<unknown>()

  return async function verifyLogoutToken(logoutToken) {
    const { payload } = await jwtVerify(logoutToken, keys, {
      issuer: expected.issuer,
      audience: expected.audience(),
      typ: 'logout+jwt',
      requiredClaims: ['iat', 'exp', 'jti', 'events'],
      maxTokenAge: '2m',
    })
    const events = payload['events'] as Record<string, unknown>
    if (typeof events[EVENT] !== 'object') throw new Error('it tells of something else')
    if (payload.sub === undefined && payload['sid'] === undefined) throw new Error('of nobody')
    // An ID token has one: it must not pass for an order to sign somebody out.
    if ('nonce' in payload) throw new Error('it has a nonce')
    if (seen.has(payload.jti)) throw new Error('this logout token was here before')
    seen.add(payload.jti)
    return payload
  }
}
