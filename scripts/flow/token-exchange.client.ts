import * as client from 'openid-client'
import type { ClientParts } from '../kit/client-parts.ts'

export async function run({ issuer, signIn }: ClientParts) {
  const as = (id: string, secret: string) =>
    client.discovery(new URL(issuer), id, undefined, client.ClientSecretBasic(secret), {
      execute: [client.allowInsecureRequests], // http, on loopback only
    })
  const person = await signIn(await as('web', 'web-secret'), { scope: 'openid notes:read' })

  const service = await as('service', 'service-secret')
  const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange'
  const traded = await client.genericGrantRequest(service, grantType, {
    subject_token: person.access_token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    resource: `${issuer}/api`,
    scope: 'notes:read',
  })
  const url = new URL(`${issuer}/api/whoami`)
  const answer = await client.fetchProtectedResource(service, traded.access_token, url, 'GET')
  const { sub, client_id, scope } = (await answer.json()) as Record<string, unknown>
  return { sub, client_id, scope }
}
