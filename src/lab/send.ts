/** Sends a request over a bare connection to this very server, to the byte, and reads the one answer that comes. */
import { connect } from 'node:net'

export type Answer = {
  status: number
  /** In the order and spelling of the wire; a repeated field stands there as often as it came. */
  headers: [name: string, value: string][]
  /** Read as UTF-8. */
  body: string
}

export type SendOptions = {
  port: number
  /** An address this server listens on. */
  host: string
  /** Milliseconds until the whole answer must be there; 15 seconds unless told. */
  timeout?: number
}

/** More than any answer of this server. Bytes. */
const MAX_ANSWER = 1024 * 1024

const TIMEOUT = 15_000

/**
 * One character is one byte. The server must be told, or made, to close the connection after its answer. Rejects
 * with a sentence when no whole answer comes in time.
 */
export function send(
  bytes: string,
  { port, host, timeout = TIMEOUT }: SendOptions,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const socket = connect({ port, host })
    const fail = (message: string, cause?: unknown) => {
      socket.destroy()
      reject(new Error(message, { cause }))
    }
    const timer = setTimeout(() => fail(`No answer within ${timeout / 1000} seconds.`), timeout)
    socket.once('close', () => clearTimeout(timer))
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > MAX_ANSWER) fail('The answer does not end.')
    })
    const finish = (cause?: unknown) => {
      const answer = parseAnswer(Buffer.concat(chunks))
      if (!answer) {
        fail('The connection was closed without a whole answer.', cause)
        return
      }
      socket.destroy()
      resolve(answer)
    }
    socket.once('end', () => finish())
    // A server that answers before it has read everything may reset the connection afterwards.
    socket.once('error', finish)
    socket.write(Buffer.from(bytes, 'latin1'))
  })
}

const BLANK_LINE = '\r\n\r\n'

/** Undefined when it is not all there. Interim answers (1xx) are skipped. */
function parseAnswer(received: Buffer): Answer | undefined {
  const headEnd = received.indexOf(BLANK_LINE)
  if (headEnd === -1) return undefined
  const [statusLine = '', ...fieldLines] = received.toString('latin1', 0, headEnd).split('\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1])
  if (Number.isNaN(status)) return undefined
  const payload = received.subarray(headEnd + BLANK_LINE.length)
  if (status < 200) return parseAnswer(payload)
  const headers = fieldLines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()]
  })
  const chunked = /\bchunked$/i.test(valueOf(headers, 'transfer-encoding') ?? '')
  const length = valueOf(headers, 'content-length')
  const body = chunked ? joinChunks(payload) : payload.subarray(0, Number(length ?? payload.length))
  if (body === undefined || (length !== undefined && body.length < Number(length))) return undefined
  return { status, headers, body: body.toString('utf8') }
}

/** The first value of a field. */
export const valueOf = (headers: readonly (readonly [string, string])[], name: string) =>
  headers.find(([other]) => other.toLowerCase() === name)?.[1]

function joinChunks(payload: Buffer): Buffer | undefined {
  const parts: Buffer[] = []
  for (let at = 0; ;) {
    const lineEnd = payload.indexOf('\r\n', at)
    if (lineEnd === -1) return undefined
    const size = Number.parseInt(payload.toString('latin1', at, lineEnd), 16)
    const start = lineEnd + 2
    if (payload.length < start + size + 2) return undefined
    if (size === 0) return Buffer.concat(parts)
    parts.push(payload.subarray(start, start + size))
    at = start + size + 2
  }
}
