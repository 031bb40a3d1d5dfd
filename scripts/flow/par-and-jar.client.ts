import * as client from 'openid-client'
import type { ClientParts } from '../kit/client-parts.ts'

export async function run({ issuer, redirectUri, visit }: ClientParts) {
  const insecure = { execute: [client.allowInsecureRequests] } // http, on loopback only
  const keys = await client.randomDPoPKeyPair('ES256', { extractable: true })
  const {
    kty = '',
    crv = '',
    x = '',
    y = '',
  } = await crypto.subtle.exportKey('jwk', keys.publicKey)
  const jwk = { kty, crv, x, y, use: 'sig', alg: 'ES256' }
  const config = await client.dynamicClientRegistration(
    new URL(issuer),
    { redirect_uris: [redirectUri], jwks: { keys: [jwk] } },
    undefined,
    insecure,
  )
  const results: Record<string, unknown> = {}
  for (const [name, build] of [
    ['pushed', client.buildAuthorizationUrlWithPAR],
    ['signed', (...by: Built) => client.buildAuthorizationUrlWithJAR(...by, keys.privateKey)],
  ] as [string, (...by: Built) => Promise<URL>][]) {
    const pkceCodeVerifier = client.randomPKCECodeVerifier()
    const expectedState = client.randomState()
    const url = await build(config, {
      redirect_uri: redirectUri,
      scope: 'openid',
      state: expectedState,
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    })
    const checks = { pkceCodeVerifier, expectedState }
    const tokens = await client.authorizationCodeGrant(config, await visit(url), checks)
    results[name] = tokens.claims()?.sub
  }
  return results
}

type Built = [config: client.Configuration, params: Record<string, string>]
