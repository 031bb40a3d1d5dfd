/** Requests that Node's parser gives up on, as refusals (RFC 9112 §2.2, §3; RFC 6585 §5). */
import { METHODS, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { RefusalId } from '../../refusals/catalogue.ts'
import type { Evidence } from '../../refusals/refusal.ts'
import type { RawAnswer, RawRefusal } from './raw-answer.ts'

export type ClientErrorReport = RawRefusal

/** What Node tells with `clientError`. */
type ParseError = Error & {
  code?: string
  /** The parser's words; nothing of the request is in them. */
  reason?: string
  /** How far in `rawPacket` the parser came. */
  bytesParsed?: number
  /** The last piece that was read, not always the whole request. */
  rawPacket?: Buffer
}

type Parts = {
  rawAnswer: RawAnswer
  responses: WeakMap<Duplex, ServerResponse>
  report: ((report: ClientErrorReport) => void) | undefined
}

export function createClientErrorListener({ rawAnswer, responses, report }: Parts) {
  /** What still arrives on an ended connection is an error again each time. */
  const answered = new WeakSet<Duplex>()

  function answer(error: ParseError, socket: Duplex): void {
    if (!socket.writable) return
    const { id, ...options } = judgeParseError(error)
    const refused = rawAnswer(socket, id, options)
    report?.(refused)
  }

  return function clientError(error: ParseError, socket: Duplex): void {
    if (answered.has(socket)) return
    answered.add(socket)
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy()
      return
    }
    const response = responses.get(socket)
    if (response && !response.req.complete) {
      // The body broke. With its answer on the way, a second one would be taken for that of the next request.
      if (response.headersSent) socket.destroy()
      else answer(error, socket)
    } else if (response && !response.writableFinished) {
      // An earlier request is still being answered: what is written now would be taken for its answer.
      response.once('close', () => answer(error, socket))
    } else {
      answer(error, socket)
    }
  }
}

type Judgement = { id: RefusalId; evidence: Evidence; field?: string; headersOnly?: boolean }

function judgeParseError(error: ParseError): Judgement {
  const packet = error.rawPacket?.toString('latin1') ?? ''
  const found = error.reason ?? error.code ?? error.name
  const headersOnly = packet.startsWith('HEAD ')
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW': {
      const parsed = packet.slice(0, error.bytesParsed)
      if (endsInRequestLine(parsed)) {
        return { id: 'uri-too-long', evidence: { check: 'target', found }, headersOnly }
      }
      const field = lastFieldName(parsed)
      return {
        id: 'header-too-large',
        evidence: { check: 'header size', found: field ?? found },
        ...(field !== undefined && { field }),
        headersOnly,
      }
    }
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { id: 'content-too-large', evidence: { check: 'chunk extensions', found } }
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { id: 'request-timeout', evidence: { check: 'time', found } }
    case 'HPE_INVALID_METHOD':
    case 'HPE_INVALID_CONSTANT': {
      const method = unknownMethod(packet, error.bytesParsed ?? 0)
      if (method === undefined) break
      return { id: 'method-unknown', evidence: { check: 'method', found: method } }
    }
  }
  return { id: 'malformed-http', evidence: { check: 'framing', found }, headersOnly }
}

/** Later pieces of a long address do not look like one, and count as header. */
const endsInRequestLine = (text: string): boolean => /(?:^|\n)[A-Z-]+ [^ \r\n]*$/.test(text)

const lastFieldName = (text: string): string | undefined =>
  /(?:^|\n)([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}):[^\n]*$/.exec(text)?.[1]?.toLowerCase()

/** A well-formed request line whose method no parser of ours knows: anything else, TLS for one, is malformed. */
function unknownMethod(packet: string, position: number): string | undefined {
  const start = packet.lastIndexOf('\n', Math.max(position - 1, 0)) + 1
  const [line = ''] = packet.slice(start).split('\r\n', 1)
  const method = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}) [!-~]+ HTTP\/1\.[01]$/.exec(line)?.[1]
  return method !== undefined && !METHODS.includes(method) ? method : undefined
}
