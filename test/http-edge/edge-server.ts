/** A small app behind the HTTP edge, for tests: it tells what a request looked like after the edge. */
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import Koa, { type Middleware } from 'koa'
import { fixedClock, type FixedClock } from '../../src/lib/clock.ts'
import { respondToRefusals, type RespondOptions } from '../../src/refusals/respond.ts'
import { createHttpServer, type HttpServerOptions } from '../../src/web/http-edge.ts'
import {
  guardHttpEdge,
  identifyRequests,
  type HttpEdgeOptions,
} from '../../src/web/http-edge/guard.ts'

export type EdgeServer = {
  port: number
  issuer: string
  clock: FixedClock
  /** What was refused, in order: from the app and from below it. */
  refused: { id: string; evidence: Readonly<Record<string, unknown>>; requestId: string }[]
}

export type EdgeServerOptions = {
  /** From the port unless given. */
  issuer?: string
  /** Around everything but the request's id. */
  outside?: Middleware
  /** Behind the guard; answers with what it sees unless given. */
  app?: Middleware
  respond?: Partial<RespondOptions>
  edge?: Partial<HttpEdgeOptions>
  timeouts?: NonNullable<HttpServerOptions['timeouts']>
}

export const echo: Middleware = (ctx) => {
  ctx.body = {
    method: ctx.method,
    url: ctx.url,
    originalUrl: ctx.originalUrl,
    href: ctx.href,
    host: ctx.host,
    protocol: ctx.protocol,
    ip: ctx.ip,
    headers: ctx.headers,
  }
}

/** Listens on a free loopback port until the test ends. */
export async function startEdge(
  t: ExecutionContext,
  options: EdgeServerOptions = {},
): Promise<EdgeServer> {
  const clock = fixedClock(Date.UTC(2026, 0, 2, 3, 4, 5))
  const refused: EdgeServer['refused'] = []
  let handler: RequestListener = () => undefined
  let issuer = options.issuer ?? ''
  const server = createHttpServer((req, res) => handler(req, res), {
    issuer: () => issuer,
    clock,
    doctor: true,
    report: (one) => refused.push(one),
    ...(options.timeouts && { timeouts: options.timeouts }),
  })
  const port = await listen(server)
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  issuer ||= `http://localhost:${port}`

  const app = new Koa()
  app.use(identifyRequests())
  if (options.outside) app.use(options.outside)
  app.use(
    respondToRefusals({
      issuer,
      doctor: true,
      report: (one) => refused.push(one),
      ...options.respond,
    }),
  )
  app.use(
    guardHttpEdge({
      issuer,
      port: () => port,
      allowedHosts: [],
      trustProxy: [],
      ...options.edge,
    }),
  )
  app.use(options.app ?? echo)
  const callback = app.callback()
  handler = (req, res) => void callback(req, res)
  return { port, issuer, clock, refused }
}

export type Seen = Record<'method' | 'url' | 'originalUrl' | 'host' | 'protocol' | 'ip', string> & {
  href: string
  headers: Record<string, string>
}

export const seen = (body: string): Seen => JSON.parse(body) as Seen

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
