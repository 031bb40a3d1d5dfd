import * as client from 'openid-client'
import type { ClientParts } from '../kit/client-parts.ts'

export async function run({ issuer }: ClientParts) {
  const secret = client.ClientSecretBasic('service-secret')
  const config = await client.discovery(new URL(issuer), 'service', undefined, secret, {
    execute: [client.allowInsecureRequests], // http, on loopback only
  })
  const tokens = await client.clientCredentialsGrant(config, { scope: 'notes:read' })
  const url = new URL(`${issuer}/api/whoami`)
  const answer = await client.fetchProtectedResource(config, tokens.access_token, url, 'GET')
  const { sub, scope } = (await answer.json()) as Record<string, unknown>
  return { sub, scope }
}
