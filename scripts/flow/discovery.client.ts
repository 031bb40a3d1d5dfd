import * as client from 'openid-client'
import * as oauth from 'oauth4webapi'
import type { ClientParts } from '../kit/client-parts.ts'

export async function run({ issuer, redirectUri, signIn }: ClientParts) {
  const api = new URL(`${issuer}/api`)
  // openid-client begins at the issuer; the API names it, and oauth4webapi (its ground) reads that.
  const metadata = await oauth
    .resourceDiscoveryRequest(api, { [oauth.allowInsecureRequests]: true })
    .then((response) => oauth.processResourceDiscoveryResponse(api, response))
  const server = new URL(metadata.authorization_servers?.[0] ?? '')
  const config = await client.dynamicClientRegistration(
    server,
    { redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' },
    client.None(),
    { execute: [client.allowInsecureRequests], algorithm: 'oauth2' },
  )
  const tokens = await signIn(config, { scope: 'notes:read', resource: api.href })
  const notes = new URL(`${api.href}/notes`)
  const { status } = await client.fetchProtectedResource(config, tokens.access_token, notes, 'GET')
  return { resource: metadata.resource_name, status }
}
