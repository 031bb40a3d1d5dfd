/** The request the demo begins a sign-in with: the code flow with PKCE (RFC 6749 §4.1, RFC 7636). */

/**
 * The example pair of RFC 7636, appendix B. Everybody knows it, so it protects nothing: the demo shows each
 * step to the person who walks it and keeps nothing in between. A real client makes a new pair each time.
 */
export const demoVerifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
export const demoChallenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

/** The client of the seed file that the demo signs in to, where it has not been taken away. */
export const DEMO_CLIENT = 'web'

export const demoState = 'demo'

/** The state of a sign-in that began where the API refused a page, so that the person finds back there. */
export const demoStateFor = (path: string): string => `${demoState} ${path}`

/** The path at an API that a state names, if it names one. */
export const pathInState = (state: string | null): string | undefined =>
  /^demo (\/(?:api|ledger)(?:\/[\w-]+)*)$/.exec(state ?? '')?.[1]

/** The state of a sign-in that began at `/account`. */
export const ACCOUNT_STATE = `${demoState} /account`

export const demoRedirectUri = (issuer: string): string => `${issuer}/demo/callback`

export function demoSignInUrl(issuer: string, clientId: string, scope: string): string {
  const parameters = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: demoRedirectUri(issuer),
    scope,
    state: demoState,
    code_challenge: demoChallenge,
    code_challenge_method: 'S256',
  })
  return `${issuer}/oauth/authorize?${parameters.toString()}`
}

/** For a person who wants to see her account: the callback page leads back there. */
export function accountSignInUrl(issuer: string, clientId: string): string {
  const url = new URL(demoSignInUrl(issuer, clientId, 'openid'))
  url.searchParams.set('state', ACCOUNT_STATE)
  return url.href
}
