import * as client from 'openid-client'
import type { ClientParts } from '../kit/client-parts.ts'

export async function run({ issuer, signIn }: ClientParts) {
  const secret = client.ClientSecretBasic('web-secret')
  const config = await client.discovery(new URL(issuer), 'web', undefined, secret, {
    execute: [client.allowInsecureRequests], // http, on loopback only
  })
  const send = (token: string) =>
    client.fetchProtectedResource(
      config,
      token,
      new URL(`${issuer}/api/transfers`),
      'POST',
      JSON.stringify({ to: 'bob', amount: 1250, currency: 'EUR' }),
      new Headers({ 'content-type': 'application/json' }),
    )
  const weak = await signIn(config, { scope: 'openid transfers:write', prompt: 'login' })
  try {
    await send(weak.access_token)
  } catch (error) {
    if (!(error instanceof client.WWWAuthenticateChallengeError)) throw error
    const { error: refused, scope = '', acr_values = '', max_age = '' } = challengeIn(error)
    const strong = await signIn(config, { scope, acr_values, max_age })
    return { refused, acr_values, thenStatus: (await send(strong.access_token)).status }
  }
  return { refused: 'not at all' }
}

const challengeIn = ({ cause }: client.WWWAuthenticateChallengeError) =>
  (cause[0]?.parameters ?? {}) as Record<string, string | undefined>
