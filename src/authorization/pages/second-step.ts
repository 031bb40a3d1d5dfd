/** The page that asks for a one-time code after the password. */
import { html } from '../../web/html.ts'
import { layout } from '../../web/layout.ts'
import { nameOf } from '../../web/parts.ts'
import { appName, type App } from './app.ts'

export type SecondStepPageProps = {
  /** Where the form goes. */
  action: string
  client: App
  account: { login: string; name?: string | undefined }
  /** The code that is good now, for made-up people. */
  shownCode?: string | undefined
  /** One plain sentence on what went wrong. */
  error?: string | undefined
}

/** Sends `code`, or `decision=cancel`. */
export function secondStepPage(props: SecondStepPageProps): string {
  const { action, client, account, shownCode, error } = props
  const described = error ? 'code-error' : undefined
  const children = html`
    <section>
      <h1>Confirm it is you</h1>
      <p>
        ${appName(client)} asks for a second step. You are signed in as
        ${' '}${nameOf(account.name ?? account.login)}.
      </p>
      <form method="post" action=${action}>
        ${error && html`<p class="alert" role="alert" id="code-error">${error}</p>`}
        <label for="code">Code of your authenticator</label>
        <input
          id="code"
          name="code"
          inputmode="numeric"
          autocomplete="one-time-code"
          pattern="[0-9 ]*"
          maxlength="9"
          required
          autofocus
          aria-describedby=${described}
          aria-invalid=${error ? 'true' : undefined}
        />
        <div class="buttons">
          <button type="submit">Confirm</button>
          <button type="submit" class="second" name="decision" value="cancel" formnovalidate>
            Cancel
          </button>
        </div>
      </form>
    </section>
    ${
      shownCode &&
      html`
        <aside aria-label="The code of a made-up person">
          <p>
            ${nameOf(account.login)} is made up and has no authenticator. The code now is
            ${' '}<code class="copy">${shownCode}</code>. It is shown on a local server only.
          </p>
        </aside>
      `
    }
  `
  return layout({
    title: error ? 'Error: confirm it is you' : 'Confirm it is you',
    width: 'narrow',
    children,
  })
}
