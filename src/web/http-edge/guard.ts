/** The first middleware of all: every request is given an id, judged by its address, and made to speak of the issuer. */
import { randomUUID } from 'node:crypto'
import type { Context, Middleware } from 'koa'
import { refuse } from '../../refusals/refusal.ts'
import { prefersHtml } from '../../refusals/respond.ts'
import { ALLOWED_METHODS, createAuthorityGuard, type AuthorityOptions } from './authority.ts'
import {
  createCertificateReader,
  keepCertificate,
  type ClientCertificateOptions,
} from './client-certificate.ts'
import { trustedForwarding, type ForwardingOptions } from './forwarding.ts'

/** Gives every request an id of ours, in `ctx.state.requestId` and `X-Request-Id`; what the client sent is not looked at. */
export function identifyRequests(): Middleware {
  return function identifyRequest(ctx, next) {
    const requestId = randomUUID()
    ctx.state['requestId'] = requestId
    ctx.set('X-Request-Id', requestId)
    return next()
  }
}

export type HttpEdgeOptions = AuthorityOptions & ForwardingOptions & ClientCertificateOptions

/**
 * Refuses requests that are not for this server. The others are rewritten, so that nothing downstream builds an
 * address from what the client sent: `ctx.url` is in origin form, `ctx.host` and `ctx.protocol` are the issuer's,
 * and `ctx.ip` is the client's address. A page asked for by another name than the issuer's is redirected, as cookies
 * would be lost. Needs `respondToRefusals` around it, and Koa's own `proxy` setting left off.
 */
export function guardHttpEdge(options: HttpEdgeOptions): Middleware {
  const { issuer } = options
  const { host, protocol } = new URL(issuer)
  const secureIssuer = protocol === 'https:'
  const judge = createAuthorityGuard(options)
  const readForwarding = trustedForwarding(options)
  const takeCertificate = createCertificateReader(options)

  return async function guardedHttpEdge(ctx, next) {
    const { req } = ctx
    const { client, believed, host: forwardedHost, proto } = readForwarding(req)
    keepCertificate(ctx, takeCertificate(req, believed))
    const verdict = judge(req, forwardedHost)
    if (verdict.outcome === 'refused') refuse(verdict.id, verdict.evidence, verdict.headers)
    if (secureIssuer && proto !== 'https' && req.headers.authorization !== undefined) {
      refuse('plaintext-http', { check: 'scheme', expected: 'https', found: proto ?? 'http' })
    }
    const { target, alias } = verdict
    ctx.request.ip = client
    req.headers.host = host
    req.url = ctx.originalUrl = ctx.request.originalUrl = target
    if (secureIssuer) Object.defineProperty(ctx.request, 'protocol', { value: 'https' })

    if (target === '*') answerForServer(ctx)
    else if (alias && asksForPage(ctx)) redirectTo(ctx, issuer + target)
    else await next()
  }
}

const asksForPage = (ctx: Context): boolean =>
  (ctx.method === 'GET' || ctx.method === 'HEAD') && prefersHtml(ctx)

function redirectTo(ctx: Context, location: string): void {
  ctx.status = 307
  ctx.set('Location', location)
  ctx.set('Cache-Control', 'no-store')
  ctx.body = ''
  ctx.remove('Content-Type')
}

/** `OPTIONS *` asks about the server as a whole (RFC 9110 §9.3.7). */
function answerForServer(ctx: Context): void {
  ctx.status = 204
  ctx.set('Allow', ALLOWED_METHODS)
}
