/** The page for a sign-in that was left lying too long, or that was finished already. */
import { html } from '../../web/html.ts'
import { layout } from '../../web/layout.ts'
import { buttonLink } from '../../web/parts.ts'

export type ExpiredPageProps = {
  /** Starts the same request again. */
  restartUrl?: string | undefined
  /** Where the doctor explains this very request; absent in production. */
  doctorUrl?: string | undefined
}

export function expiredPage({ restartUrl, doctorUrl }: ExpiredPageProps): string {
  const children = html`
    <section>
      <h1>This sign-in is over</h1>
      ${
        restartUrl
          ? html`
              <p>It was left too long, or finished already. You can start it again.</p>
              ${buttonLink(restartUrl, 'Start again')}
            `
          : html`
              <p>
                It was left too long, or finished already. Go back to the app and sign in from
                there.
              </p>
            `
      }
      ${
        doctorUrl &&
        html`
          <details>
            <summary>For developers</summary>
            <p><a href=${doctorUrl}>Why: which check refused, and on what evidence</a></p>
          </details>
        `
      }
    </section>
  `
  return layout({ title: 'This sign-in is over', width: 'narrow', children })
}
