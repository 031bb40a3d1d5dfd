/** An https host on loopback that apps keep their client ID metadata documents at. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import tls from 'node:tls'
import type { ExecutionContext } from 'ava'
import { findOpenssl, type Certificate } from './certificate.ts'

export type Answer = (req: IncomingMessage, res: ServerResponse) => void

export type DocumentHost = {
  /** `localhost:<port>` */
  host: string
  certificate: Certificate
  /** The client id of the document at this path. */
  id(path: string): string
  /** Serves this at a path, `client_id` added unless it is told; returns the client id. */
  serve(path: string, document: Record<string, unknown>, headers?: Record<string, string>): string
  /** Answers this way at a path; returns the client id. */
  answer(path: string, answer: Answer): string
  /** Paths that were asked for, in order. */
  asked: string[]
}

/** `undefined`: there is no openssl, and the test is over. Unless told, its certificate is trusted by this process. */
export async function startDocumentHost(
  t: ExecutionContext,
  { trusted = true } = {},
): Promise<DocumentHost | undefined> {
  const make = await findOpenssl(t)
  if (!make) return undefined
  const certificate = await make('document-host')
  const { cert, key } = certificate
  if (trusted) tls.setDefaultCACertificates([...tls.getCACertificates('default'), cert])
  const answers = new Map<string, Answer>()
  const asked: string[] = []
  const server = createServer({ cert, key }, (req, res) => {
    const path = req.url ?? ''
    asked.push(path)
    const answer = answers.get(path)
    if (answer) answer(req, res)
    else res.writeHead(404).end()
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.teardown(() => server.close().closeAllConnections())
  const host = `localhost:${(server.address() as AddressInfo).port}`
  const id = (path: string) => `https://${host}${path}`
  const answer = (path: string, how: Answer) => {
    answers.set(path, how)
    return id(path)
  }
  return {
    host,
    certificate,
    id,
    asked,
    answer,
    serve: (path, document, headers = {}) =>
      answer(path, (_req, res) => {
        res.writeHead(200, { 'content-type': 'application/json', ...headers })
        res.end(JSON.stringify({ client_id: id(path), ...document }))
      }),
  }
}
