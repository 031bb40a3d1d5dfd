/** The page where a person sees what apps may do for her and where she is signed in, and takes either back. */
import type { VNode } from 'preact'
import { html } from '../web/html.ts'
import { layout } from '../web/layout.ts'
import { buttonLink, nameOf } from '../web/parts.ts'
import { readableName } from '../web/readable.ts'

export type AccountApp = {
  clientId: string
  name: string
  allowed: readonly {
    /** The protected API; absent for what OpenID Connect tells of the person herself. */
    api?: string | undefined
    /** Each scope in words. */
    words: readonly string[]
    since: Date
  }[]
}

export type AccountSession = {
  uid: string
  /** The browser and what it runs on, in words. */
  browser: string
  signedInAt: Date
  /** Names of the apps it was used for. */
  apps: readonly string[]
  isThisOne: boolean
}

export type AccountPageProps = {
  person: { sub: string; login: string; name?: string | undefined }
  apps: readonly AccountApp[]
  sessions: readonly AccountSession[]
  /** Why nothing was done. */
  error?: string | undefined
}

/** Every form sends `person`, for whom the page was made, and one `decision`. */
export function accountPage({ person, apps, sessions, error }: AccountPageProps): string {
  const children = html`
    <section>
      <h1>Your account</h1>
      ${error && html`<p class="alert" role="alert">${error}</p>`}
      <p>You are signed in as ${nameOf(person.name ?? person.login)}.</p>
    </section>
    <section>
      <h2>Apps with access</h2>
      ${
        apps.length === 0
          ? html`<p>No app may do anything for you.</p>`
          : html`<ul class="plain">
              ${apps.map((app) => html`<li>${appEntry(app, person.sub)}</li>`)}
            </ul>`
      }
    </section>
    <section>
      <h2>Where you are signed in</h2>
      <ul class="plain">
        ${sessions.map((session) => html`<li>${sessionEntry(session, person.sub)}</li>`)}
      </ul>
    </section>
    <section>
      <h2>Sign out everywhere</h2>
      <p>
        Ends every sign-in of yours, in this browser too, and whatever access the apps have now.
        What you allowed is remembered for your next sign-in.
      </p>
      <form method="post" action="/account/sign-out">
        ${madeFor(person.sub)}
        <div class="buttons">
          <button type="submit" name="decision" value="sign-out-everywhere">
            Sign out everywhere
          </button>
        </div>
      </form>
    </section>
  `
  return layout({ title: 'Your account', width: 'narrow', children })
}

function appEntry({ clientId, name, allowed }: AccountApp, sub: string): VNode {
  return html`
    <h3>${nameOf(name)}</h3>
    ${allowed.map(
      ({ api, words, since }) => html`
        <p class="quiet">
          ${api === undefined ? 'About you' : `At ${readableName(api)}`}, since ${moment(since)}
        </p>
        <ul>
          ${words.map((one) => html`<li>${readableName(one)}</li>`)}
        </ul>
      `,
    )}
    <form method="post" action="/account/apps">
      ${madeFor(sub)}
      <input type="hidden" name="client_id" value=${clientId} />
      <div class="buttons">
        <button
          type="submit"
          class="second"
          name="decision"
          value="withdraw"
          aria-label=${`Take back access: ${readableName(name)}`}
        >
          Take back access
        </button>
      </div>
    </form>
  `
}

function sessionEntry(session: AccountSession, sub: string): VNode {
  const { uid, browser, signedInAt, apps, isThisOne } = session
  return html`
    <h3>${browser}${isThisOne && html`${' '}<small>(this browser)</small>`}</h3>
    <p class="quiet">
      Signed in
      ${moment(signedInAt)}${
        apps.length > 0 &&
        html`, for ${apps.map((name, index) => [index > 0 && ', ', nameOf(name)])}`
      }
    </p>
    <form method="post" action="/account/sessions">
      ${madeFor(sub)}
      <input type="hidden" name="session" value=${uid} />
      <div class="buttons">
        <button
          type="submit"
          class="second"
          name="decision"
          value="sign-out"
          aria-label=${`Sign out: ${browser}, ${inWords(signedInAt)}`}
        >
          Sign out
        </button>
      </div>
    </form>
  `
}

const madeFor = (sub: string): VNode => html`<input type="hidden" name="person" value=${sub} />`

const format = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'long',
  timeStyle: 'short',
  timeZone: 'UTC',
})

// The person's own time zone is not known here.
const inWords = (date: Date): string => `${format.format(date)} UTC`

const moment = (date: Date): VNode =>
  html`<time datetime=${date.toISOString()}>${inWords(date)}</time>`

export type SignedOutAccountPageProps = {
  /** Where a sign-in begins; in production that is up to the apps. */
  signInUrl?: string | undefined
}

export function signedOutAccountPage({ signInUrl }: SignedOutAccountPageProps): string {
  const children = html`
    <section>
      <h1>You are not signed in</h1>
      <p>
        ${
          signInUrl === undefined
            ? 'Sign in at one of your apps, then come back to see which apps have access and where you are signed in.'
            : 'Sign in to see which apps have access and where you are signed in.'
        }
      </p>
      ${signInUrl !== undefined && buttonLink(signInUrl, 'Sign in')}
    </section>
  `
  return layout({ title: 'Your account', width: 'narrow', children })
}
