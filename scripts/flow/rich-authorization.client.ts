import * as client from 'openid-client'
import type { ClientParts } from '../kit/client-parts.ts'

export async function run({ issuer, signIn }: ClientParts) {
  const secret = client.ClientSecretBasic('web-secret')
  const config = await client.discovery(new URL(issuer), 'web', undefined, secret, {
    execute: [client.allowInsecureRequests], // http, on loopback only
  })
  const detail = { type: 'transfer', amount: 1250, currency: 'EUR', payee: 'alice' }
  const wish = {
    scope: 'openid transfers:write',
    acr_values: 'urn:countersign:mfa',
    authorization_details: JSON.stringify([detail]),
  }
  const tokens = await signIn(config, wish, { login: 'bob' })
  const send = (amount: number) =>
    client.fetchProtectedResource(
      config,
      tokens.access_token,
      new URL(`${issuer}/api/transfers`),
      'POST',
      JSON.stringify({ to: 'alice', amount, currency: 'EUR' }),
      new Headers({ 'content-type': 'application/json' }),
    )
  const granted = tokens.authorization_details?.map(({ type, amount }) => ({ type, amount }))
  const asAllowed = (await send(1250)).status
  const more = await send(125_000).catch((error: unknown) => error)
  const refused = more instanceof client.WWWAuthenticateChallengeError
  return { granted, asAllowed, aHundredfold: refused ? more.status : 'worked' }
}
