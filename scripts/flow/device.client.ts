import * as client from 'openid-client'
import type { ClientParts } from '../kit/client-parts.ts'

export async function run({ issuer, visit }: ClientParts) {
  const config = await client.discovery(new URL(issuer), 'tv', undefined, client.None(), {
    execute: [client.allowInsecureRequests], // http, on loopback only
  })
  const shown = await client.initiateDeviceAuthorization(config, { scope: 'openid notes:read' })
  // The person, on a phone, while the device asks and waits, and asks again.
  const answered = visit(new URL(shown.verification_uri_complete ?? shown.verification_uri))
  const tokens = await client.pollDeviceAuthorizationGrant(config, shown)
  await answered
  return { signedIn: tokens.claims()?.sub, scope: tokens.scope }
}
