/** How a script shows an exchange: method, address, status, the headers that matter, secrets shortened, one sentence. */
import { STATUS_CODES } from 'node:http'
import { styleText } from 'node:util'

export type Shown = {
  /** What is done, in a few words. */
  title: string
  request: { method: string; url: string; headers: [string, string][]; body?: string }
  response: { status: number; headers: [string, string][]; body?: string }
  /** What it means, in one or two sentences. */
  says: string
  spec: string
  /** What the answer should have been and was not; absent when all is well. */
  wrong?: string
}

export type Show = {
  chapter(title: string): void
  exchange(shown: Shown): void
  note(text: string): void
  /** How many exchanges were not what they should be. */
  wrong(): number
}

/** Everything as one JSON document a line. */
export function createJsonShow(write: (text: string) => void): Show {
  let wrong = 0
  const line = (value: unknown) => write(`${JSON.stringify(value)}\n`)
  return {
    chapter: (title) => line({ chapter: title }),
    exchange(shown) {
      if (shown.wrong !== undefined) wrong++
      line(shown)
    },
    note: (text) => line({ note: text }),
    wrong: () => wrong,
  }
}

export function createTextShow(write: (text: string) => void, colour: boolean): Show {
  let wrong = 0
  let count = 0
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    colour ? styleText(style, text, { validateStream: false }) : text
  const statusStyle = (status: number) =>
    status < 300 ? 'green' : status < 400 ? 'cyan' : status < 500 ? 'yellow' : 'red'

  return {
    chapter: (title) => write(`\n${paint('bold', title)}\n`),
    note: (text) =>
      write(text === '' ? '\n' : wrap(text, 4).replace(/\S.*/g, (line) => paint('dim', line))),
    exchange(shown) {
      const { request, response } = shown
      count++
      write(`\n${String(count).padStart(3)} ${paint('bold', shown.title)}\n`)
      const [path, parameters] = addressOf(request.url)
      write(`    ${request.method} ${path}\n`)
      for (const parameter of parameters) write(`      ${paint('dim', parameter)}\n`)
      for (const [name, value] of request.headers)
        write(wrap(`${name}: ${value}`, 6).replace(/\S.*/g, (line) => paint('dim', line)))
      if (request.body !== undefined) {
        for (const part of partsOf(request.body)) write(`      ${paint('dim', part)}\n`)
      }
      const reason = STATUS_CODES[response.status] ?? ''
      write(`    ${paint(statusStyle(response.status), `← ${response.status} ${reason}`)}\n`)
      for (const [name, value] of response.headers) {
        write(wrap(`${name}: ${value}`, 6).replace(name, paint('cyan', name)))
      }
      if (response.body !== undefined) write(wrap(response.body, 6))
      write(wrap(`${shown.says} (${shown.spec})`, 4))
      if (shown.wrong !== undefined) {
        wrong++
        write(`    ${paint('red', `NOT AS IT SHOULD BE: ${shown.wrong}`)}\n`)
      }
    },
    wrong: () => wrong,
  }
}

/** Shortens what opens a door: enough is left to recognise it, not enough to use it. */
export function shorten(text: string): string {
  return text
    .replace(
      /eyJ[\w-]{4}[\w-]*\.[\w-]+\.[\w-]*/g,
      (token) => `${token.slice(0, 8)}…${token.slice(-4)}`,
    )
    .replace(/(Basic )(?!realm=)[\w+/=-]{6,}/g, '$1…')
    .replace(/((?:Bearer|DPoP) [\w.~+/-]{4})[\w.~+/=-]{16,}/g, '$1…')
    .replace(/((?:^|[?&])(?:password|client_secret)(?:=|: )).*?(?=&|$)/gm, '$1…')
    .replace(
      /((?:^|[?&"])(?:(?:device_)?code|refresh_token|access_token|id_token|code_verifier|id_token_hint|xsrf|token|registration_access_token|(?:subject|actor)_token)(?:=|":"|: ))([\w.~%+-]{4})[\w.~%+-]{5,}/gm,
      '$1$2…',
    )
}

/** A form's fields, or the lines of a JSON document. */
function partsOf(body: string): string[] {
  if (!body.startsWith('{')) return body.split('&')
  const short = body.length < 80
  return short ? [body] : JSON.stringify(JSON.parse(body), undefined, 2).split('\n')
}

/** The path, and one line for each parameter. */
function addressOf(url: string): [path: string, parameters: string[]] {
  const { pathname, searchParams } = new URL(url)
  const path = pathname
    .split('/')
    .map((part) => (/^[\w-]{30,}$/.test(part) ? `${part.slice(0, 4)}…` : part))
    .join('/')
  const separator = (at: number) => (at === 0 ? '?' : '&')
  return [
    path,
    [...searchParams].map(([name, value], at) => `${separator(at)}${shorten(`${name}=${value}`)}`),
  ]
}

/** Breaks at spaces so that lines stay within the columns; continuation lines are indented a little more. */
export function wrap(text: string, indent: number, columns = 98): string {
  const lines: string[] = []
  for (const paragraph of text.split('\n')) {
    let line = ''
    // A short quoted string, such as a scope of two, stays in one piece.
    for (const word of paragraph.match(/(?:="[^"]{0,60}"|\S)+/g) ?? []) {
      if (line !== '' && line.length + 1 + word.length > columns - indent - 2) {
        lines.push(line)
        line = `  ${word}`
      } else line = line === '' ? word : `${line} ${word}`
    }
    lines.push(line)
  }
  return lines.map((line) => `${' '.repeat(indent)}${line}\n`).join('')
}
