import * as client from 'openid-client'
import type { ClientParts } from '../kit/client-parts.ts'

export async function run({ issuer, signIn }: ClientParts) {
  const secret = client.ClientSecretBasic('web-secret')
  const config = await client.discovery(new URL(issuer), 'web', undefined, secret, {
    execute: [client.allowInsecureRequests], // http, on loopback only
  })
  // Makes the proofs and keeps the nonces of both servers.
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
  const tokens = await signIn(config, { scope: 'openid notes:read' }, { DPoP })
  const url = new URL(`${issuer}/api/notes`)
  const call = (options?: client.DPoPOptions) =>
    client.fetchProtectedResource(config, tokens.access_token, url, 'GET', null, undefined, options)
  const { status } = await call({ DPoP })
  const stolen = await call().catch((error: unknown) => error)
  return {
    tokenType: tokens.token_type,
    status,
    withoutProof: stolen instanceof client.WWWAuthenticateChallengeError ? stolen.status : 'worked',
  }
}
