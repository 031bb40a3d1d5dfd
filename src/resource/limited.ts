/** `/api/limited`: as many calls a minute as are allowed a person, and then a wait (RFC 6585 §4). */
import type Router from '@koa/router'
import type { Limit, Throttle } from '../db/throttle.ts'
import { refuse } from '../refusals/refusal.ts'
import { accessOf } from './guard.ts'
import type { Guard } from './guard.ts'
import type { ProtectedResource } from './metadata.ts'
import { answersJson, onlyMethods } from './representation.ts'

const LIMIT: Limit = { most: 5, seconds: 60 }

type Parts = { guard: Guard; resource: ProtectedResource; throttle: Pick<Throttle, 'count'> }

export function registerLimited(router: Router, { guard, resource, throttle }: Parts): void {
  const any = guard({ resource })

  // Counted after the token was judged: else anybody could use up somebody's calls.
  router.all('/api/limited', any, onlyMethods('GET', 'HEAD'), answersJson, async (ctx) => {
    const { count, within, secondsLeft } = await throttle.count(
      `limited:${accessOf(ctx).sub}`,
      LIMIT,
    )
    if (!within) {
      const expected = `at most ${LIMIT.most} in ${LIMIT.seconds} seconds`
      const evidence = { check: 'calls', expected, found: count }
      refuse('rate-limited', evidence, { 'Retry-After': String(secondsLeft) })
    }
    ctx.body = { limit: LIMIT.most, remaining: LIMIT.most - count, reset: secondsLeft }
  })
}
