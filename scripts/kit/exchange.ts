/** One request and its answer, compared with what it should be, and shown. */
import { setTimeout as pause } from 'node:timers/promises'
import { shorten, type Show, type Shown } from './show.ts'

export type Expectation = {
  title: string
  status: number
  says: string
  spec: string
  /** Response headers to show. */
  show?: readonly string[]
  /** Request headers to show; `Authorization` always is. */
  send?: readonly string[]
  /** The body, or what of it is worth a look. */
  body?: (body: unknown) => unknown
  /** A sentence when something else than the status is not as it should be. */
  check?: (answer: Answer) => string | undefined
  /** Seconds after which to ask once more, when this is not the answer to wait for; only the last one is shown. */
  again?: (answer: Answer) => number | undefined
}

export type Answer = {
  status: number
  headers: Headers
  text: string
  json: Record<string, unknown>
}

export async function exchange(
  show: Show,
  url: string | URL,
  init: RequestInit & { body?: string },
  expected: Expectation,
): Promise<Answer> {
  const request = new Request(url, { ...init, redirect: 'manual' })
  for (;;) {
    const response = await fetch(request.clone())
    const text = await response.text()
    const answer = { status: response.status, headers: response.headers, text, json: parse(text) }
    const seconds = expected.again?.(answer)
    if (seconds === undefined) {
      showAnswer(show, request, init.body, answer, expected)
      return answer
    }
    await pause(seconds * 1000)
  }
}

/** For an exchange that something else, such as a browser, has already had. */
export function showAnswer(
  show: Show,
  request: Pick<Request, 'method' | 'url' | 'headers'>,
  body: string | undefined,
  answer: Answer,
  expected: Expectation,
): void {
  const wrong =
    answer.status !== expected.status
      ? `the status is ${answer.status}, not ${expected.status}: ${answer.text.slice(0, 300)}`
      : expected.check?.(answer)
  const shownBody = expected.body?.(isJson(answer) ? answer.json : answer.text)
  const shown: Shown = {
    title: expected.title,
    request: {
      method: request.method,
      url: shorten(request.url),
      headers: pick(request.headers, ['authorization', ...(expected.send ?? [])]),
      ...(body !== undefined && { body: shorten(readable(request, body)) }),
    },
    response: {
      status: answer.status,
      headers: pick(answer.headers, expected.show ?? []),
      ...(shownBody !== undefined && {
        body: shorten(typeof shownBody === 'string' ? shownBody : linesOf(shownBody)),
      }),
    },
    says: expected.says,
    spec: expected.spec,
    ...(wrong !== undefined && { wrong }),
  }
  show.exchange(shown)
}

/** A form without its escapes. */
const readable = ({ headers }: Pick<Request, 'headers'>, body: string): string =>
  headers.get('content-type')?.includes('json')
    ? body
    : decodeURIComponent(body.replaceAll('+', ' '))

const pick = (headers: Headers, names: readonly string[]): [string, string][] =>
  names.flatMap((name): [string, string][] => {
    const value = headers.get(name)
    if (value === null) return []
    return linesOnTheWire(name, value).map((line) => [titleCase(name), shorten(line)])
  })

/** Challenges come a line each, and fetch makes one of them. */
const linesOnTheWire = (name: string, value: string): string[] =>
  name === 'www-authenticate' ? value.split(/, (?=(?:Bearer|DPoP|Basic|Digest) )/) : [value]

const SPELT: Readonly<Record<string, string>> = {
  'www-authenticate': 'WWW-Authenticate',
  dpop: 'DPoP',
  'dpop-nonce': 'DPoP-Nonce',
}

const titleCase = (name: string): string =>
  SPELT[name] ?? name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())

/** An object, one member a line. */
const linesOf = (body: unknown): string =>
  Object.entries(body as Record<string, unknown>)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('\n')

const isJson = (answer: Answer): boolean =>
  answer.headers.get('content-type')?.includes('json') ?? false

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}
