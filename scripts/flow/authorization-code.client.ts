import * as client from 'openid-client'
import type { ClientParts } from '../kit/client-parts.ts'

export async function run({ issuer, redirectUri, visit }: ClientParts) {
  const secret = client.ClientSecretBasic('web-secret')
  const config = await client.discovery(new URL(issuer), 'web', undefined, secret, {
    execute: [client.allowInsecureRequests], // http, on loopback only
  })
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const expectedState = client.randomState()
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid notes:read',
    state: expectedState,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const landed = await visit(url)
  const checks = { pkceCodeVerifier, expectedState }
  const tokens = await client.authorizationCodeGrant(config, landed, checks)
  return { signedIn: tokens.claims()?.sub, scope: tokens.scope }
}
