/** The page that asks who a person is: login and password. */
import type { VNode } from 'preact'
import { html } from '../../web/html.ts'
import { layout } from '../../web/layout.ts'
import { appAddress, appName, type App } from './app.ts'

export type LoginPageProps = {
  /** Where the form goes. */
  action: string
  client: App
  /** What was typed before, or the app's `login_hint`. */
  login?: string | undefined
  /** One plain sentence on what went wrong. */
  error?: string | undefined
  /** Made-up people to show, local profile only. */
  people?: readonly { login: string; password: string; note?: string | undefined }[] | undefined
  /** Where the cancel button goes, when not to `action`. */
  cancelAction?: string | undefined
}

/** Sends `login` and `password`, or `decision=cancel`. */
export function loginPage(props: LoginPageProps): string {
  const { action, client, login, error, people = [], cancelAction } = props
  const described = error ? 'sign-in-error' : undefined
  const invalid = error ? 'true' : undefined
  const children = html`
    <section>
      <h1>Sign in</h1>
      <p>${appName(client)} asks you to sign in.</p>
      ${appAddress(client)}
      <form method="post" action=${action}>
        ${error && html`<p class="alert" role="alert" id="sign-in-error">${error}</p>`}
        <label for="login">User name</label>
        <input
          id="login"
          name="login"
          value=${login}
          autocomplete="username"
          autocapitalize="none"
          autocorrect="off"
          spellcheck=${false}
          required
          autofocus=${!login}
          aria-describedby=${described}
          aria-invalid=${invalid}
        />
        <label for="password">Password</label>
        <input
          id="password"
          name="password"
          type="password"
          autocomplete="current-password"
          required
          autofocus=${Boolean(login)}
          aria-describedby=${described}
          aria-invalid=${invalid}
        />
        <div class="buttons">
          <button type="submit">Sign in</button>
          <button
            type="submit"
            class="second"
            name="decision"
            value="cancel"
            formaction=${cancelAction}
            formnovalidate
          >
            Cancel
          </button>
        </div>
      </form>
    </section>
    ${people.length > 0 && peopleHint(people)}
  `
  return layout({ title: error ? 'Error: sign in' : 'Sign in', width: 'narrow', children })
}

function peopleHint(people: NonNullable<LoginPageProps['people']>): VNode {
  return html`
    <aside aria-label="Made-up people">
      <table>
        <caption>
          Made-up people you can sign in as. This list is shown on a local server only.
        </caption>
        <thead>
          <tr>
            <th scope="col">User name</th>
            <th scope="col">Password</th>
          </tr>
        </thead>
        <tbody>
          ${people.map(
            ({ login, password, note }) => html`
              <tr>
                <td><code>${login}</code>${note && html`<div class="quiet">${note}</div>`}</td>
                <td><code>${password}</code></td>
              </tr>
            `,
          )}
        </tbody>
      </table>
    </aside>
  `
}
