/** A refusal written to a bare connection, where there is no response object to use. */
import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../lib/clock.ts'
import { rowOf, type RefusalId } from '../../refusals/catalogue.ts'
import { problemOf } from '../../refusals/problem.ts'
import type { Evidence } from '../../refusals/refusal.ts'

export type RawRefusal = { requestId: string; id: RefusalId; evidence: Evidence }

export type RawAnswerOptions = {
  evidence: Evidence
  /** The header field to be named in the body (RFC 6585 §5). */
  field?: string
  /** For HEAD. */
  headersOnly?: boolean
}

export type RawAnswer = (socket: Duplex, id: RefusalId, options: RawAnswerOptions) => RawRefusal

/** Milliseconds a client is given to read the answer while it may still be sending. */
const LINGER = 1_000

export function createRawAnswer(parts: {
  issuer: () => string
  clock: Clock
  doctor: boolean
}): RawAnswer {
  return function rawAnswer(socket, id, { evidence, field, headersOnly = false }) {
    const requestId = randomUUID()
    const { status } = rowOf(id)
    const problem = problemOf(id, { requestId, issuer: parts.issuer(), doctor: parts.doctor })
    const body = JSON.stringify({ ...problem, ...(field !== undefined && { field }) })
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      `X-Request-Id: ${requestId}`,
      'Content-Type: application/problem+json',
      'Cache-Control: no-store',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `Date: ${parts.clock.date().toUTCString()}`,
      'Connection: close',
      '\r\n',
    ].join('\r\n')
    socket.end(headersOnly ? head : head + body)
    linger(socket)
    return { requestId, id, evidence }
  }
}

/** Closing at once, with bytes unread, would reset the connection and lose the answer (RFC 9112 §9.6). */
function linger(socket: Duplex): void {
  const timer = setTimeout(() => socket.destroy(), LINGER)
  timer.unref()
  socket.once('end', () => socket.destroy())
  socket.once('close', () => clearTimeout(timer))
  socket.resume()
}
