/** The flows that are more than one request: sign-in to token, and refreshing. Written for both servers alike. */
import { createBrowser, formOf, type Arrival } from '../kit/browser.ts'
import { authorizationUrl, basicCredentials, createPkce, formRequest } from '../kit/client.ts'

const REDIRECT_URI = 'http://localhost:3000/callback'
const authorization = basicCredentials('web', 'web-secret')

export type Flow = { issuer: string; paths: { authorize: string; token: string } }

/** The whole way with a fresh browser: authorize, sign in, consent where it is asked, code, tokens. */
export async function signIn({ issuer, paths }: Flow): Promise<{ refresh_token: string }> {
  const browser = createBrowser(issuer)
  const pkce = createPkce()
  let arrival: Arrival = await browser.open(
    authorizationUrl(`${issuer}${paths.authorize}`, {
      response_type: 'code',
      client_id: 'web',
      redirect_uri: REDIRECT_URI,
      scope: 'openid notes:read',
      code_challenge: pkce.challenge,
      code_challenge_method: 'S256',
    }),
  )
  while (arrival.page) {
    const { page } = arrival
    const isLogin = page.text.includes('name="password"')
    formOf(page)
    arrival = await browser.submit(
      page,
      isLogin ? { login: 'alice', password: 'wonderland' } : { scope: 'notes:read' },
      isLogin ? undefined : ['decision', 'allow'],
    )
  }
  const code = arrival.landed.searchParams.get('code') ?? ''
  return tokenRequest(`${issuer}${paths.token}`, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: REDIRECT_URI,
    code_verifier: pkce.verifier,
  })
}

export const refresh = ({ issuer, paths }: Flow, refreshToken: string) =>
  tokenRequest(`${issuer}${paths.token}`, {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
  })

async function tokenRequest(
  url: string,
  params: Record<string, string>,
): Promise<{ refresh_token: string; access_token: string }> {
  const response = await fetch(url, formRequest(params, { authorization }))
  const answer = (await response.json()) as { refresh_token: string; access_token: string }
  if (response.status !== 200) throw new Error(`${response.status} ${JSON.stringify(answer)}`)
  return answer
}

/** Runs a task again and again on so many lanes for so many seconds; how many were done a second. */
export async function perSecond(
  lanes: number,
  seconds: number,
  task: (lane: number) => Promise<void>,
): Promise<number> {
  const begun = performance.now()
  const end = begun + seconds * 1000
  let done = 0
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      while (performance.now() < end) {
        await task(lane)
        done++
      }
    }),
  )
  return done / ((performance.now() - begun) / 1000)
}
