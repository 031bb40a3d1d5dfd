/** The doctor's pages: a form to paste into, and a diagnosis with its checks, its fix and the next commands. */
import type { VNode } from 'preact'
import { rowOf } from '../refusals/catalogue.ts'
import { html } from '../web/html.ts'
import { layout } from '../web/layout.ts'
import { citation, copyable, factList } from '../web/parts.ts'
import { visibleText } from '../web/readable.ts'
import { firstFailed } from './diagnosis.ts'
import type { Advice, CheckResult, Diagnosis, ExplainedChallenge } from './diagnosis.ts'
import { asText, FORGOTTEN } from './words.ts'

export function doctorPage(): string {
  const children = html`
    <section>
      <h1>Doctor</h1>
      <p class="lead">
        Paste what was refused, and see which check refuses it, on what evidence, and what to do.
      </p>
      ${form()}
    </section>
    <section>
      <h2>What it takes</h2>
      <ul>
        <li>an access token, or what you took for one</li>
        <li>
          a request id, from <code>X-Request-Id</code> or the <code>instance</code> of a problem
        </li>
        <li>a curl command, a raw HTTP request, or an <code>Authorization</code> line</li>
        <li>a <code>WWW-Authenticate</code> line, or a whole answer</li>
        <li>the address an app was sent back to with an error</li>
      </ul>
      <p class="quiet">
        What you paste stays on this machine. It is judged and forgotten; nothing in it is sent or
        run.
      </p>
      <p>From a terminal:</p>
      ${copyable('npx countersign doctor <token|request id>\nnpx countersign doctor - < request.txt')}
    </section>
  `
  return layout({ title: 'Doctor', width: 'wide', children })
}

const form = (): VNode => html`
  <form method="post" action="/doctor">
    <label for="input">Token, request id, command, request or challenge</label>
    <textarea
      id="input"
      name="input"
      rows="8"
      required
      spellcheck="false"
      autocomplete="off"
      autocapitalize="off"
    ></textarea>
    <div class="buttons"><button type="submit">Examine</button></div>
  </form>
`

export function diagnosisPage(diagnosis: Diagnosis): string {
  const { subject, checks, refusal, advice, challenges = [] } = diagnosis
  const failed = firstFailed(checks)
  const title = failed
    ? refusal
      ? rowOf(refusal).title
      : `Wrong: ${failed.name}`
    : 'Nothing wrong was found'
  const children = html`
    <section>
      <p><a href="/doctor">Doctor</a></p>
      <h1>${title}</h1>
      <p class="lead">${visibleText(subject)}</p>
      ${failed && finding(failed)}
    </section>
    <section>
      <h2>The checks, in their order</h2>
      <ol class="checks">
        ${checks.map(checkItem)}
      </ol>
    </section>
    ${challenges.length > 0 && challengesSection(challenges)}
    ${advice.length > 0 && adviceSection(advice)}
    ${
      refusal &&
      html`
        <section>
          <h2>Source</h2>
          <p>${citation(rowOf(refusal).spec)}</p>
          <p><a href=${`/refusals/${refusal}`}>${refusal}</a> in the catalogue of refusals</p>
        </section>
      `
    }
  `
  return layout({ title, width: 'wide', children })
}

/** What is wrong and the way out, before any detail. */
const finding = ({ says, fix }: CheckResult): VNode => html`
  <div class="alert">
    ${says && html`<p>${visibleText(says)}</p>`}
    ${fix && html`<p><strong>What to do:</strong> ${visibleText(fix)}</p>`}
  </div>
`

const MARKS = { passed: '✓', failed: '✗', 'not-reached': '·' } as const
const OUTCOMES = { passed: 'passed', failed: 'failed', 'not-reached': 'not reached' } as const

const checkItem = (check: CheckResult, index: number, all: readonly CheckResult[]): VNode => html`
  <li class=${check.outcome}>
    <span class="mark" aria-hidden="true">${MARKS[check.outcome]}</span>
    <div>
      <p>
        <strong>${visibleText(check.name)}</strong>
        <span class="outcome">${OUTCOMES[check.outcome]}</span>
        ${check.outcome === 'passed' && check.found !== undefined && [' ', value(check.found)]}
      </p>
      ${check.outcome === 'failed' && failedFacts(check, index === firstFailedAt(all))}
    </div>
  </li>
`

/** What is wrong with the first one stands at the top of the page already. */
const failedFacts = ({ expected, found, refusal, says, fix }: CheckResult, isFirst: boolean) =>
  factList([
    ['What is wrong', !isFirst && says && visibleText(says)],
    ['Expected', expected !== undefined && value(expected)],
    ['Found', found !== undefined && value(found)],
    ['What to do', !isFirst && fix && visibleText(fix)],
    ['Refusal', refusal && html`<a href=${`/refusals/${refusal}`}>${refusal}</a>`],
  ])

const firstFailedAt = (all: readonly CheckResult[]): number =>
  all.findIndex(({ outcome }) => outcome === 'failed')

const value = (one: unknown): VNode => html`<code>${visibleText(asText(one))}</code>`

const adviceSection = (advice: readonly Advice[]): VNode => html`
  <section>
    <h2>What to do next</h2>
    ${advice.map(
      ({ says, command }) => html`
        <p>${visibleText(says)}</p>
        ${copyable(visibleLines(command))}
        ${
          /^https?:\/\/\S+$/.test(command) &&
          html`<p><a class="button second" href=${command}>Open it</a></p>`
        }
      `,
    )}
  </section>
`

/** Line ends stay: a command may have several lines. */
const visibleLines = (text: string): string => text.split('\n').map(visibleText).join('\n')

const challengesSection = (challenges: readonly ExplainedChallenge[]): VNode => html`
  <section>
    <h2>The challenge, parameter by parameter</h2>
    ${challenges.map(
      ({ scheme, meaning, source, parameters }) => html`
        <h3>${visibleText(scheme)}</h3>
        <p>${meaning} <span class="quiet">${citation(source)}</span></p>
        ${
          parameters.length > 0 &&
          html`
            <dl>
              ${parameters.map(
                (one) => html`
                  <div>
                    <dt><code>${visibleText(one.name)}</code></dt>
                    <dd>
                      <code>${visibleText(one.value)}</code>
                      <p class="quiet">
                        ${one.meaning} The client ${one.client}. ${citation(one.source)}
                      </p>
                    </dd>
                  </div>
                `,
              )}
            </dl>
          `
        }
      `,
    )}
  </section>
`

export function forgottenPage(): string {
  const children = html`
    <section>
      <h1>Not remembered</h1>
      <p class="lead">${FORGOTTEN}</p>
      <p>
        Send the request once more and take the id of the new answer, or paste the request itself.
      </p>
      <p><a class="button" href="/doctor">To the doctor</a></p>
    </section>
  `
  return layout({ title: 'Not remembered', width: 'wide', children })
}
