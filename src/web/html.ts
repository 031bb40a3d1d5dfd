/** Markup on the server: the `html` tag, which escapes all text and drops unsafe links, and `render`. */
import htm from 'htm'
import { h, type ComponentChildren, type ComponentType, type VNode } from 'preact'
import { render as renderToString } from 'preact-render-to-string'

/** Whatever may stand inside an element. */
export type Markup = ComponentChildren

type Properties = Record<string, unknown>
type Bind = (
  create: (type: string, properties: Properties | null, ...children: Markup[]) => VNode,
) => (strings: TemplateStringsArray, ...values: unknown[]) => VNode

const urlAttributes = ['href', 'src', 'action', 'formaction'] as const

/**
 * The value itself when a browser would read it as http or https (relative ones are), else undefined:
 * `javascript:` and `data:` links never reach a page.
 */
export function safeUrl(value: string): string | undefined {
  const url = URL.parse(value, 'https://relative.invalid/')
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? value : undefined
}

function createElement(
  type: string | ComponentType<Properties>,
  properties: Properties | null,
  ...children: Markup[]
): VNode {
  const checked: Properties = { ...properties }
  for (const name of urlAttributes) {
    const value = checked[name]
    if (value !== undefined) {
      checked[name] = typeof value === 'string' ? safeUrl(value) : undefined
    }
  }
  return h(type as string, checked, ...children)
}

// htm declares its default export as a namespace under nodenext, so `bind` is invisible to the compiler.
const tag = (htm as unknown as { bind: Bind }).bind(createElement)

/**
 * htm drops a line break between text and an element, HTML reads it as a space, and the formatter
 * breaks lines as HTML would. So line breaks inside become spaces before htm sees them. htm caches by the
 * identity of the strings, hence the map.
 */
const unbroken = new WeakMap<TemplateStringsArray, TemplateStringsArray>()

export function html(strings: TemplateStringsArray, ...values: unknown[]): VNode {
  let joined = unbroken.get(strings)
  if (!joined) {
    const last = strings.length - 1
    const parts = strings.map((part, index) => {
      const opened = index === 0 ? part.replace(/^\s*\n\s*/, '') : part
      const closed = index === last ? opened.replace(/\s*\n\s*$/, '') : opened
      return closed.replace(/\s*\n\s*/g, ' ')
    })
    joined = Object.assign(parts, { raw: parts })
    unbroken.set(strings, joined)
  }
  return tag(joined, ...values)
}

/** Markup that is already HTML and was made by us or by the engine; never text of a stranger. */
export const trusted = (markup: string): VNode =>
  html`<div dangerouslySetInnerHTML=${{ __html: markup }} />`

export const render = (markup: VNode): string => renderToString(markup)
