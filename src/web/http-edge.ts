/** The HTTP server, with every answer Node would give by itself replaced by a refusal of ours (RFC 9110, RFC 9112). */
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock } from '../lib/clock.ts'
import { MAX_HEADER_SIZE } from './http-edge/authority.ts'
import { createClientErrorListener, type ClientErrorReport } from './http-edge/client-error.ts'
import { createRawAnswer } from './http-edge/raw-answer.ts'

export type HttpServerOptions = {
  /** Asked when a refusal is written, as the port, and with it the issuer, may be known only after listening. */
  issuer: () => string
  clock: Clock
  /** Whether there is a doctor's page about every request. */
  doctor?: boolean
  /** Told of every request that was refused before the handler saw it. */
  report?: (report: ClientErrorReport) => void
  /** Milliseconds; Node's own unless given. */
  timeouts?: Pick<
    ServerOptions,
    'headersTimeout' | 'requestTimeout' | 'keepAliveTimeout' | 'connectionsCheckingInterval'
  >
}

/**
 * What Node lets through and should not (two Hosts, a foreign one, strange targets and methods) is refused further
 * in, by `guardHttpEdge`.
 */
export function createHttpServer(
  handler: RequestListener,
  { issuer, clock, doctor = false, report, timeouts }: HttpServerOptions,
): Server {
  /** The youngest response of each connection. */
  const responses = new WeakMap<Duplex, ServerResponse>()
  const listener: RequestListener = (req, res) => {
    responses.set(req.socket, res)
    handler(req, res)
  }
  const server = createServer(
    {
      ...timeouts,
      maxHeaderSize: MAX_HEADER_SIZE,
      // Node's refusal has no body; ours is given by the guard.
      requireHostHeader: false,
    },
    listener,
  )
  // Their size is limited, so their number need not be; some versions of Node drop what exceeds it, unseen.
  server.maxHeadersCount = 0
  const rawAnswer = createRawAnswer({ issuer, clock, doctor })
  server.on('clientError', createClientErrorListener({ rawAnswer, responses, report }))
  server.on('connect', (_req, socket: Duplex) => {
    const found = 'CONNECT'
    const refused = rawAnswer(socket, 'method-unknown', { evidence: { check: 'method', found } })
    report?.(refused)
  })
  server.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => {
    continueWhenRead(req, res)
    listener(req, res)
  })
  // Node would answer 417 without a body; an expectation nobody knows may be ignored (RFC 9110 §10.1.1).
  server.on('checkExpectation', listener)
  return server
}

/**
 * The client is asked for the body only when somebody reads it, so that a refusal comes first (RFC 9110 §10.1.1).
 * Node closes the connection of a client that was not asked, as it may send the body all the same.
 */
function continueWhenRead(req: IncomingMessage, res: ServerResponse): void {
  const onListener = (event: string | symbol) => {
    if (event !== 'data' && event !== 'readable') return
    req.off('newListener', onListener)
    if (!res.headersSent) res.writeContinue()
  }
  req.on('newListener', onListener)
}
