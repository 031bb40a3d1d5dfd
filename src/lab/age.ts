/** `POST /lab/age`: everything that was issued so far becomes older, so that nobody waits for it to expire. */
import type Router from '@koa/router'
import { z } from 'zod'
import type { Aged, Ageing } from '../db/ageing.ts'
import { refuse } from '../refusals/refusal.ts'
import { onlyMethods } from '../resource/representation.ts'
import { readJson } from '../web/request-body.ts'

/** Ten years, in seconds. */
export const MOST_SECONDS = 10 * 365 * 86_400

const AgeShape = z.strictObject({ seconds: z.int().min(1).max(MOST_SECONDS) })

/** What the engine calls its rows, and what we call them. JWT access tokens have none. */
const KINDS = {
  Session: 'sessions',
  Interaction: 'interactions',
  Grant: 'grants',
  AuthorizationCode: 'codes',
  RefreshToken: 'refresh_tokens',
  AccessToken: 'opaque_access_tokens',
  ClientCredentials: 'opaque_access_tokens',
  DeviceCode: 'device_codes',
  PushedAuthorizationRequest: 'pushed_requests',
} as const

/** Rows that are older now: all of them, then kind by kind. */
export type AgedCounts = Record<'artifacts' | (typeof KINDS)[keyof typeof KINDS], number>

/** Takes `{ seconds }`, answers `{ aged }` when what is issued from then on is not aged: within a second or so. */
export function registerAgeing(router: Router, { ageing }: { ageing: Pick<Ageing, 'age'> }): void {
  router.post('/lab/age', async (ctx) => {
    const { success, data, error } = AgeShape.safeParse(await readJson(ctx))
    if (!success) {
      const found = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
      const expected = `{ seconds: a whole number from 1 to ${MOST_SECONDS} }`
      refuse('invalid-input', { check: 'body', expected, found })
    }
    const aged = countsOf(await ageing.age(data.seconds))
    ctx.set('Cache-Control', 'no-store')
    ctx.body = { aged }
  })
  router.all('/lab/age', onlyMethods('POST'))
}

function countsOf({ total, byModel }: Aged): AgedCounts {
  const names = new Set(Object.values(KINDS))
  const counts = { artifacts: total } as AgedCounts
  for (const name of names) counts[name] = 0
  for (const [model, name] of Object.entries(KINDS)) counts[name] += byModel.get(model) ?? 0
  return counts
}
