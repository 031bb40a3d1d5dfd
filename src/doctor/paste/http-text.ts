/** HTTP messages as text: a request, an answer, header lines, or what `curl -v` prints of both. */
import type { WrittenRequest } from './written-request.ts'

export type WrittenAnswer = {
  /** Absent where only header lines were given. */
  status?: number
  headers: [name: string, value: string][]
  body: string
}

const REQUEST_LINE = /^([A-Za-z]{3,20}) (\S+)(?: (HTTP\/\d(?:\.\d)?))?$/
const METHODS = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT)$/
const STATUS_LINE = /^HTTP\/\d(?:\.\d)? (\d{3})(?: .*)?$/
const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*:[ \t]*(.*)$/

/** Undefined where the text does not begin with a request line. */
export function readRequest(text: string): WrittenRequest | undefined {
  const [first = '', ...lines] = text.split(/\r?\n/)
  const [, method = '', target = '', version] = REQUEST_LINE.exec(first.trim()) ?? []
  const looksLikeOne =
    version !== undefined || (METHODS.test(method) && /^(\/|https?:\/\/)/.test(target))
  if (method === '' || !looksLikeOne) return undefined
  const { headers, body } = readFields(lines)
  return {
    method,
    url: target,
    headers,
    ...(body !== '' && { body }),
    proxied: false,
    variables: [],
  }
}

/** Undefined where the text does not begin with a status line. */
export function readAnswer(text: string): WrittenAnswer | undefined {
  const [first = '', ...lines] = text.split(/\r?\n/)
  const status = STATUS_LINE.exec(first.trim())?.[1]
  if (status === undefined) return undefined
  const answer = { status: Number(status), ...readFields(lines) }
  // "100 Continue" stands before the answer, and so does that of a proxy.
  const next = /(?:^|\n)(HTTP\/\d[^]*)$/.exec(answer.body)?.[1]
  return next !== undefined && (status.startsWith('1') || status === '200')
    ? (readAnswer(next) ?? answer)
    : answer
}

/** Lines of the form `Name: value` and nothing else; undefined otherwise. */
export function readHeaderLines(text: string): [name: string, value: string][] | undefined {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  const { headers, body } = readFields(lines)
  return headers.length > 0 && body === '' ? headers : undefined
}

/** Both halves of what `curl -v` prints; undefined where it is no such print. */
export function readTranscript(
  text: string,
): { request: WrittenRequest | undefined; answer: WrittenAnswer | undefined } | undefined {
  const lines = text.split(/\r?\n/)
  const marked = (mark: string) =>
    lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(1).replace(/^ /, ''))
  const sent = marked('>')
  const received = marked('<')
  if (sent.length + received.length < 2) return undefined
  const request = readRequest(sent.join('\n'))
  const answer = readAnswer(received.join('\n'))
  return request || answer ? { request, answer } : undefined
}

/** Header lines up to the first empty one; a line that begins with white space continues the one before. */
function readFields(lines: readonly string[]): {
  headers: [name: string, value: string][]
  body: string
} {
  const headers: [string, string][] = []
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '')
      return {
        headers,
        body: lines
          .slice(index + 1)
          .join('\n')
          .trim(),
      }
    const [, name, value] = FIELD.exec(line.trimEnd()) ?? []
    const before = headers.at(-1)
    if (/^[ \t]/.test(line) && before) before[1] += ` ${line.trim()}`
    else if (name !== undefined && value !== undefined) headers.push([name, value])
    else return { headers, body: lines.slice(index).join('\n').trim() }
  }
  return { headers, body: '' }
}
