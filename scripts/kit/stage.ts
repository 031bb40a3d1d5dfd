/** What a lesson works with: the server's addresses, an app, somebody at a browser, and how exchanges are shown. */
import {
  authorizationUrl,
  basicCredentials,
  createPkce,
  createState,
  formRequest,
} from './client.ts'
import { exchange, type Answer, type Expectation } from './exchange.ts'
import { openLoopback } from './loopback.ts'
import type { Show } from './show.ts'
import {
  createPlayedVisitor,
  createReader,
  type Answers,
  type Told,
  type Visitor,
} from './visitor.ts'

export type App = { id: string; secret?: string; redirectUri: string }

export type Lesson = {
  /** For `npm run flow <name>`. */
  name: string
  /** The one idea, in one sentence. */
  about: string
  /** Who sits at the browser: nobody is needed, or somebody is. */
  person: 'nobody' | 'anybody'
  run(stage: Stage): Promise<void>
}

export type Metadata = Record<
  | 'issuer'
  | 'authorization_endpoint'
  | 'token_endpoint'
  | 'introspection_endpoint'
  | 'revocation_endpoint'
  | 'registration_endpoint'
  | 'pushed_authorization_request_endpoint'
  | 'device_authorization_endpoint'
  | 'end_session_endpoint'
  | 'userinfo_endpoint'
  | 'jwks_uri',
  string
>

export type Tokens = {
  access_token: string
  refresh_token: string
  id_token: string
  scope: string
}

type Init = RequestInit & { body?: string }

export type Stage = {
  issuer: string
  /** The protected API, and its identifier (RFC 8707). */
  api: string
  metadata: Metadata
  show: Show
  /** The app of the lesson: `web`, or `cli` where the reader's own browser is used. */
  app: App
  visitor: Visitor
  /** One request, shown, and compared with what it should be. */
  call: (url: string | URL, expected: Expectation, init?: Init) => Promise<Answer>
  /** The same with a Bearer token. */
  callWith: (token: string, url: string, expected: Expectation, init?: Init) => Promise<Answer>
  /** A form from an app that authenticates (RFC 6749 §2.3). */
  post: (
    url: string,
    app: Omit<App, 'redirectUri'>,
    params: Record<string, string>,
    expected: Expectation,
    headers?: Record<string, string>,
  ) => Promise<Answer>
  /** An authorization request with PKCE and state, and how to redeem what comes back. */
  request: (
    params: Record<string, string>,
    app?: App,
  ) => {
    url: URL
    params: Record<string, string>
    /** What the app was called back with, when it is the answer to this request and says what it should. */
    answer: (landed: URL, expected: 'code' | { error: string }) => string
    redeem: (code: string) => Record<string, string>
  }
  /**
   * For a lesson that needs this app and no other. Where the reader's own browser is used, one like it is registered
   * meanwhile, which is called back at the loopback port.
   */
  withApp: (app: App, like: object, use: (app: App) => Promise<void>) => Promise<void>
  /** Removes a client that the lesson registered (RFC 7592 §2.3), so that the server is left as it was. */
  forget: (registered: Answer) => Promise<void>
  /** The lesson authorization-code in one line. */
  signIn: (
    params: Record<string, string>,
    answers?: Answers,
    told?: Told,
    app?: App,
  ) => Promise<Tokens>
}

export async function withStage(
  { issuer, show, ownBrowser }: { issuer: string; show: Show; ownBrowser: boolean },
  use: (stage: Stage) => Promise<void>,
): Promise<void> {
  const found = await fetch(`${issuer}/.well-known/openid-configuration`)
  const metadata = (await found.json()) as Metadata
  const loopback = ownBrowser ? await openLoopback() : undefined
  const visitor = loopback
    ? createReader(issuer, loopback, show)
    : createPlayedVisitor(issuer, show)
  const app: App = loopback
    ? { id: 'cli', redirectUri: loopback.redirectUri }
    : { id: 'web', secret: 'web-secret', redirectUri: 'http://localhost:3000/callback' }
  try {
    await use(createStage({ metadata, show, visitor, app }))
  } finally {
    loopback?.close()
  }
}

function createStage(parts: Pick<Stage, 'metadata' | 'show' | 'visitor' | 'app'>): Stage {
  const { metadata, show, visitor } = parts

  const stage: Stage = {
    ...parts,
    issuer: metadata.issuer,
    api: `${metadata.issuer}/api`,
    call: (url, expected, init = {}) => exchange(show, url, init, expected),
    callWith: (token, url, expected, init = {}) =>
      exchange(
        show,
        url,
        { ...init, headers: { authorization: `Bearer ${token}`, ...(init.headers as object) } },
        expected,
      ),
    post(url, { id, secret }, params, expected, headers = {}) {
      const form =
        secret === undefined
          ? formRequest({ client_id: id, ...params }, headers)
          : formRequest(params, { authorization: basicCredentials(id, secret), ...headers })
      return exchange(show, url, form as Init, expected)
    },

    request(more, app = parts.app) {
      const pkce = createPkce()
      const state = createState()
      const params = {
        response_type: 'code',
        client_id: app.id,
        redirect_uri: app.redirectUri,
        state,
        code_challenge: pkce.challenge,
        code_challenge_method: 'S256',
        ...more,
      }
      return {
        url: authorizationUrl(metadata.authorization_endpoint, params),
        params,
        answer(landed, expected) {
          const said = Object.fromEntries(landed.searchParams)
          const code = typeof expected === 'string'
          const wanted = code ? said['code'] : expected.error === said['error']
          if (said['state'] !== state || said['iss'] !== metadata.issuer || !wanted) {
            const { error = 'no error', error_description: why = '' } = said
            throw new Error(`the app was called back with something else: ${error} ${why}`)
          }
          const what = code ? 'a code' : `error=${expected.error}`
          show.note(`back at ${landed.origin}${landed.pathname} with ${what}, our state, and iss`)
          return code ? (said['code'] ?? '') : expected.error
        },
        redeem: (code) => ({
          grant_type: 'authorization_code',
          code,
          redirect_uri: app.redirectUri,
          code_verifier: pkce.verifier,
        }),
      }
    },

    async withApp(app, like, use) {
      if (visitor.browser) return use(app)
      const { redirectUri } = parts.app
      const answer = await fetch(metadata.registration_endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          client_name: `Like ${app.id} (npm run flow)`,
          redirect_uris: [redirectUri],
          grant_types: ['authorization_code', 'refresh_token'],
          ...like,
        }),
      })
      const json = (await answer.json()) as Record<string, unknown>
      if (answer.status !== 201) throw new Error(`no client like ${app.id}: ${answer.status}`)
      show.note(`registered for your browser: a client like ${app.id}`)
      const id = String(json['client_id'])
      await use({ id, secret: String(json['client_secret']), redirectUri })
      await stage.forget({ status: 201, headers: answer.headers, text: '', json })
    },

    async forget({ json }) {
      const authorization = `Bearer ${String(json['registration_access_token'])}`
      const { status } = await fetch(String(json['registration_client_uri']), {
        method: 'DELETE',
        headers: { authorization },
      })
      if (status !== 204) throw new Error(`the client could not be removed: ${status}`)
      show.note(`tidied up: the client ${String(json['client_id'])} is gone`)
    },

    async signIn(params, answers, told, app = parts.app) {
      const request = stage.request(params, app)
      const code = request.answer(await visitor.visit(request.url, answers, told), 'code')
      const own = app.secret === undefined ? { client_id: app.id } : {}
      const headers =
        app.secret === undefined ? {} : { authorization: basicCredentials(app.id, app.secret) }
      const response = await fetch(
        metadata.token_endpoint,
        formRequest({ ...own, ...request.redeem(code) }, headers),
      )
      const body = (await response.json()) as Tokens & { error?: string }
      if (response.status !== 200) throw new Error(`no tokens: ${String(body.error)}`)
      show.note(`${app.id} has tokens for: ${body.scope}`)
      return body
    },
  }
  return stage
}
