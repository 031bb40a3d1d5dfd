/**
 * What the two schemes with a name and a password have in common: how a call is judged, counted, reported and answered (RFC
 * 7617, RFC 7616).
 */
import type Router from '@koa/router'
import type { Context, Middleware } from 'koa'
import type { Account } from '../directory/accounts.ts'
import type { RefusalId } from '../refusals/catalogue.ts'
import type { Protection } from '../refusals/challenge.ts'
import { refuse, type Evidence } from '../refusals/refusal.ts'
import type { AttemptFacts } from './attempts.ts'
import type { BasicFacts } from './basic/facts.ts'
import { firstFailure } from './check-list.ts'
import type { CheckOn, GatherOn } from './check-list.ts'
import type { DigestFacts } from './digest/facts.ts'
import { answersJson, onlyMethods } from './representation.ts'

export type PasswordFacts = BasicFacts | DigestFacts

/** A refused call as it can be kept and judged again: no password, no response, no query. */
export type RefusedPasswordFacts = {
  requestId: string
  method: string
  path: string
  id: RefusalId
  evidence: Evidence
  passwordFacts: PasswordFacts
}

/** One call under judgement. What must not be kept stays within its functions. */
export type Trial<Facts> = {
  facts: Facts
  gather: GatherOn<Facts>
  /** How a refusal with this id is challenged; without one, any other. */
  protection: (id?: RefusalId) => Protection
  /** Whom the credentials stand for, once the whole list passed; may set header fields. */
  accept: (ctx: Context) => Account
}

export type PasswordGuard<Facts> = {
  checks: readonly CheckOn<Facts>[]
  begin: (ctx: Context) => Trial<Facts>
  /** Told of every call that the list refused, before the answer is sent. */
  report?: ((entry: RefusedPasswordFacts) => void) | undefined
}

/** Refuses with the ids of the list, or sets `ctx.state.person` and goes on. */
export function createPasswordGuard<Facts extends PasswordFacts>({
  checks,
  begin,
  report,
}: PasswordGuard<Facts>): Middleware {
  return async function guardedByPassword(ctx, next) {
    const { facts, gather, protection, accept } = begin(ctx)
    // Before the first check, so that whatever is refused from here on can be challenged.
    ctx.state.protection = protection()
    // For the journal.
    ctx.state.judged = { list: facts.scheme.toLowerCase(), facts }
    const failure = await firstFailure(checks, facts, gather)
    if (failure) {
      const { id, evidence } = failure
      ctx.state.protection = protection(id)
      const { method, path } = ctx
      const requestId = String(ctx.state.requestId)
      report?.({ requestId, method, path, id, evidence, passwordFacts: facts })
      refuse(id, evidence, whenToRetry(facts.attempts))
    }
    ctx.state.person = accept(ctx)
    ctx.set('Cache-Control', 'no-store')
    await next()
  }
}

/** An address that says who called. */
export function registerWhoCalled(
  router: Router,
  { path, scheme, guard }: { path: string; scheme: PasswordFacts['scheme']; guard: Middleware },
): void {
  router.all(path, guard, onlyMethods('GET', 'HEAD'), answersJson, (ctx) => {
    const { sub } = ctx.state.person as Account
    ctx.body = { user: sub, scheme }
  })
}

const whenToRetry = (attempts: AttemptFacts | undefined): Record<string, string> =>
  attempts?.outcome === 'too many' ? { 'Retry-After': attempts.retryAfter } : {}
