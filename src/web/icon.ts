/** The mark of Countersign, challenge and answer facing each other: as an icon file and inside pages. */
import type { VNode } from 'preact'
import { html } from './html.ts'

const shapes =
  '<rect width="32" height="32" rx="8" fill="#0f5c63"/>' +
  '<path d="M8 9.5l6 6.5-6 6.5M24 9.5L18 16l6 6.5" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/>'

export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${shapes}</svg>`

/** Beside the name, which says the same in words; so hidden from screen readers. */
export const mark = (): VNode => html`
  <svg
    viewBox="0 0 32 32"
    width="24"
    height="24"
    aria-hidden="true"
    dangerouslySetInnerHTML=${{ __html: shapes }}
  />
`
