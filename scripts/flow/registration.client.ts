import * as client from 'openid-client'
import type { ClientParts } from '../kit/client-parts.ts'

export async function run({ issuer, redirectUri, signIn }: ClientParts) {
  const metadata = { redirect_uris: [redirectUri], client_name: 'Registered by openid-client' }
  const config = await client.dynamicClientRegistration(new URL(issuer), metadata, undefined, {
    execute: [client.allowInsecureRequests], // http, on loopback only
  })
  const tokens = await signIn(config, { scope: 'openid notes:read' })
  return { name: config.clientMetadata().client_name, scope: tokens.scope }
}
