/** The pages of the refusal catalogue: the list, and one refusal with its three texts. */
import type { VNode } from 'preact'
import type { ClientVerb, RefusalId, Row } from '../refusals/catalogue.ts'
import { html } from '../web/html.ts'
import { layout } from '../web/layout.ts'
import { citation, copyable, factList } from '../web/parts.ts'

/** A row of the catalogue with its id. */
export type RefusalEntry = Row & { id: RefusalId }

const places: readonly (readonly [arises: Row['arises'], heading: string])[] = [
  ['http', 'Before anything else: HTTP itself'],
  ['api', 'At the protected API'],
  ['authorization-server', 'At the authorization server'],
  ['client', 'In the client, which has to refuse too'],
]

/** What the client does, by the catalogue's verb. */
const verbs: Readonly<Record<ClientVerb, string>> = {
  AUTH: 'gets a credential and tries again',
  REFRESH: 'refreshes its token once; if that fails, asks the person to sign in',
  REAUTH: 'asks for a new authorization with the scopes it had and the ones named',
  STEPUP: 'asks for a sign-in as strong or as recent as the challenge says',
  PROOF: 'makes a new proof and tries once more',
  NONCE: 'makes a new proof with the given nonce and tries once more',
  WAIT: 'waits, then tries again',
  FIX: 'cannot help itself: a programmer has to change the request',
  ASK: 'asks the person',
  STOP: 'stops',
  OPS: 'cannot help itself: the operator has to be told',
  DONE: 'is done',
}

export function refusalsPage(entries: readonly RefusalEntry[]): string {
  const groups = places
    .map(([arises, heading]) => ({
      arises,
      heading,
      members: entries.filter((entry) => entry.arises === arises),
    }))
    .filter(({ members }) => members.length > 0)
  const children = html`
    <section>
      <h1>Refusals</h1>
      <p class="lead">
        Every way this server says no: ${entries.length} of them. Each has one id, one status and at
        most one error code, and says what to do next.
      </p>
      <p class="quiet">
        Programs get this list as JSON: <code>curl -H "Accept: application/json"</code>.
      </p>
      <ul>
        ${groups.map(({ arises, heading }) => html`<li><a href=${`#${arises}`}>${heading}</a></li>`)}
      </ul>
    </section>
    ${groups.map(
      ({ arises, heading, members }) => html`
        <section>
          <h2 id=${arises}>${heading}</h2>
          <ul class="catalogue">
            ${members.map(listItem)}
          </ul>
        </section>
      `,
    )}
  `
  return layout({ title: 'Refusals', width: 'wide', children })
}

const listItem = ({ id, status, error, description }: RefusalEntry): VNode => html`
  <li>
    <span class="status">${status || '–'}</span>
    <div>
      <p><a href=${`/refusals/${id}`}>${id}</a> ${error && html`<code>${error}</code>`}</p>
      <p class="quiet">${description}</p>
    </div>
  </li>
`

/** `challenges` are sample `WWW-Authenticate` lines, empty where none is sent. */
export function refusalEntryPage(
  entry: RefusalEntry,
  challenges: readonly string[],
  { hasLab = false } = {},
): string {
  const children = html`
    <section>
      <p><a href="/refusals">All refusals</a></p>
      <h1>${entry.title}</h1>
      ${factList([
        ['id', html`<code class="copy">${entry.id}</code>`],
        ['status', entry.status || 'none: the client refuses'],
        ['error', entry.error && html`<code class="copy">${entry.error}</code>`],
        ['schemes', entry.schemes.join(', ')],
        ['source', citation(entry.spec)],
      ])}
    </section>
    <section>
      <h2>Why</h2>
      <p>${entry.cause}</p>
      <h2>What to do</h2>
      <p>${entry.fix}</p>
      ${factList([
        ['The client', verbs[entry.client]],
        ['The person is told', entry.person],
        ['On the wire', entry.description],
      ])}
      ${challenges.length > 0 && challengeSample(challenges)}
      ${entry.reason && html`<p class="quiet">Not provoked here: ${entry.reason}</p>`}
      ${hasLab && !entry.reason && provokeIt(entry.id)}
    </section>
  `
  return layout({ title: entry.title, width: 'wide', children })
}

const challengeSample = (challenges: readonly string[]): VNode => html`
  <h2>The challenge</h2>
  ${copyable(challenges.map((line) => `WWW-Authenticate: ${line}`).join('\n'))}
`

const provokeIt = (id: RefusalId): VNode => html`
  <h2>Provoke it</h2>
  ${copyable(`npx countersign break ${id}`)}
  <p>Or <a href=${`/lab/break/${id}`}>break a request here</a>, and send it.</p>
`
