import * as client from 'openid-client'
import type { ClientParts } from '../kit/client-parts.ts'

export async function run({ issuer, signIn }: ClientParts) {
  const as = (id: string, secret: string) =>
    client.discovery(new URL(issuer), id, undefined, client.ClientSecretBasic(secret), {
      execute: [client.allowInsecureRequests], // http, on loopback only
    })
  const person = await signIn(await as('web', 'web-secret'), { scope: 'openid notes:read' })

  const service = await as('service', 'service-secret')
  const own = await client.clientCredentialsGrant(service, { scope: 'notes:read' })
  const type = 'urn:ietf:params:oauth:token-type:access_token'
  const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange'
  const traded = await client.genericGrantRequest(service, grantType, {
    subject_token: person.access_token,
    subject_token_type: type,
    actor_token: own.access_token,
    actor_token_type: type,
    resource: `${issuer}/api`,
    scope: 'notes:read',
  })
  // A look inside, to study it: to a client an access token is opaque.
  const [, payload = ''] = traded.access_token.split('.')
  const { sub, act } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Actors
  return { sub, act }
}

type Actors = { sub: string; act: { sub: string } }
