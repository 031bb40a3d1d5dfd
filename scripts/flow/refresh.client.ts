import * as client from 'openid-client'
import type { ClientParts } from '../kit/client-parts.ts'

export async function run({ issuer, signIn }: ClientParts) {
  const secret = client.ClientSecretBasic('web-secret')
  const config = await client.discovery(new URL(issuer), 'web', undefined, secret, {
    execute: [client.allowInsecureRequests], // http, on loopback only
  })
  // As in authorization-code.
  const { refresh_token: first = '' } = await signIn(config, { scope: 'openid notes:read' })

  const fresh = await client.refreshTokenGrant(config, first)
  const rotated = fresh.refresh_token !== first
  try {
    await client.refreshTokenGrant(config, first)
  } catch (error) {
    if (error instanceof client.ResponseBodyError) return { rotated, secondUse: error.error }
  }
  return { rotated, secondUse: 'worked' }
}
