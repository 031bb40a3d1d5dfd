/** A refusal as a page, for browsers that ask the API for HTML: the person's sentence, the technical part folded. */
import type { Row } from '../refusals/catalogue.ts'
import { html } from './html.ts'
import { layout } from './layout.ts'
import { buttonLink, citation, copyable, factList, splitSentence } from './parts.ts'
import { visibleText } from './readable.ts'

export type RefusalPageProps = {
  id: string
  row: Pick<Row, 'status' | 'title' | 'description' | 'person' | 'spec' | 'fix' | 'error'>
  requestId: string
  /** The `WWW-Authenticate` lines of this answer. */
  challenges: readonly string[]
  /** What the person can do now. */
  back?: { href: string; label: string } | undefined
  /** Where the doctor explains this very request; absent in production. */
  doctorUrl?: string | undefined
}

export function refusalPage(props: RefusalPageProps): string {
  const { id, row, requestId, challenges, back, doctorUrl } = props
  const [first, rest] = splitSentence(row.person)
  const children = html`
    <section>
      <h1>${first}</h1>
      ${rest && html`<p>${rest}</p>`} ${back && html`<p>${buttonLink(back.href, back.label)}</p>`}
      <details>
        <summary>For developers</summary>
        ${factList([
          ['Status', `${row.status} ${row.title}`],
          ['Error', row.error && html`<code>${row.error}</code>`],
          ['Description', row.description],
          ['What to do', row.fix],
          ['Refusal', html`<a href=${`/refusals/${encodeURIComponent(id)}`}>${id}</a>`],
          ['Source', citation(row.spec)],
          ['Request', html`<code>${visibleText(requestId)}</code>`],
          [
            'Why',
            doctorUrl && html`<a href=${doctorUrl}>Which check refused, and on what evidence</a>`,
          ],
        ])}
        ${
          challenges.length > 0 &&
          html`
            <h2>The challenge</h2>
            ${copyable(challenges.map((line) => `WWW-Authenticate: ${visibleText(line)}`).join('\n'))}
          `
        }
      </details>
    </section>
  `
  return layout({ title: row.title, width: 'narrow', children })
}
