import * as client from 'openid-client'
import type { ClientParts } from '../kit/client-parts.ts'

export async function run({ issuer, signIn, visit }: ClientParts) {
  const secret = client.ClientSecretBasic('web-secret')
  const config = await client.discovery(new URL(issuer), 'web', undefined, secret, {
    execute: [client.allowInsecureRequests], // http, on loopback only
  })
  const { id_token = '' } = await signIn(config, { scope: 'openid notes:read' })
  const url = client.buildEndSessionUrl(config, {
    id_token_hint: id_token,
    post_logout_redirect_uri: 'http://localhost:3000/',
    state: 'signed-out',
  })
  const { href: backAt } = await visit(url)
  try {
    await signIn(config, { scope: 'openid notes:read', prompt: 'none' })
  } catch (error) {
    if (!(error instanceof client.AuthorizationResponseError)) throw error
    return { backAt, thenWithoutAPage: error.error }
  }
  return { backAt, thenWithoutAPage: 'worked' }
}
