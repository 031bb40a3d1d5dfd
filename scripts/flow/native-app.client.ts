import * as client from 'openid-client'
import type { ClientParts } from '../kit/client-parts.ts'

export async function run({ issuer, signIn }: ClientParts) {
  // No secret: the app only names itself.
  const config = await client.discovery(new URL(issuer), 'cli', undefined, client.None(), {
    execute: [client.allowInsecureRequests], // http, on loopback only
  })
  // Whichever port is free; registered is http://127.0.0.1/callback.
  const redirect_uri = 'http://127.0.0.1:53682/callback'
  const tokens = await signIn(config, { scope: 'openid notes:read', redirect_uri })
  return { signedIn: tokens.claims()?.sub, scope: tokens.scope }
}
