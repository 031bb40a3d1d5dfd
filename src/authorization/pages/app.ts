/** How our pages name the app that a person came from. */
import type { VNode } from 'preact'
import { html, safeUrl } from '../../web/html.ts'
import { nameOf } from '../../web/parts.ts'

/** The app as it registered itself. Its logo is not shown: that would be a fetch from outside. */
export type App = {
  name: string
  /** Its own home page; only an http or https one is shown. */
  uri?: string | undefined
  /** Where the document is that the app is known by; nobody registered it here. */
  host?: string | undefined
}

/** The host of the app's home page: a name can be anybody's, an address says a little more. */
export function appAddress({ uri, host: documentHost }: App): VNode | undefined {
  if (documentHost !== undefined) {
    return html`<p>
      It is the app of <strong>${documentHost}</strong>; its name is only what it calls itself. Go
      on only if you know that address.
    </p>`
  }
  if (uri === undefined || safeUrl(uri) === undefined) {
    return undefined
  }
  const host = URL.parse(uri)?.host
  return host ? html`<p class="quiet">Its address: <a href=${uri}>${host}</a></p>` : undefined
}

export const appName = ({ name }: App): VNode => nameOf(name)
