import * as client from 'openid-client'
import type { ClientParts } from '../kit/client-parts.ts'

export async function run({ issuer, signIn }: ClientParts) {
  const as = (id: string, secret: string) =>
    client.discovery(new URL(issuer), id, undefined, client.ClientSecretBasic(secret), {
      execute: [client.allowInsecureRequests], // http, on loopback only
    })
  const [web, api] = [await as('web', 'web-secret'), await as('api', 'api-secret')]
  const resource = `${issuer}/ledger`
  const { access_token } = await signIn(web, { scope: 'openid ledger:read', resource })

  const { active, scope } = await client.tokenIntrospection(api, access_token)
  await client.tokenRevocation(web, access_token)
  const after = await client.tokenIntrospection(api, access_token)
  return { active, scope, afterRevocation: after.active }
}
