/** The person's pages of the device flow (RFC 8628 §3.3): type the code, compare it, done. */
import type { VNode } from 'preact'
import { html } from '../../web/html.ts'
import { layout } from '../../web/layout.ts'
import { readableName } from '../../web/readable.ts'
import { appAddress, appName, type App } from './app.ts'

export type DeviceCodePageProps = {
  /** Against forms of other sites. */
  xsrf: string
  /** What was typed before. */
  userCode?: string | undefined
  /** One plain sentence on what went wrong. */
  error?: string | undefined
}

/** Sends `user_code`. */
export function deviceCodePage({ xsrf, userCode, error }: DeviceCodePageProps): string {
  const children = html`
    <section>
      <h1>Connect a device</h1>
      <form method="post" action="/device">
        ${error && html`<p class="alert" role="alert" id="code-error">${error}</p>`}
        <input type="hidden" name="xsrf" value=${xsrf} />
        <label for="user_code">The code your device shows</label>
        <input
          id="user_code"
          name="user_code"
          class="user-code"
          value=${userCode}
          autocomplete="off"
          autocapitalize="characters"
          autocorrect="off"
          spellcheck=${false}
          required
          autofocus
          aria-describedby=${error ? 'code-error' : undefined}
          aria-invalid=${error ? 'true' : undefined}
        />
        <div class="buttons"><button type="submit">Continue</button></div>
      </form>
    </section>
  `
  const title = error ? 'Error: connect a device' : 'Connect a device'
  return layout({ title, width: 'narrow', children })
}

export type DeviceConfirmPageProps = {
  xsrf: string
  /** With its dash. */
  userCode: string
  client: App
  /** What it asks for, in words. */
  asks: readonly string[]
}

/** Sends `user_code` and `decision=allow` or `decision=deny`. */
export function deviceConfirmPage(props: DeviceConfirmPageProps): string {
  const { xsrf, userCode, client, asks } = props
  const children = html`
    <section>
      <h1>${appName(client)} asks for access</h1>
      ${appAddress(client)}
      <p>Does your device show this code?</p>
      <p class="user-code"><strong>${userCode}</strong></p>
      ${asks.length > 0 && asksFor(asks)}
      <p class="quiet">
        If it shows another code, or you did not start this yourself, press Deny: somebody else may
        be trying to get in as you.
      </p>
      <form method="post" action="/device">
        <input type="hidden" name="xsrf" value=${xsrf} />
        <input type="hidden" name="user_code" value=${userCode} />
        <div class="buttons">
          <button type="submit" name="decision" value="allow">Allow</button>
          <button type="submit" class="second" name="decision" value="deny">Deny</button>
        </div>
      </form>
    </section>
  `
  const title = `Does your device show ${userCode}? ${readableName(client.name)}`
  return layout({ title, width: 'narrow', children })
}

const asksFor = (asks: readonly string[]): VNode => html`
  <h2>It asks to</h2>
  <ul class="scopes">
    ${asks.map(
      (words) =>
        html`<li>
          <div class="fixed">
            <span class="tick" aria-hidden="true">›</span>
            <span>${words}</span>
          </div>
        </li>`,
    )}
  </ul>
`

/** The last page: nothing is left to do here. */
export function deviceDonePage({ allowed }: { allowed: boolean }): string {
  const title = allowed ? 'Your device is connected' : 'You said no'
  const children = html`
    <section>
      <h1>${title}</h1>
      ${!allowed && html`<p>Nothing was shared with the device.</p>`}
      <p>You can go back to your device.</p>
    </section>
  `
  return layout({ title, width: 'narrow', children })
}
