/**
 * What every operation has in common behind the guard: media type, verbs, length of lists, paths
 * that do not exist (RFC 9110 §12.5.1, §15.5.6).
 */
import type { Middleware } from 'koa'
import { refuse } from '../refusals/refusal.ts'
import { requireAcceptable } from '../web/request-body.ts'
import type { Guard } from './guard.ts'
import type { ProtectedResource } from './metadata.ts'

/** Everything here is JSON; who accepts none of it is told so before anything is done. */
export const answersJson: Middleware = (ctx, next) => {
  const { accept } = ctx.headers
  // What nearly everybody sends needs no negotiation.
  if (accept === undefined || accept === '*/*' || accept === 'application/json') return next()
  requireAcceptable(ctx, 'application/json')
  return next()
}

/** Refuses every other verb; stands behind the guard, as a stranger need not learn what there is. */
export function onlyMethods(...allowed: string[]): Middleware {
  const allow = allowed.join(', ')
  return (ctx, next) => {
    if (allowed.includes(ctx.method)) return next()
    refuse(
      'method-not-allowed',
      { check: 'method', expected: allowed, found: ctx.method },
      { Allow: allow },
    )
  }
}

/** Comes after the routes of an API: what does not exist is as hidden as what may not be seen. */
export function hideUnknown({ guard, resource }: Parts): Middleware {
  const prefix = new URL(resource.identifier).pathname
  const guarded = guard({ resource })
  return async function hideUnknownPath(ctx, next) {
    if (ctx.path !== prefix && !ctx.path.startsWith(`${prefix}/`)) {
      await next()
      return
    }
    await guarded(ctx, async () => {
      refuse('hidden', { check: 'path', expected: 'a path of this API', found: 'another' })
    })
  }
}

type Parts = { guard: Guard; resource: ProtectedResource }

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 100

/** `?limit=1` to `100`; a list without an end would grow with its owner. */
export function listLimit(querystring: string): number {
  const [limit, ...more] =
    querystring === '' ? [] : new URLSearchParams(querystring).getAll('limit')
  if (limit === undefined) return DEFAULT_LIMIT
  if (more.length === 0 && /^[1-9]\d{0,2}$/.test(limit) && Number(limit) <= MAX_LIMIT) {
    return Number(limit)
  }
  refuse('invalid-input', {
    check: 'limit',
    expected: `one whole number from 1 to ${MAX_LIMIT}`,
    found: more.length > 0 ? 'several' : limit,
  })
}
