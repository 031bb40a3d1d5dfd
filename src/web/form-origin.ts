/** Forms are accepted from our own pages only (cross-site request forgery, RFC 6749 §10.12; Fetch Metadata). */
import type { Context, Middleware } from 'koa'
import { refuse } from '../refusals/refusal.ts'

export type FormOriginOptions = {
  issuer: string
  /** Further origins whose pages may send forms here. */
  allowedOrigins?: readonly string[]
}

const READING = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Refuses a form with cross-site-form unless it comes from our own pages; see `createOriginCheck`. */
export function refuseForeignForms(options: FormOriginOptions): Middleware {
  const requireOwnOrigin = createOriginCheck(options)

  return function refuseForeignForm(ctx, next) {
    if (!READING.has(ctx.method)) requireOwnOrigin(ctx)
    return next()
  }
}

/**
 * `same-site` is foreign too: every port of localhost is the same site, and another program's. `Origin: null` is
 * refused, so our pages must not be sent with `Referrer-Policy: no-referrer`, which causes it. Programs send
 * neither header and pass; they have no cookies that somebody else could make them send.
 */
export function createOriginCheck({ issuer, allowedOrigins = [] }: FormOriginOptions) {
  const ours = new URL(issuer).origin
  const allowed = new Set([ours, ...allowedOrigins])

  return function requireOwnOrigin({ req }: Context): void {
    const { origin, 'sec-fetch-site': site } = req.headers
    if (origin !== undefined && !allowed.has(origin)) {
      refuse('cross-site-form', {
        check: 'origin',
        expected: [...allowed],
        found: origin.slice(0, 200),
      })
    }
    // An origin that was allowed by name is foreign to the browser all the same.
    const named = origin !== undefined && origin !== ours
    if (site !== undefined && !named && site !== 'same-origin' && site !== 'none') {
      refuse('cross-site-form', {
        check: 'sec-fetch-site',
        expected: ['same-origin', 'none'],
        found: site.slice(0, 200),
      })
    }
  }
}
