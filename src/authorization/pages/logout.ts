/** The pages around signing out (OpenID Connect RP-Initiated Logout 1.0 §2). */
import { html, trusted } from '../../web/html.ts'
import { layout } from '../../web/layout.ts'
import { buttonLink, nameOf } from '../../web/parts.ts'

export type LogoutPageProps = {
  /** The engine's ready form, `<form id="op.logoutForm" …>`. Trusted: never a stranger's text. */
  form: string
  /** The app that asks for it. */
  clientName?: string | undefined
}

/** Asks before signing out, as any page can send a person here. */
export function logoutPage({ form, clientName }: LogoutPageProps): string {
  const children = html`
    <section>
      <h1>Sign out?</h1>
      ${
        clientName
          ? html`<p>
              ${nameOf(clientName)} asks to sign you out. If you stay signed in, nothing changes.
            </p>`
          : html`<p>You can sign in again at any time.</p>`
      }
      ${trusted(form)}
      <div class="buttons">
        <button type="submit" form="op.logoutForm" name="logout" value="yes">Sign out</button>
        <button type="submit" form="op.logoutForm" class="second">Stay signed in</button>
      </div>
    </section>
  `
  return layout({ title: 'Sign out?', width: 'narrow', children })
}

export type SignedOutPageProps = {
  /** Given when only this app's sign-in ended and the person stays signed in here. */
  clientName?: string | undefined
  /** Back to the app. */
  backUrl?: string | undefined
}

export function signedOutPage({ clientName, backUrl }: SignedOutPageProps): string {
  const children = html`
    <section>
      ${
        clientName
          ? html`
              <h1>You are still signed in</h1>
              <p>Nothing has changed. You can go back to ${nameOf(clientName)}.</p>
            `
          : html`
              <h1>You are signed out</h1>
              <p>You can close this page.</p>
            `
      }
      ${backUrl && buttonLink(backUrl, 'Back to the app')}
    </section>
  `
  return layout({ title: 'Signed out', width: 'narrow', children })
}
