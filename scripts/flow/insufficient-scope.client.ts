import * as client from 'openid-client'
import type { ClientParts } from '../kit/client-parts.ts'

export async function run({ issuer, signIn }: ClientParts) {
  const secret = client.ClientSecretBasic('web-secret')
  const config = await client.discovery(new URL(issuer), 'web', undefined, secret, {
    execute: [client.allowInsecureRequests], // http, on loopback only
  })
  const write = (token: string) =>
    client.fetchProtectedResource(
      config,
      token,
      new URL(`${issuer}/api/notes/note-bob-1`),
      'PUT',
      JSON.stringify({ text: 'The garden wall needs twelve more bricks.' }),
      new Headers({ 'content-type': 'application/json' }),
    )
  const little = await signIn(config, { scope: 'openid notes:read' }, { login: 'bob' })
  try {
    await write(little.access_token)
  } catch (error) {
    if (!(error instanceof client.WWWAuthenticateChallengeError)) throw error
    const missing = error.cause[0]?.parameters.scope ?? ''
    const more = await signIn(config, { scope: `openid notes:read ${missing}` }, { login: 'bob' })
    return { missing, thenStatus: (await write(more.access_token)).status }
  }
  return { missing: 'nothing' }
}
