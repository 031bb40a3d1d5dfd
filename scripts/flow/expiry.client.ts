import { setTimeout as pause } from 'node:timers/promises'
import * as client from 'openid-client'
import type { ClientParts } from '../kit/client-parts.ts'

export async function run({ issuer, signIn }: ClientParts) {
  const secret = client.ClientSecretBasic('brief-secret')
  const config = await client.discovery(new URL(issuer), 'brief', undefined, secret, {
    execute: [client.allowInsecureRequests], // http, on loopback only
  })
  const first = await signIn(config, { scope: 'openid notes:read' })
  const lives = first.expires_in ?? 0
  await pause(lives * 1000)

  const call = (token: string) =>
    client.fetchProtectedResource(config, token, new URL(`${issuer}/api/notes`), 'GET')
  try {
    await call(first.access_token)
  } catch (error) {
    if (!(error instanceof client.WWWAuthenticateChallengeError)) throw error
    const refused = error.cause[0]?.parameters.error
    const fresh = await client.refreshTokenGrant(config, first.refresh_token ?? '')
    return { lives, refused, thenStatus: (await call(fresh.access_token)).status }
  }
  return { lives, refused: 'not at all' }
}
