/** A person at a browser who signs in, answers the consent page, and comes back to the app with a code. */
import { createBrowser, type Arrival, type Browser, type Page } from '../../scripts/kit/browser.ts'
import {
  authorizationUrl,
  basicCredentials,
  createPkce,
  formRequest,
  type Pkce,
} from '../../scripts/kit/client.ts'

export const PASSWORDS: Record<string, string> = {
  alice: 'wonderland',
  bob: 'builder',
  carol: 'choir',
  admin: 'admin',
}

export type App = { id: string; secret?: string; redirectUri: string }

export const WEB: App = {
  id: 'web',
  secret: 'web-secret',
  redirectUri: 'http://localhost:3000/callback',
}
export const SPA: App = { id: 'spa', redirectUri: 'http://localhost:5173/callback' }
export const BRIEF: App = { ...WEB, id: 'brief', secret: 'brief-secret' }

export type TokenAnswer = {
  access_token: string
  refresh_token: string
  id_token: string
  scope: string
  expires_in: number
  token_type: string
  error?: string
}

export type Answered = {
  status: number
  headers: Headers
  body: Record<string, unknown> & Partial<TokenAnswer>
}

export type Decision = { login?: string; scope?: readonly string[] | 'all'; decision?: string }

/** A client and a browser that act against one server. */
export function createPerson(issuer: string, app: App = WEB) {
  const browser = createBrowser(issuer)

  function request(params: Record<string, string> = {}): { url: URL; pkce: Pkce } {
    const pkce = createPkce()
    const url = authorizationUrl(`${issuer}/oauth/authorize`, {
      response_type: 'code',
      client_id: app.id,
      redirect_uri: app.redirectUri,
      scope: 'openid profile notes:read',
      state: 'the-state',
      code_challenge: pkce.challenge,
      code_challenge_method: 'S256',
      ...params,
    })
    return { url, pkce }
  }

  /** Answers the pages that come until the browser is back at the app. */
  async function answerPages(arrival: Arrival, what: Decision = {}): Promise<URL> {
    for (let next = arrival, pages = 0; ; pages++) {
      if (next.landed) return next.landed
      const { page } = next
      if (pages > 4) throw new Error(`no way on from ${page.url.href}:\n${page.text}`)
      if (isSecondStep(page)) next = await browser.submit(page, { code: shownCode(page) })
      else if (isLogin(page)) next = await signIn(browser, page, what.login)
      else next = await consent(page, what)
    }
  }

  function consent(page: Page, what: Decision): Promise<Arrival> {
    if (!isConsent(page)) throw new Error(`not a page we know (${page.status}):\n${page.text}`)
    const scope = what.scope === undefined || what.scope === 'all' ? scopesOn(page) : what.scope
    return browser.submit(page, { scope }, ['decision', what.decision ?? 'allow'])
  }

  async function redeem(code: string, pkce: Pkce, extra: Record<string, string> = {}) {
    return tokenRequest({
      grant_type: 'authorization_code',
      code,
      redirect_uri: app.redirectUri,
      code_verifier: pkce.verifier,
      ...extra,
    })
  }

  async function tokenRequest(params: Record<string, string>): Promise<Answered> {
    return post(`${issuer}/oauth/token`, params, app)
  }

  return {
    browser,
    request,
    answerPages,
    redeem,
    tokenRequest,

    /** The code that the app is given, with what is needed to redeem it. */
    async code(params: Record<string, string> = {}, what: Decision = {}) {
      const { url, pkce } = request(params)
      const landed = await answerPages(await browser.open(url), what)
      return { landed, pkce, code: landed.searchParams.get('code') ?? '' }
    },

    /** All the way to tokens; throws when there are none. */
    async tokens(params: Record<string, string> = {}, what: Decision = {}): Promise<TokenAnswer> {
      const { code, pkce, landed } = await this.code(params, what)
      if (code === '') throw new Error(`no code: ${landed.href}`)
      const answer = await redeem(code, pkce)
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
      return answer.body as TokenAnswer
    },

    refresh: (refreshToken: string, extra: Record<string, string> = {}) =>
      tokenRequest({ grant_type: 'refresh_token', refresh_token: refreshToken, ...extra }),

    revoke: (token: string) => post(`${issuer}/oauth/revoke`, { token }, app),
  }
}

export const isLogin = (page: Page): boolean => page.text.includes('name="password"')
export const isSecondStep = (page: Page): boolean => page.text.includes('name="code"')

/** The one-time code that the page shows for made-up people. */
export const shownCode = (page: Page): string =>
  /<code class="copy">(\d{6})</.exec(page.text)?.[1] ?? ''

export const isConsent = (page: Page): boolean => page.text.includes('value="deny"')

export const scopesOn = (page: Page): string[] =>
  [...page.text.matchAll(/<input\b[^>]*name="scope"[^>]*>/g)].map(
    ([input]) => /value="([^"]*)"/.exec(input)?.[1] ?? '',
  )

export const signIn = (browser: Browser, page: Page, login = 'alice'): Promise<Arrival> =>
  browser.submit(page, { login, password: PASSWORDS[login] ?? '' })

/** A form sent by a client that authenticates as `app` does. */
export async function post(
  url: string,
  params: Record<string, string>,
  app?: App,
): Promise<Answered> {
  const headers =
    app?.secret === undefined ? {} : { authorization: basicCredentials(app.id, app.secret) }
  const own = app && app.secret === undefined ? { client_id: app.id } : {}
  const response = await fetch(url, formRequest({ ...own, ...params }, headers))
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: parse(text) }
}

export async function callApi(
  url: string,
  token: string,
  init: RequestInit = {},
): Promise<Answered> {
  const response = await fetch(url, {
    ...init,
    headers: { authorization: `Bearer ${token}`, ...Object.fromEntries(new Headers(init.headers)) },
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: parse(text) }
}

export const claimsOf = (jwt: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >

export const headerOf = (jwt: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >

const parse = (text: string): Record<string, unknown> => {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return text === '' ? {} : { text }
  }
}
