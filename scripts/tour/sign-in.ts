/** The tour's client and its person: authorization requests, tokens, refreshing, signing out. */
import { createBrowser, type Arrival, type Exchange, type Page } from '../kit/browser.ts'
import {
  authorizationUrl,
  basicCredentials,
  createPkce,
  createState,
  formRequest,
  type Pkce,
} from '../kit/client.ts'
import { exchange, showAnswer, type Expectation } from '../kit/exchange.ts'
import type { Show } from '../kit/show.ts'

export type Tokens = {
  access_token: string
  refresh_token: string
  id_token: string
  scope: string
}

export type SignInParts = {
  show: Show
  issuer: string
  metadata: Record<'token_endpoint' | 'authorization_endpoint' | 'end_session_endpoint', string>
  client: { id: string; secret: string; redirectUri: string }
  person: { login: string; password: string }
}

type Wish = { scope: string; prompt?: string; says: string; quietly?: boolean }

export function createSignIn(parts: SignInParts) {
  const { show, issuer, metadata, client, person } = parts
  const seen: Exchange[] = []
  const browser = createBrowser(new URL(issuer).origin, (one) => seen.push(one))
  const authorization = basicCredentials(client.id, client.secret)

  /** Shows the first request the browser made in the last step, with its own answer. */
  function showFirst(expected: Expectation): void {
    const [first] = seen.splice(0)
    if (!first) return
    const { request, response, text, body } = first
    const answer = { status: response.status, headers: response.headers, text, json: {} }
    showAnswer(show, request, body, answer, expected)
  }

  function requestCode(wish: Pick<Wish, 'scope' | 'prompt'>): {
    url: URL
    pkce: Pkce
    state: string
  } {
    const pkce = createPkce()
    const state = createState()
    const url = authorizationUrl(metadata.authorization_endpoint, {
      response_type: 'code',
      client_id: client.id,
      redirect_uri: client.redirectUri,
      scope: wish.scope,
      state,
      code_challenge: pkce.challenge,
      code_challenge_method: 'S256',
      ...(wish.prompt !== undefined && { prompt: wish.prompt }),
    })
    return { url, pkce, state }
  }

  /** Goes through the pages that come, saying `decision` at the consent page; ends at the client. */
  async function walk(url: URL, says: string, decision: 'allow' | 'deny'): Promise<URL> {
    let arrival: Arrival = await browser.open(url)
    showFirst({
      title: 'Send the browser to the authorization server',
      status: 303,
      says,
      spec: 'RFC 6749 §4.1.1, RFC 7636 §4.3',
    })
    while (arrival.page) {
      const { page }: { page: Page } = arrival
      if (page.text.includes('name="password"')) {
        arrival = await browser.submit(page, person)
        showFirst({
          title: `${nameOf(person.login)} signs in`,
          status: 303,
          says: 'The password goes to the authorization server only; the app never sees it.',
          spec: 'RFC 9700 §2.4',
        })
      } else if (page.text.includes('value="deny"')) {
        const scope = scopesOn(page)
        arrival = await browser.submit(page, { scope }, ['decision', decision])
        showFirst({
          title:
            decision === 'allow'
              ? `${nameOf(person.login)} says yes`
              : `${nameOf(person.login)} says no`,
          status: 303,
          says:
            decision === 'allow'
              ? 'Each scope is shown in words and can be left out.'
              : 'Nothing is shared, and the app is told so.',
          spec: 'RFC 6749 §4.1.2',
        })
      } else throw new Error(`an unexpected page at ${page.url.href} (${page.status})`)
    }
    return arrival.landed
  }

  async function redeem(code: string, pkce: Pkce, quietly: boolean): Promise<Tokens> {
    const request = formRequest(
      {
        grant_type: 'authorization_code',
        code,
        redirect_uri: client.redirectUri,
        code_verifier: pkce.verifier,
      },
      { authorization },
    ) as RequestInit & { body: string }
    const answer = await exchange(quietly ? silence : show, metadata.token_endpoint, request, {
      title: 'Exchange the code for tokens',
      status: 200,
      body: (b) => b,
      says: 'The client proves itself twice: with its own secret, and with the secret behind the hash. A code that was stolen on the way is of no use.',
      spec: 'RFC 6749 §4.1.3, RFC 7636 §4.5',
    })
    return answer.json as Tokens
  }

  const refreshRequest = (refreshToken: string) =>
    formRequest(
      { grant_type: 'refresh_token', refresh_token: refreshToken },
      { authorization },
    ) as RequestInit & { body: string }

  async function refresh(tokens: Tokens, to: Show = show): Promise<Tokens> {
    const request = refreshRequest(tokens.refresh_token)
    const answer = await exchange(to, metadata.token_endpoint, request, {
      title: 'Refresh',
      status: 200,
      body: (b) => b,
      says: 'A new access token, and a new refresh token in place of the old one. Nobody is asked anything.',
      spec: 'RFC 6749 §6',
    })
    return { ...tokens, ...(answer.json as Tokens) }
  }

  return {
    refreshRequest,
    refresh: (tokens: Tokens) => refresh(tokens),

    /** These tokens, or new ones when they are about to expire on a slow machine. */
    stillGood: async (tokens: Tokens): Promise<Tokens> =>
      millisecondsLeft(tokens) > 2000 ? tokens : refresh(tokens, silence),

    async withCode(wish: Wish): Promise<Tokens> {
      const { url, pkce, state } = requestCode(wish)
      const landed = await walk(url, wish.says, 'allow')
      const answer = landed.searchParams
      const shown = { code: answer.get('code'), state: answer.get('state'), iss: answer.get('iss') }
      if (answer.get('state') !== state || answer.get('iss') !== issuer || shown.code === null) {
        throw new Error(`not the answer to our request: ${landed.href}`)
      }
      show.note(
        `back at ${landed.origin}${landed.pathname} with code, our state, and iss=${issuer}`,
      )
      return redeem(shown.code, pkce, wish.quietly ?? false)
    },

    async denied(wish: { scope: string }): Promise<void> {
      const { url } = requestCode(wish)
      const says =
        'The client asks for the email address as well, and Bob is shown what that means.'
      const landed = await walk(url, says, 'deny')
      const error = landed.searchParams.get('error')
      show.note(`back at ${landed.origin}${landed.pathname} with error=${error ?? ''}`)
      if (error !== 'access_denied') throw new Error(`expected access_denied: ${landed.href}`)
    },

    async signOut(tokens: Tokens, back: string): Promise<void> {
      const url = authorizationUrl(metadata.end_session_endpoint, {
        id_token_hint: tokens.id_token,
        post_logout_redirect_uri: back,
      })
      const arrival = await browser.open(url)
      showFirst({
        title: 'Send the browser to sign out',
        status: 200,
        says: 'The server asks first: a stranger’s link must not sign anybody out.',
        spec: 'OpenID Connect RP-Initiated Logout §2, §6',
      })
      if (!arrival.page) throw new Error('no page that asks')
      const left = await browser.submit(arrival.page, {}, ['logout', 'yes'])
      showFirst({
        title: `${nameOf(person.login)} signs out`,
        status: 303,
        show: ['location'],
        says: 'The session ends, with the tokens that came from it, and the browser returns to the app.',
        spec: 'OpenID Connect RP-Initiated Logout §3',
      })
      if (left.landed?.href !== back) throw new Error('the browser did not return to the app')
    },
  }
}

/** How long an access token has still to live, by its own `exp`. */
export function millisecondsLeft(tokens: Tokens): number {
  const payload = Buffer.from(tokens.access_token.split('.')[1] ?? '', 'base64url').toString()
  return (JSON.parse(payload) as { exp: number }).exp * 1000 - Date.now()
}

const scopesOn = (page: Page): string[] =>
  [...page.text.matchAll(/<input\b[^>]*name="scope"[^>]*>/g)].map(
    ([input]) => /value="([^"]*)"/.exec(input)?.[1] ?? '',
  )

const nameOf = (login: string): string => login.charAt(0).toUpperCase() + login.slice(1)

/** For steps that the reader has seen before. */
const silence: Show = {
  chapter: () => undefined,
  exchange(shown) {
    if (shown.wrong !== undefined) throw new Error(`${shown.title}: ${shown.wrong}`)
  },
  note: () => undefined,
  wrong: () => 0,
}
