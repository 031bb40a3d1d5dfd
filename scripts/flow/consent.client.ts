import * as client from 'openid-client'
import type { ClientParts } from '../kit/client-parts.ts'

export async function run({ issuer, signIn }: ClientParts) {
  const secret = client.ClientSecretBasic('web-secret')
  const config = await client.discovery(new URL(issuer), 'web', undefined, secret, {
    execute: [client.allowInsecureRequests], // http, on loopback only
  })
  const wish = { scope: 'openid notes:read notes:write', prompt: 'consent' }
  const part = await signIn(config, wish, { allow: ['notes:read'] })
  try {
    await signIn(config, wish, { deny: true })
  } catch (error) {
    if (!(error instanceof client.AuthorizationResponseError)) throw error
    return { inPart: part.scope, refused: error.error }
  }
  return { inPart: part.scope, refused: 'not at all' }
}
