/** A browser without a window, for scripts and tests: cookies by path, redirects, forms by their fields. */

export type Page = {
  url: URL
  status: number
  headers: Headers
  text: string
}

/** Where a chain of redirects left the server: the address of the client, with what it was told. */
export type Landing = { landed: URL; page?: never }
export type Arrival = Landing | { page: Page; landed?: never }

export type Exchange = { request: Request; body?: string; response: Response; text: string }

export type Browser = {
  /** Opens an address and follows redirects for as long as they stay on this origin. */
  open(url: string | URL): Promise<Arrival>
  /** Sends the page's form with its own hidden fields, these fields, and one button. */
  submit(page: Page, fields: Fields, button?: [name: string, value: string]): Promise<Arrival>
  /** Name and value of the cookies held, for looking at them. */
  cookies(): { name: string; value: string; path: string }[]
}

type Fields = Record<string, string | readonly string[]>
type Cookie = { name: string; value: string; path: string }

export function createBrowser(
  origin: string,
  watch: (exchange: Exchange) => void = () => undefined,
): Browser {
  const jar: Cookie[] = []

  function cookieHeader(url: URL): string {
    return jar
      .filter(({ path }) => url.pathname === path || url.pathname.startsWith(withSlash(path)))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
  }

  function keepCookies(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(/; */)
      const name = pair.slice(0, pair.indexOf('='))
      const value = pair.slice(pair.indexOf('=') + 1)
      const attribute = (wanted: string) =>
        attributes
          .find((one) => one.toLowerCase().startsWith(`${wanted}=`))
          ?.slice(wanted.length + 1)
      const path = attribute('path') ?? '/'
      const known = jar.findIndex((cookie) => cookie.name === name && cookie.path === path)
      if (known >= 0) jar.splice(known, 1)
      const expires = attribute('expires')
      const over = value === '' || (expires !== undefined && new Date(expires).getTime() === 0)
      if (!over) jar.push({ name, value, path })
    }
  }

  async function send(url: URL, init: RequestInit & { body?: string } = {}): Promise<Arrival> {
    for (let hops = 0, target = url, next = init; hops < 10; hops++) {
      if (target.origin !== origin) return { landed: target }
      const headers = new Headers(next.headers)
      headers.set('accept', 'text/html,application/xhtml+xml')
      const cookies = cookieHeader(target)
      if (cookies) headers.set('cookie', cookies)
      const request = new Request(target, { ...next, headers, redirect: 'manual' })
      const response = await fetch(request.clone())
      const text = await response.text()
      keepCookies(response)
      watch({ request, response, text, ...(next.body !== undefined && { body: next.body }) })
      const location = response.headers.get('location')
      if (location === null) {
        return { page: { url: target, status: response.status, headers: response.headers, text } }
      }
      target = new URL(location, target)
      next = {}
    }
    throw new Error(`too many redirects from ${url.href}`)
  }

  return {
    open: (url) => send(new URL(url, origin)),
    submit(page, fields, button) {
      const form = formOf(page)
      const body = new URLSearchParams(form.hidden)
      for (const [name, value] of Object.entries(fields)) {
        for (const one of [value].flat()) body.append(name, one)
      }
      if (button) body.append(...button)
      return send(new URL(form.action, page.url), {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          origin,
          'sec-fetch-site': 'same-origin',
        },
        body: body.toString(),
      })
    },
    cookies: () => [...jar],
  }
}

/** The first form of a page: its address and hidden fields. */
export function formOf(page: Page): { action: string; hidden: [string, string][] } {
  const form = /<form\b([^>]*)>/i.exec(page.text)
  if (!form) throw new Error(`no form on ${page.url.href} (${page.status}):\n${page.text}`)
  const hidden = [...page.text.matchAll(/<input\b[^>]*>/gi)]
    .map(([input]) => input)
    .filter((input) => attributeOf(input, 'type') === 'hidden')
    .map((input): [string, string] => [attributeOf(input, 'name'), attributeOf(input, 'value')])
  return { action: attributeOf(form[1] ?? '', 'action') || page.url.pathname, hidden }
}

/** The values of the checkboxes of this name, as they stand on the page. */
export const checkboxesOf = (page: Page, name: string): { value: string; checked: boolean }[] =>
  [...page.text.matchAll(/<input\b[^>]*>/gi)]
    .map(([input]) => input)
    .filter((i) => attributeOf(i, 'type') === 'checkbox' && attributeOf(i, 'name') === name)
    .map((input) => ({
      value: attributeOf(input, 'value'),
      checked: /\schecked(?=[\s/>=])/.test(input),
    }))

function attributeOf(tag: string, name: string): string {
  const value = new RegExp(`\\s${name}=(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i').exec(` ${tag}`)
  return unescapeHtml(value?.[1] ?? value?.[2] ?? value?.[3] ?? '')
}

const unescapeHtml = (text: string): string =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')

const withSlash = (path: string): string => (path.endsWith('/') ? path : `${path}/`)
