/** Client assertions (RFC 7523): what is asked of them beyond what the engine checks. */
import type { Clock } from '../lib/clock.ts'
import { errors } from './engine.ts'

/** How far ahead an assertion may expire. Seconds. */
const LONGEST_LIFE = 3600

/**
 * RFC 7523 §3, point 4, allows it, and it bounds how long the `jti` of a used assertion has to be remembered. Called by
 * the engine between the signature and the check of the `jti`.
 */
export function checkAssertionLife(exp: unknown, clock: Clock): void {
  if (typeof exp !== 'number' || exp > clock.seconds() + LONGEST_LIFE) {
    throw new errors.InvalidClientAuth('client_assertion expires more than an hour ahead')
  }
}
