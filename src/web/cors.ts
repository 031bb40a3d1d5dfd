/** Which pages of other origins may read our answers (Fetch §3.2), and that a challenge is among what they can read. */
import type { Context, Middleware, Next } from 'koa'

export type CorsOptions = {
  profile: 'local' | 'production'
  /** Further origins, such as those of registered public clients. */
  originAllowed?: (origin: string) => boolean | Promise<boolean>
  /** Paths whose answers are the same for everybody, such as server metadata: any page may read them. */
  isPublic?: (path: string) => boolean
}

/** What a page may read besides the body. */
const EXPOSED = 'WWW-Authenticate, DPoP-Nonce, Retry-After, X-Request-Id'
const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE'
const REQUEST_HEADERS = 'authorization, content-type, dpop'

/** Seconds a browser may remember a preflight. */
const PREFLIGHT_LIFE = 600

const LOOPBACK_ORIGIN = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/

/**
 * Answers every preflight, without credentials, as browsers send none with it. Cookies never cross
 * (no `Access-Control-Allow-Credentials`), and a page of the public internet is never let into a private network
 * (no `Access-Control-Allow-Private-Network`). Goes around whatever refuses, so that refusals can be read too.
 */
export function cors({
  profile,
  originAllowed = () => false,
  isPublic = () => false,
}: CorsOptions): Middleware {
  async function isAllowed(origin: string): Promise<boolean> {
    return (profile === 'local' && LOOPBACK_ORIGIN.test(origin)) || originAllowed(origin)
  }

  async function answerPage(ctx: Context, origin: string, next: Next): Promise<void> {
    const allowed = isPublic(ctx.path) ? '*' : (await isAllowed(origin)) ? origin : undefined
    if (allowed !== undefined) ctx.set('Access-Control-Allow-Origin', allowed)
    if (isPreflight(ctx)) {
      answerPreflight(ctx, allowed !== undefined)
      return
    }
    ctx.set('Access-Control-Expose-Headers', EXPOSED)
    await next()
  }

  return function corsHeaders(ctx, next) {
    const { res } = ctx
    if (res.hasHeader('Vary')) ctx.vary('Origin')
    else res.setHeader('Vary', 'Origin')
    const { origin } = ctx.req.headers
    if (origin !== undefined) return answerPage(ctx, origin, next)
    // Programs send no Origin, and most calls are theirs. The field is there all the same: the engine leaves CORS to
    // us where it finds one of its fields, and else allows every origin.
    res.setHeader('Access-Control-Expose-Headers', EXPOSED)
    if (isPublic(ctx.path)) res.setHeader('Access-Control-Allow-Origin', '*')
    return next() as Promise<void>
  }
}

const isPreflight = ({ method, req: { headers } }: Context): boolean =>
  method === 'OPTIONS' &&
  headers.origin !== undefined &&
  headers['access-control-request-method'] !== undefined

function answerPreflight(ctx: Context, allowed: boolean): void {
  ctx.status = 204
  if (!allowed) return
  ctx.set('Access-Control-Allow-Methods', METHODS)
  ctx.set('Access-Control-Allow-Headers', REQUEST_HEADERS)
  ctx.set('Access-Control-Max-Age', String(PREFLIGHT_LIFE))
}
