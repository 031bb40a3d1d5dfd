/** A person’s browser for the lab: cookies by path, redirects, forms by their fields, over HTTP to this very server. */
import type { Header, RequestParts } from './request.ts'
import { valueOf } from './send.ts'
import type { Answer } from './send.ts'

export type Page = { target: string; answer: Answer }

/** A page of this server, or the address elsewhere that it sent the browser to. */
export type Arrival = { page: Page; landed?: never } | { landed: URL; page?: never }

export type Fields = Readonly<Record<string, string | readonly string[]>>

export type Walk = {
  /** The request that opens an address, with the cookies of this browser. */
  request(target: string): RequestParts
  /** The request that the first form of a page makes, with its hidden fields and these. */
  form(page: Page, fields: Fields): RequestParts
  /** Sends it and follows where it leads, as long as that stays here. */
  follow(request: RequestParts): Promise<Arrival>
  /** Sends it and goes no further; where the answer leads to. */
  step(request: RequestParts): Promise<string>
}

type Cookie = { name: string; value: string; path: string }

const MAX_REDIRECTS = 10

export function createWalk(parts: {
  issuer: string
  exchange: (request: RequestParts) => Promise<Answer>
  /** Told of each sign-in that the server remembers for this browser. */
  onInteraction: (uid: string) => void
  /** Told of each cookie; a session may be nobody's yet. */
  onCookie: (name: string, value: string) => void
}): Walk {
  const { issuer, exchange, onInteraction, onCookie } = parts
  const { host } = new URL(issuer)
  const jar = new Map<string, Cookie>()

  function headersFor(target: string): Header[] {
    const { pathname } = new URL(target, issuer)
    const cookies = [...jar.values()]
      .filter(({ path }) => pathname === path || pathname.startsWith(withSlash(path)))
      .map(({ name, value }) => `${name}=${value}`)
    return [
      ['Host', host],
      ['Accept', 'text/html'],
      ...(cookies.length > 0 ? [['Cookie', cookies.join('; ')] as const] : []),
    ]
  }

  function keepCookies({ headers }: Answer): void {
    for (const [field, line] of headers) {
      if (field.toLowerCase() !== 'set-cookie') continue
      const [pair = '', ...attributes] = line.split(/; */)
      const name = pair.slice(0, pair.indexOf('='))
      const value = pair.slice(pair.indexOf('=') + 1)
      const path =
        attributes.find((one) => one.toLowerCase().startsWith('path='))?.slice('path='.length) ??
        '/'
      const key = `${name} ${path}`
      if (value === '') jar.delete(key)
      else {
        jar.set(key, { name, value, path })
        onCookie(name, value)
      }
    }
  }

  async function visit(request: RequestParts): Promise<{ answer: Answer; next: URL | undefined }> {
    const answer = await exchange(request)
    keepCookies(answer)
    const location = valueOf(answer.headers, 'location')
    if (location === undefined) return { answer, next: undefined }
    const next = new URL(location, issuer)
    const uid = /^\/interaction\/([\w-]+)$/.exec(next.pathname)?.[1]
    if (uid !== undefined) onInteraction(uid)
    return { answer, next }
  }

  const request = (target: string): RequestParts => ({
    method: 'GET',
    target,
    headers: headersFor(target),
  })

  return {
    request,

    form(page, fields) {
      const { action, hidden } = formOf(page)
      const body = new URLSearchParams(hidden)
      for (const [name, value] of Object.entries(fields)) {
        for (const one of [value].flat()) body.append(name, one)
      }
      const type: Header = ['Content-Type', 'application/x-www-form-urlencoded']
      const target = pathOf(new URL(action, new URL(page.target, issuer)))
      return {
        method: 'POST',
        target,
        headers: [...headersFor(target), type],
        body: body.toString(),
      }
    },

    async follow(first) {
      let asked = first
      for (let hops = 0; hops < MAX_REDIRECTS; hops++) {
        const { answer, next } = await visit(asked)
        if (!next) return { page: { target: asked.target, answer } }
        // The demo stands for an app elsewhere: what it is sent is for the caller.
        if (next.origin !== issuer || next.pathname.startsWith('/demo/')) return { landed: next }
        asked = request(pathOf(next))
      }
      throw new Error(`Too many redirects from ${first.target}`)
    },

    async step(asked) {
      const { next, answer } = await visit(asked)
      if (!next) throw new Error(`${asked.target} leads nowhere (${answer.status})`)
      return next.origin === issuer ? pathOf(next) : next.href
    },
  }
}

const pathOf = (url: URL): string => url.pathname + url.search

const withSlash = (path: string): string => (path.endsWith('/') ? path : `${path}/`)

/** The first form of a page: its address and hidden fields. */
function formOf({ target, answer }: Page): { action: string; hidden: [string, string][] } {
  const form = /<form\b([^>]*)>/i.exec(answer.body)
  if (!form) throw new Error(`No form at ${target} (${answer.status})`)
  const hidden = [...answer.body.matchAll(/<input\b[^>]*>/gi)]
    .map(([input]) => input)
    .filter((input) => attributeOf(input, 'type') === 'hidden')
    .map((input): [string, string] => [attributeOf(input, 'name'), attributeOf(input, 'value')])
  return { action: attributeOf(form[1] ?? '', 'action') || target, hidden }
}

/** Our own pages quote every attribute. */
function attributeOf(tag: string, name: string): string {
  const value = new RegExp(`\\s${name}="([^"]*)"`, 'i').exec(` ${tag}`)?.[1] ?? ''
  return value.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&')
}
