/** The page that asks a person what an app may do, scope by scope. */
import type { VNode } from 'preact'
import { html } from '../../web/html.ts'
import { layout } from '../../web/layout.ts'
import { nameOf } from '../../web/parts.ts'
import { readableName } from '../../web/readable.ts'
import { SCOPE_WORDS } from '../claims.ts'
import { appAddress, appName, type App } from './app.ts'

export type ConsentScope = {
  scope: string
  /** What it allows, as the rest of "The app may …" or a short phrase. */
  words: string
  /** Allowed before, and remembered. */
  granted: boolean
  /** Cannot be left out: said as a line, and sent along unseen. */
  required?: boolean | undefined
  /** The app says that it cannot do without (OpenID Connect Core 1.0 §5.5.1). */
  needed?: boolean | undefined
  /** The protected API it belongs to, when not the one of the whole page. */
  resourceName?: string | undefined
}

export type ConsentPageProps = {
  /** Where the form goes. */
  action: string
  client: App
  account: { login: string; name?: string | undefined }
  scopes: readonly ConsentScope[]
  /** What it asks to do, in words (RFC 9396); allowed whole or not at all. */
  details?: readonly string[] | undefined
  /** The protected API that the scopes besides OpenID Connect's own belong to. */
  resourceName?: string | undefined
  /** A way to come back as somebody else. */
  signOutHint?: { href: string; label: string } | undefined
}

/** Sends `scope` once for each box that is ticked, and `decision=allow` or `decision=deny`. */
export function consentPage(props: ConsentPageProps): string {
  const { action, client, account, scopes, details = [], resourceName, signOutHint } = props
  const groups = Map.groupBy(scopes.toSorted(lastingLast).toSorted(settledLast), (scope) =>
    groupOf(scope, resourceName),
  )
  const hasChoice = scopes.some((scope) => !isFixed(scope))
  const children = html`
    <section>
      <h1>${appName(client)} asks for access</h1>
      ${appAddress(client)}
      <p>
        You are signed in as ${nameOf(account.name ?? account.login)}.${' '}
        ${signOutHint && html`<a href=${signOutHint.href}>${signOutHint.label}</a>`}
      </p>
      <form method="post" action=${action}>
        ${details.length > 0 && detailGroup(details)}
        ${[...groups].map(([legend, members]) => scopeGroup(legend, members))}
        <p class="quiet">
          ${hasChoice && 'Clear a box to leave that out. '}Deny shares nothing and takes you back.
          What you allow you can take back at${' '}<a href="/account">your account</a>.
        </p>
        <div class="buttons">
          <button type="submit" name="decision" value="allow">Allow</button>
          <button type="submit" class="second" name="decision" value="deny">Deny</button>
        </div>
      </form>
    </section>
  `
  return layout({ title: `Allow ${readableName(client.name)}?`, width: 'narrow', children })
}

const isLasting = ({ scope }: ConsentScope): boolean => scope === 'offline_access'
const lastingLast = (a: ConsentScope, b: ConsentScope) =>
  Number(isLasting(a)) - Number(isLasting(b))

/** Allowed before, and not asked for again. */
const isSettled = ({ granted, required }: ConsentScope): boolean => granted && required === true
const settledLast = (a: ConsentScope, b: ConsentScope) =>
  Number(isSettled(a)) - Number(isSettled(b))

function groupOf(scope: ConsentScope, pageResourceName?: string): string {
  if (isSettled(scope)) {
    return 'You allowed this before'
  }
  if (isLasting(scope)) {
    return 'How long'
  }
  if (Object.hasOwn(SCOPE_WORDS, scope.scope)) {
    return 'About you'
  }
  const name = scope.resourceName ?? pageResourceName
  return name ? `At ${readableName(name)}` : 'What it may do'
}

function scopeGroup(legend: string, scopes: readonly ConsentScope[]): VNode {
  return html`
    <fieldset>
      <legend>${legend}</legend>
      <ul class="scopes">
        ${scopes.map((scope) => html`<li>${isFixed(scope) ? fixed(scope) : choice(scope)}</li>`)}
      </ul>
    </fieldset>
  `
}

const detailGroup = (details: readonly string[]): VNode => html`
  <fieldset>
    <legend>Exactly this</legend>
    <ul class="scopes">
      ${details.map(
        (words) =>
          html`<li>
            <div class="fixed">
              <span class="tick" aria-hidden="true">✓</span>
              <span>${words}</span>
            </div>
          </li>`,
      )}
    </ul>
  </fieldset>
`

const isFixed = ({ scope, required }: ConsentScope): boolean =>
  scope === 'openid' || required === true

// No request is left without openid by a person's choice, so nothing is sent for it.
function fixed({ scope, words }: ConsentScope): VNode {
  return html`
    <div class="fixed">
      <span class="tick" aria-hidden="true">✓</span>
      <span>${words}</span>
      ${scope !== 'openid' && html`<input type="hidden" name="scope" value=${scope} />`}
    </div>
  `
}

function choice({ scope, words, granted, needed }: ConsentScope): VNode {
  return html`
    <label>
      <input type="checkbox" name="scope" value=${scope} checked />
      <span>
        ${words} ${needed && html`<small>The app says it cannot do without.</small>`}${' '}
        ${granted && html`<small>You allowed this before.</small>`}
      </span>
    </label>
  `
}
