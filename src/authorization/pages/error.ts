/** The page for a request that cannot go back to the app (RFC 6749 §4.1.2.1): what happened, then how to find out why. */
import { html } from '../../web/html.ts'
import { layout } from '../../web/layout.ts'
import { buttonLink, citation, factList } from '../../web/parts.ts'
import { visibleText } from '../../web/readable.ts'

export type ErrorPageProps = {
  title: string
  /** What the person is told. */
  sentence: string
  /** For the developer; folded away. */
  technical: {
    error: string
    description?: string | undefined
    requestId: string
    refusalId: string
    spec?: string | undefined
    refusalUrl?: string | undefined
    /** Where the doctor explains this very request; absent in production. */
    doctorUrl?: string | undefined
  }
  back?: { href: string; label: string } | undefined
}

export function errorPage({ title, sentence, technical, back }: ErrorPageProps): string {
  const { error, description, requestId, refusalId, spec, refusalUrl, doctorUrl } = technical
  const children = html`
    <section>
      <h1>${title}</h1>
      <p>${sentence}</p>
      ${back && buttonLink(back.href, back.label)}
      <details>
        <summary>For developers</summary>
        ${factList([
          ['Error', html`<code>${visibleText(error)}</code>`],
          ['Description', description && visibleText(description)],
          [
            'Refusal',
            refusalUrl
              ? html`<a href=${refusalUrl}>${refusalId}</a>`
              : html`<code>${refusalId}</code>`,
          ],
          ['Source', spec && citation(spec)],
          ['Request', html`<code>${requestId}</code>`],
          [
            'Why',
            doctorUrl && html`<a href=${doctorUrl}>Which check refused, and on what evidence</a>`,
          ],
        ])}
      </details>
    </section>
  `
  return layout({ title, width: 'narrow', children })
}
