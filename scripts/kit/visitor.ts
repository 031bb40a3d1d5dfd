/** Whoever sits at the browser: a made-up person played by the script, or the reader. */
import { setTimeout as pause } from 'node:timers/promises'
import { checkboxesOf, createBrowser, type Browser, type Exchange, type Page } from './browser.ts'
import { showAnswer, type Expectation } from './exchange.ts'
import type { Loopback } from './loopback.ts'
import type { Show } from './show.ts'

export type Answers = {
  /** Who signs in, alice unless said otherwise. */
  login?: string
  /** Boxes left ticked at the consent page; all of them unless said otherwise. */
  allow?: readonly string[]
  /** The button at the consent page. */
  deny?: boolean
  /** What a reader is told to do there, where it is not to sign in and to allow. */
  task?: string
}

/** What a step of the browser's way means; a step without a text is told in a few words. */
export type Told = Partial<
  Record<
    'request' | 'confirm' | 'login' | 'consent' | 'signOut' | 'withdraw',
    Omit<Expectation, 'status'> & {
      /** 303 unless said otherwise. */
      status?: number
    }
  >
>

export type Visitor = {
  /** Opens the address, answers the pages that come, and ends where the app is called back, or a device goes on. */
  visit(url: URL, answers?: Answers, told?: Told): Promise<URL>
  /** The same where nobody is called back; does not wait for a reader to come to the end. */
  send(url: URL, answers?: Answers, told?: Told): Promise<void>
  /** Takes back, on the page for it, what an app was allowed; does not wait for a reader to do it. */
  withdraw(app: { id: string; name: string }, told?: Told): Promise<void>
  /** Absent when the reader's own browser is used. */
  browser?: Browser
}

export const PASSWORDS: Readonly<Record<string, string>> = {
  alice: 'wonderland',
  bob: 'builder',
}

export function createPlayedVisitor(origin: string, show: Show): Visitor {
  const seen: Exchange[] = []
  const browser = createBrowser(origin, (exchange) => seen.push(exchange))

  /** The first request of a step, when it has a text, and else a note of what was done. */
  function tell(text: Told[keyof Told], note?: string): void {
    const [first] = seen.splice(0)
    if (first && text) {
      const { request, response, body } = first
      const answer = { status: response.status, headers: response.headers, text: first.text }
      showAnswer(show, request, body, { ...answer, json: {} }, { status: 303, ...text })
    } else if (note !== undefined) show.note(note)
  }

  async function secondStep(page: Page, name: string) {
    for (let shown = page, tries = 0; tries < 20; tries++) {
      const code = /<code class="copy">(\d{6})</.exec(shown.text)?.[1]
      if (code !== undefined) {
        const next = await browser.submit(shown, { code })
        tell(undefined, `${name} types the code that the page shows made-up people`)
        return next
      }
      show.note('each code counts once: waiting for the next one …')
      await pause(5000)
      shown = (await browser.open(page.url)).page ?? shown
    }
    throw new Error('the page shows no code')
  }

  const visitor: Visitor = {
    browser,
    async visit(url, { login = 'alice', allow, deny = false } = {}, told = {}) {
      const name = login.charAt(0).toUpperCase() + login.slice(1)
      seen.length = 0
      let arrival = await browser.open(url)
      tell(told.request)
      while (arrival.page) {
        const { page } = arrival
        if (page.text.includes('name="password"')) {
          arrival = await browser.submit(page, { login, password: PASSWORDS[login] ?? '' })
          tell(told.login, `${name} signs in`)
        } else if (page.text.includes('name="code"')) {
          arrival = await secondStep(page, name)
        } else if (page.text.includes('name="user_code"') && page.text.includes('value="deny"')) {
          arrival = await browser.submit(page, {}, ['decision', deny ? 'deny' : 'allow'])
          tell(told.confirm, `${name} compares the code, and says ${deny ? 'no' : 'yes'}`)
        } else if (page.text.includes('value="deny"')) {
          const boxes = checkboxesOf(page, 'scope').map(({ value }) => value)
          const scope = boxes.filter((one) => allow?.includes(one) ?? true)
          arrival = await browser.submit(page, { scope }, ['decision', deny ? 'deny' : 'allow'])
          const asked = boxes.length > 0 ? `asked for ${boxes.join(', ')}, ` : ''
          const said = deny ? 'says no' : `allows ${scope.join(', ') || 'it'}`
          tell(told.consent, `${asked}${name} ${said}`)
        } else if (page.text.includes('name="logout"')) {
          arrival = await browser.submit(page, {}, ['logout', 'yes'])
          tell(told.signOut, `${name} signs out`)
        } else if (page.text.includes('You can go back to your device.')) {
          return page.url
        } else throw new Error(`an unexpected page at ${page.url.pathname} (${page.status})`)
      }
      return arrival.landed
    },

    async send(url, answers, told) {
      await visitor.visit(url, answers, told)
    },

    async withdraw({ id, name }, told = {}) {
      seen.length = 0
      const { page } = await browser.open('/account')
      const form = page?.text
        .split(/(?=<form\b)/)
        .find((part) => part.includes(`name="client_id" value="${id}"`))
      if (!page || form === undefined) throw new Error(`/account does not show ${name}`)
      tell(told.request)
      await browser.submit({ ...page, text: form }, {}, ['decision', 'withdraw'])
      tell(told.withdraw, `on /account, access is taken back from ${name}`)
    },
  }
  return visitor
}

export function createReader(origin: string, loopback: Loopback, show: Show): Visitor {
  let where = 'a private window of your browser'

  function open(url: URL, task: string): void {
    show.note('')
    show.note(`Open this in ${where}: ${url.href}`)
    show.note(task)
    // Another window would know nothing of the sign-in.
    where = 'the same window'
  }

  function send(url: URL, { login = 'alice', allow, deny = false, task }: Answers = {}): void {
    const consent = deny
      ? 'deny'
      : allow === undefined
        ? 'allow everything'
        : `leave only this ticked: ${allow.join(', ') || 'nothing'}`
    const password = PASSWORDS[login] ?? ''
    open(
      url,
      task ?? `If asked, sign in as ${login} with ${password}; at the consent page ${consent}.`,
    )
  }

  return {
    async visit(url, answers) {
      send(url, answers)
      return loopback.next()
    },
    send: async (url, answers) => send(url, answers),
    withdraw: async ({ name }) =>
      open(new URL('/account', origin), `Below "${name}" press "Take back access".`),
  }
}
