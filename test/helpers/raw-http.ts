/** HTTP over a bare socket: what is sent is sent to the byte, what comes back is split but not interpreted. */
import { connect } from 'node:net'

export type RawResponse = {
  status: number
  reason: string
  /** In the order and spelling of the wire; a repeated field stands there as often as it came. */
  headers: [name: string, value: string][]
  /** Without transfer coding, read as UTF-8. */
  body: string
  /** What the server sent after this response: a second answer, or nothing. Complete when `closed`. */
  rest: string
  /** Whether the server closed the connection. It is waited for when the response announced it. */
  closed: boolean
}

type Options = {
  host?: string
  /** Milliseconds without a byte from the server before the exchange fails. */
  timeout?: number
}

/**
 * Sends these bytes (a string: one byte a character, so that U+0000 to U+00FF can be sent) and reads one
 * response; interim 1xx responses are skipped. Rejects when the server hangs up early or stays silent.
 */
export function sendRaw(
  port: number,
  bytes: string | Uint8Array,
  { host = '127.0.0.1', timeout = 10_000 }: Options = {},
): Promise<RawResponse> {
  const request = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes)
  const headersOnly = request.subarray(0, 5).toString('latin1') === 'HEAD '
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host })
    let received = Buffer.alloc(0)
    const finish = (closed: boolean): boolean => {
      try {
        const response = splitResponse(received, headersOnly, closed)
        if (!response) return false
        resolve(response)
      } catch (error) {
        reject(new Error('no HTTP response', { cause: error }))
      }
      socket.destroy()
      return true
    }
    socket.setTimeout(timeout, () => {
      reject(new Error(`silence after ${received.length} bytes: ${received.toString('latin1')}`))
      socket.destroy()
    })
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (!announcesClose(received)) finish(false)
    })
    const onEnd = () => {
      if (finish(true)) return
      reject(new Error(`hung up after ${received.length} bytes: ${received.toString('latin1')}`))
      socket.destroy()
    }
    socket.on('end', onEnd)
    // A server that answers before it has read everything may reset the connection afterwards.
    socket.on('error', onEnd)
    socket.write(request)
  })
}

/** The bytes of a request from its lines; nothing is added but the line ends and the blank line. */
export const requestOf = (lines: readonly string[], body = ''): string =>
  [...lines, '', body].join('\r\n')

/** All values of a field, in order. */
export const headerValues = (response: Pick<RawResponse, 'headers'>, name: string): string[] =>
  response.headers.filter(([n]) => n.toLowerCase() === name.toLowerCase()).map(([, value]) => value)

/** The value of a field that stands there exactly once; undefined when absent, an error when repeated. */
export function headerValue(response: Pick<RawResponse, 'headers'>, name: string) {
  const values = headerValues(response, name)
  if (values.length > 1) throw new Error(`${name} stands there ${values.length} times`)
  return values[0]
}

const BLANK_LINE = '\r\n\r\n'

function announcesClose(received: Buffer): boolean {
  const end = received.indexOf(BLANK_LINE)
  return end === -1 || /\r\nconnection: *close/i.test(received.toString('latin1', 0, end))
}

function splitResponse(
  received: Buffer,
  headersOnly: boolean,
  closed: boolean,
): RawResponse | undefined {
  const headEnd = received.indexOf(BLANK_LINE)
  if (headEnd === -1) return undefined
  const [statusLine = '', ...fieldLines] = received.toString('latin1', 0, headEnd).split('\r\n')
  const [, status = '', reason = ''] = /^HTTP\/1\.1 (\d{3}) (.*)$/.exec(statusLine) ?? []
  if (status === '') throw new Error(`not a status line: ${statusLine}`)
  const payload = received.subarray(headEnd + BLANK_LINE.length)
  if (status.startsWith('1')) return splitResponse(payload, headersOnly, closed)
  const headers = fieldLines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()]
  })
  const head = { status: Number(status), reason, headers, closed }
  const bodiless = headersOnly || status === '204' || status === '304'
  const found = bodiless
    ? { body: Buffer.alloc(0), rest: payload }
    : splitBody(payload, { headers }, closed)
  if (!found) return undefined
  return { ...head, body: found.body.toString('utf8'), rest: found.rest.toString('latin1') }
}

function splitBody(payload: Buffer, head: Pick<RawResponse, 'headers'>, closed: boolean) {
  if (/\bchunked$/i.test(headerValue(head, 'transfer-encoding') ?? '')) return splitChunks(payload)
  const length = headerValue(head, 'content-length')
  if (length === undefined) return closed ? { body: payload, rest: Buffer.alloc(0) } : undefined
  if (payload.length < Number(length)) return undefined
  return { body: payload.subarray(0, Number(length)), rest: payload.subarray(Number(length)) }
}

function splitChunks(payload: Buffer) {
  const parts: Buffer[] = []
  let at = 0
  for (;;) {
    const lineEnd = payload.indexOf('\r\n', at)
    if (lineEnd === -1) return undefined
    const size = Number.parseInt(payload.toString('latin1', at, lineEnd), 16)
    const start = lineEnd + 2
    if (payload.length < start + size + 2) return undefined
    parts.push(payload.subarray(start, start + size))
    at = start + size + 2
    if (size === 0) return { body: Buffer.concat(parts), rest: payload.subarray(at) }
  }
}
