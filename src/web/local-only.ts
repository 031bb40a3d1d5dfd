/** Addresses for the developer at this machine, which no page of another origin may so much as open (Fetch Metadata). */
import type { Middleware } from 'koa'
import { createOriginCheck } from './form-origin.ts'

/**
 * Refuses with cross-site-form what a page of another origin sends, reading included: a link or an image would do to
 * drive them. What a person opens, and what our own pages and programs send, passes.
 */
export function refuseForeignPages({ issuer }: { issuer: string }): Middleware {
  const requireOwnOrigin = createOriginCheck({ issuer })

  return function refuseForeignPage(ctx, next) {
    requireOwnOrigin(ctx)
    return next()
  }
}
