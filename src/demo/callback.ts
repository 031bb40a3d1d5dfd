/** The landing page of the demo client: what came back from the authorization endpoint (RFC 6749 §4.1.2). */
import type Router from '@koa/router'
import type { VNode } from 'preact'
import { html, safeUrl, type Markup } from '../web/html.ts'
import { layout } from '../web/layout.ts'
import { buttonLink, copyable, factList } from '../web/parts.ts'
import { shortSecret, visibleText } from '../web/readable.ts'
import { sendPage } from '../web/send-page.ts'
import { shellWord } from '../web/shell-word.ts'
import { ACCOUNT_STATE, demoRedirectUri, demoState, demoVerifier, pathInState } from './sign-in.ts'

export type DemoClient = { clientId: string; secret: string }

export type DemoCallbackProps = {
  issuer: string
  /** The client whose redirect URI this page is. */
  client: DemoClient
  /** What the authorization endpoint sent. */
  parameters: URLSearchParams
}

export type DemoParts = {
  issuer: string
  /** The first registered client that has this page as a redirect URI. */
  findClient: () => Promise<DemoClient>
}

export function registerDemo(router: Router, { issuer, findClient }: DemoParts): void {
  router.get('/demo/callback', async (ctx) => {
    const parameters = new URLSearchParams(ctx.querystring)
    sendPage(ctx, demoCallbackPage({ issuer, client: await findClient(), parameters }))
  })
}

export function demoCallbackPage(props: DemoCallbackProps): string {
  const { parameters } = props
  const error = parameters.get('error')
  const code = parameters.get('code')
  const content = error ? refused(props, error) : code ? answered(props, code) : nothingCame()
  const children = html`
    <section>${content}</section>
    ${buttonLink('/', 'To the front page')}
  `
  return layout({ title: 'Demo client', width: 'wide', children })
}

function answered(props: DemoCallbackProps, code: string): VNode {
  const { issuer, client, parameters } = props
  const cameFrom = pathInState(parameters.get('state'))
  const exchange = [
    `curl -s -u ${shellWord(`${client.clientId}:${client.secret}`)}`,
    '-d grant_type=authorization_code',
    `-d redirect_uri=${demoRedirectUri(issuer)}`,
    `-d code_verifier=${demoVerifier}`,
    // A code is base64url; anything else did not come from us and has no place in a shell.
    `-d code=${/^[\w-]+$/.test(code) ? code : 'CODE'}`,
    `${issuer}/oauth/token`,
  ]
  return html`
    <h1>A code came back</h1>
    <p class="lead">
      This is where an app would go on by itself. Here you do its next step by hand.
    </p>
    ${
      parameters.get('state') === ACCOUNT_STATE &&
      html`<p>You are signed in now. ${buttonLink('/account', 'Go to your account')}</p>`
    }
    ${cameBack(props)}
    <h2>Exchange the code for tokens</h2>
    <p>
      The code works once, for one minute. A second try is refused, and ends what the first one
      gave.
    </p>
    ${copyable(exchange.join(' \\\n  '))}
    <h2>${cameFrom === undefined ? 'Then call the API' : 'Then go back to where you were'}</h2>
    <p>Put the access token of the answer in the place of TOKEN.</p>
    ${copyable(`curl -i -H "Authorization: Bearer TOKEN" ${issuer}${cameFrom ?? '/api/whoami'}`)}
    <p class="quiet">
      The code_verifier is the example of RFC 7636, appendix B. A real client makes a new one for
      every sign-in, and a new state as well.
    </p>
  `
}

function refused(props: DemoCallbackProps, error: string): VNode {
  const { issuer, parameters } = props
  const uri = parameters.get('error_uri')
  return html`
    <h1>No code came back</h1>
    <p class="lead">
      The answer is the error <code>${visibleText(error)}</code>. An app would say so in its own
      words and offer to try again.
    </p>
    ${cameBack(props)}
    ${
      uri?.startsWith(`${issuer}/refusals/`) &&
      html`<p><a href=${uri}>What this refusal means, and what to do</a></p>`
    }
  `
}

const nothingCame = (): VNode => html`
  <h1>The demo client</h1>
  <p class="lead">
    People land here after a sign-in that began on the front page. Nothing came along this time.
  </p>
`

function cameBack({ issuer, parameters }: DemoCallbackProps): VNode {
  const code = parameters.get('code')
  const state = parameters.get('state')
  const iss = parameters.get('iss')
  const uri = parameters.get('error_uri')
  return factList([
    ['code', code && html`<code>${shortSecret(code)}</code> (shortened)`],
    ['error', valueOf(parameters.get('error'))],
    ['error_description', valueOf(parameters.get('error_description'))],
    [
      'error_uri',
      uri && (safeUrl(uri) ? html`<a href=${uri}>${visibleText(uri)}</a>` : valueOf(uri)),
    ],
    ['state', state !== null && compared(state, expectedState(state), 'what the demo sent')],
    ['iss', iss !== null && compared(iss, issuer, 'the issuer the demo asked')],
  ])
}

const expectedState = (state: string): string =>
  pathInState(state) === undefined && state !== ACCOUNT_STATE ? demoState : state

const valueOf = (value: string | null): Markup =>
  value === null ? undefined : html`<code>${visibleText(value)}</code>`

// A client makes both comparisons before it does anything else (RFC 6749 §10.12, RFC 9207 §2.4).
function compared(value: string, expected: string, meaning: string): Markup {
  const verdict =
    value === expected ? `the same as ${meaning}` : `not ${meaning}: a real client stops here`
  return html`<code>${visibleText(value)}</code> ${verdict}`
}
