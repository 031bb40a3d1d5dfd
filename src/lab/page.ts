/** The pages of the lab: every refusal with a button that provokes it, and a form that mints a token. */
import type { VNode } from 'preact'
import { refusalIds, rowOf } from '../refusals/catalogue.ts'
import type { RefusalId } from '../refusals/catalogue.ts'
import { html } from '../web/html.ts'
import { layout } from '../web/layout.ts'
import { copyable, factList } from '../web/parts.ts'
import { visibleText } from '../web/readable.ts'
import type { ExpectedAnswer } from './breakages/expected.ts'
import type { Provocation, Provoked } from './lab.ts'
import type { MintedToken } from './mint.ts'

export type LabPageProps = {
  people: readonly string[]
  clients: readonly string[]
  audiences: readonly { identifier: string; scopes: readonly string[] }[]
  /** What was typed, and what is wrong with it. */
  failed?: { fields: Readonly<Record<string, string>>; faults: readonly string[] }
}

export function labPage(props: LabPageProps): string {
  const children = html`
    <section>
      <h1>The lab</h1>
      <p class="lead">
        Everything a client can meet here, on order: good tokens for anybody, and every refusal.
      </p>
      <p class="quiet">
        From a terminal: <code>npx countersign mint</code> and <code>npx countersign break</code>.
        Only the local profile has a lab.
      </p>
    </section>
    ${mintSection(props)}
    <section>
      <h2>Break it</h2>
      <p>
        Each button makes a good request, breaks it in one way, sends it to this server and shows
        the answer. What a breakage needs is made up for it and removed again.
      </p>
      <ul class="catalogue lab">
        ${refusalIds.map(refusalItem)}
      </ul>
    </section>
  `
  return layout({ title: 'The lab', width: 'wide', children })
}

function refusalItem(id: RefusalId): VNode {
  const { status, title, reason } = rowOf(id)
  return html`
    <li>
      <span class="status">${status || '–'}</span>
      <div>
        <p><a href=${`/refusals/${id}`}>${id}</a></p>
        <p class="quiet">${reason ? `Not provoked here: ${reason}` : title}</p>
      </div>
      ${
        !reason &&
        html`
          <form method="post" action=${`/lab/break/${id}`}>
            <button class="second" aria-label=${`Break it: ${id}`}>Break it</button>
          </form>
        `
      }
    </li>
  `
}

function mintSection({ people, clients, audiences, failed }: LabPageProps): VNode {
  const { fields = {}, faults = [] } = failed ?? {}
  const field = (name: string, label: string, placeholder: string, list?: string): VNode => html`
    <label>
      ${label}
      <input
        name=${name}
        value=${fields[name]}
        placeholder=${placeholder}
        list=${list}
        autocomplete="off"
        autocapitalize="none"
        spellcheck=${false}
      />
    </label>
  `
  const options = (id: string, values: readonly string[]): VNode => html`
    <datalist id=${id}>${values.map((value) => html`<option value=${value} />`)}</datalist>
  `
  const [first] = audiences
  return html`
    <section>
      <h2>Mint a token</h2>
      <p>Valid as those of a sign-in are, without one. What is left empty is chosen for you.</p>
      ${
        faults.length > 0 &&
        html`
          <div class="alert" role="alert">
            ${faults.map((fault) => html`<div>${visibleText(fault)}</div>`)}
          </div>
        `
      }
      <form method="post" action="/lab/mint">
        ${field('sub', 'Person', people[0] ?? '', 'people')}
        ${field('client_id', 'Client', clients[0] ?? '', 'clients')}
        ${field('audience', 'Audience', first?.identifier ?? '', 'audiences')}
        ${field('scope', 'Scope', first?.scopes.join(' ') ?? '')}
        ${field('expires_in', 'Life in seconds', '300')}
        ${field('acr', 'acr', 'how they signed in')}
        <div class="buttons"><button>Mint</button></div>
      </form>
      ${options('people', people)} ${options('clients', clients)}
      ${options(
        'audiences',
        audiences.map(({ identifier }) => identifier),
      )}
    </section>
  `
}

export function mintedPage(minted: MintedToken): string {
  const children = html`
    <section>
      <p><a href="/lab">The lab</a></p>
      <h1>A token</h1>
      ${copyable(minted.access_token)}
      ${factList([
        ['type', minted.token_type],
        ['lives', `${minted.expires_in} seconds`],
      ])}
      <h2>What it says</h2>
      ${copyable(JSON.stringify(minted.claims, null, 2))}
    </section>
  `
  return layout({ title: 'A token', width: 'wide', children })
}

export function breakPage(provocation: Provocation | Provoked): string {
  const { id, request, curl, expected } = provocation
  const { title, cause, fix } = rowOf(id)
  const children = html`
    <section>
      <p><a href="/lab">The lab</a></p>
      <h1>${title}</h1>
      <p class="lead">${cause}</p>
      <p>${fix} <a href=${`/refusals/${id}`}>More about ${id}</a></p>
    </section>
    <section>
      <h2>The request</h2>
      ${copyable(requestText(request))}
      <details>
        <summary>As a command</summary>
        ${copyable(curl)}
        <p class="quiet">What it needs is there for ten minutes; an outage for one, and once.</p>
      </details>
    </section>
    ${
      'answer' in provocation
        ? answerSection(provocation)
        : html`
            <section>
              <h2>What the answer will be</h2>
              ${copyable(answerText(expected))}
              <form method="post" action=${`/lab/break/${id}`}>
                <div class="buttons"><button>Send it</button></div>
              </form>
            </section>
          `
    }
  `
  return layout({ title, width: 'wide', children })
}

const answerSection = ({ id, answer, same, differences }: Provoked): VNode => html`
  <section>
    <h2>The answer</h2>
    ${copyable(answerText(answer))}
    ${
      same
        ? html`<p>This is the answer that the catalogue promises.</p>`
        : html`
            <div class="alert" role="alert">
              <div>This is not the answer that the catalogue promises.</div>
              ${differences.map((one) => html`<div>${visibleText(one)}</div>`)}
            </div>
          `
    }
    ${whyLink(answer.headers)}
    <form method="post" action=${`/lab/break/${id}`}>
      <div class="buttons"><button class="second">Once more</button></div>
    </form>
  </section>
`

function whyLink(headers: ExpectedAnswer['headers']): VNode | undefined {
  const requestId = headers.find(([name]) => name.toLowerCase() === 'x-request-id')?.[1] ?? ''
  return /^[\w-]+$/.test(requestId)
    ? html`<p><a href=${`/doctor/${requestId}`}>Ask the doctor why</a></p>`
    : undefined
}

function requestText({ method, url, headers, body }: Provocation['request']): string {
  const lines = [`${method} ${url}`, ...headers.map((field) => field.join(': '))]
  return shortened([...lines, ...(body === undefined ? [] : ['', body])].join('\n'))
}

function answerText({ status, headers, body }: ExpectedAnswer): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body, null, 2)
  const lines = [`HTTP/1.1 ${status}`, ...headers.map((field) => field.join(': '))]
  return shortened([...lines, ...(text === '' ? [] : ['', text])].join('\n'))
}

const LONGEST = 4_000

const shortened = (text: string): string =>
  visibleLines(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text)

const visibleLines = (text: string): string => text.split('\n').map(visibleText).join('\n')
