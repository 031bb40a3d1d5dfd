/**
 * What every operation has in common behind the guard: media type, verbs, length of lists, paths
 * that do not exist (RFC 9110 §12.5.1, §15.5.6).
 */
import type Router from '@koa/router'
import type { Context, Middleware } from 'koa'
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

/** The last route of a path whose other verbs are registered before it. */
export function onlyMethods(...allowed: string[]): (ctx: Pick<Context, 'method'>) => never {
  const allow = allowed.join(', ')
  return (ctx) => {
    refuse(
      'method-not-allowed',
      { check: 'method', expected: allowed, found: ctx.method },
      { Allow: allow },
    )
  }
}

/** The last route of all under a protected prefix: what does not exist is as hidden as what may not be seen. */
export function registerUnknown(
  router: Router,
  { guard, resource, prefix }: { guard: Guard; resource: ProtectedResource; prefix: string },
): void {
  router.all([prefix, `${prefix}/`, `${prefix}/*rest`], guard({ resource }), () => {
    refuse('hidden', { check: 'path', expected: 'a path of this API', found: 'another' })
  })
}

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
