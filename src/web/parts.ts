/** Small pieces that several pages share. */
import type { VNode } from 'preact'
import { html, safeUrl, type Markup } from './html.ts'
import { readableName } from './readable.ts'

/** A stranger's name: kept apart, so that its writing direction does not turn our own words around. */
export const nameOf = (name: string): VNode => html`<bdi class="name">${readableName(name)}</bdi>`

/** Label and value pairs; those without a value are left out. */
export function factList(facts: readonly (readonly [label: Markup, value: Markup])[]): VNode {
  const known = facts.filter(
    ([, value]) => value !== undefined && value !== null && value !== false && value !== '',
  )
  return html`
    <dl>
      ${known.map(
        ([label, value]) =>
          html`<div>
            <dt>${label}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
  `
}

/** A link that looks like a button, when the address is one we show. */
export const buttonLink = (href: string, label: Markup): VNode | undefined =>
  safeUrl(href) === undefined ? undefined : html`<a class="button" href=${href}>${label}</a>`

/** Text to copy: one click selects it all, long lines wrap. */
export const copyable = (text: string): VNode => html`<pre class="copy"><code>${text}</code></pre>`

/** The first sentence, and what follows it. */
export function splitSentence(text: string): [first: string, rest: string] {
  const end = /[.?!](?=\s)/.exec(text)
  return end ? [text.slice(0, end.index + 1), text.slice(end.index + 1).trim()] : [text, '']
}

/** A citation such as "RFC 6749 §5.2, §6; RFC 7636 §4.6", each part leading to the RFC's own text. */
export function citation(text: string): Markup {
  return text.split('; ').flatMap((source, index) => [index > 0 && '; ', ...citedSource(source)])
}

function citedSource(source: string): Markup[] {
  const number = /^RFC (\d+)/.exec(source)?.[1]
  if (number === undefined) {
    return [source]
  }
  const rfc = `https://www.rfc-editor.org/rfc/rfc${number}`
  return source.split(', ').flatMap((place, index) => {
    const section = /§([\d.]+)$/.exec(place)?.[1]
    const href = section === undefined ? rfc : `${rfc}#section-${section}`
    return [index > 0 && ', ', html`<a href=${href}>${place}</a>`]
  })
}
