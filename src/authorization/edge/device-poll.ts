/** A device that asks before the interval is over (RFC 8628 §3.5). */
import type { PollPace } from '../../db/poll-pace.ts'
import { fingerprint } from '../../lib/secrets.ts'
import type { Evidence } from '../../refusals/refusal.ts'
import type { EngineContext } from '../engine-context.ts'

/**
 * What was wrong with the pace of this poll, while nobody has answered. By the age of the code, so that a code that
 * was made older on order was asked for longer ago too.
 */
export async function polledTooFast(
  ctx: EngineContext,
  pollPace: PollPace,
): Promise<Evidence | undefined> {
  const deviceCode = ctx.oidc.params?.['device_code']
  if (typeof deviceCode !== 'string') return undefined
  const code = await ctx.oidc.provider.DeviceCode.find(deviceCode, { ignoreExpiration: true })
  if (code?.iat === undefined) return undefined
  const key = `device-poll:${fingerprint(deviceCode)}`
  const broken = await pollPace.note(key, code.iat * 1000)
  if (broken === undefined) return undefined
  return { check: 'interval', expected: `at least ${broken} seconds between polls`, found: 'less' }
}
