/** What the samples with openid-client are handed: a browser with a person before it, and the sign-in they have in common. */
import * as client from 'openid-client'
import type { Show } from './show.ts'
import { createPlayedVisitor, type Answers } from './visitor.ts'

export type ClientParts = {
  issuer: string
  redirectUri: string
  /** Opens the address in a browser; ends at the address where the app is called back. */
  visit: (url: URL, answers?: Answers) => Promise<URL>
  /** The sample authorization-code in one line. */
  signIn: (
    config: client.Configuration,
    params: Record<string, string>,
    options?: client.DPoPOptions & Answers,
  ) => Promise<client.TokenEndpointResponse & client.TokenEndpointResponseHelpers>
}

export function createClientParts(issuer: string, show: Show): ClientParts {
  const redirectUri = 'http://localhost:3000/callback'
  const visitor = createPlayedVisitor(issuer, show)
  return {
    issuer,
    redirectUri,
    visit: (url, answers) => visitor.visit(url, answers),
    async signIn(config, params, { DPoP, ...answers } = {}) {
      const pkceCodeVerifier = client.randomPKCECodeVerifier()
      const expectedState = client.randomState()
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        state: expectedState,
        code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
        ...params,
      })
      const landed = await visitor.visit(url, answers)
      const checks = { pkceCodeVerifier, expectedState }
      return client.authorizationCodeGrant(config, landed, checks, undefined, DPoP && { DPoP })
    },
  }
}
