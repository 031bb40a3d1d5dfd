/** The frame of every page: head, word mark, one column. */
import type { VNode } from 'preact'
import { iconAsset, styleAsset } from './assets.ts'
import { html, render, type Markup } from './html.ts'
import { mark } from './icon.ts'

export type LayoutProps = {
  /** Names the page in the browser's tab; also what screen readers say first. */
  title: string
  /** `narrow` for a question to a person, `wide` for reading. */
  width: 'narrow' | 'wide'
  children: Markup
}

/** A whole HTML document. */
export function layout({ title, width, children }: LayoutProps): string {
  const document = html`
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${title} · Countersign</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <link rel="icon" href=${iconAsset().path} type="image/svg+xml" />
        <link rel="stylesheet" href=${styleAsset().path} />
      </head>
      <body class=${width}>
        <header>${wordMark(width)}</header>
        <main>${children}</main>
      </body>
    </html>
  `
  return `<!doctype html>${render(document)}`
}

// A person in the middle of a sign-in needs no way out to a page for developers.
function wordMark(width: LayoutProps['width']): VNode {
  return width === 'wide'
    ? html`<a class="word-mark" href="/">${mark()}<span>Countersign</span></a>`
    : html`<p class="word-mark">${mark()}<span>Countersign</span></p>`
}
