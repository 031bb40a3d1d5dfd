/**
 * What a good token may do: its scopes (RFC 6750 §3.1), how the person signed in (RFC 9470), and
 * whose things they are (RFC 9110 §15.5.4, §15.5.5).
 */
import { acrRank } from '../lib/acr.ts'
import { refuse } from '../refusals/refusal.ts'
import type { JsonObject } from '../lib/access-token.ts'
import type { Wanted } from './facts.ts'
import { FUTURE_LEEWAY } from './token-checks.ts'
import { failed, passed } from './verdict.ts'
import type { Verdict } from './verdict.ts'

type Judged = { claims: JsonObject; wanted: Wanted }

/** Everything the operation needs at once, so that one new consent is enough. */
export function tokenScope({ claims, wanted }: Judged): Verdict {
  if (wanted.scopes.length === 0) return passed
  const granted = scopesOf(claims.scope)
  if (wanted.scopes.every((scope) => granted.includes(scope))) return passed
  return failed('insufficient-scope', { expected: wanted.scopes, found: granted })
}

/**
 * Judged before the scope, so that a client which is short of both is told of both at once (RFC 9470 §3): the
 * challenge names the scope as well.
 */
export function authenticationLevel({ claims, wanted }: Judged): Verdict {
  if (acrRank(claims.acr) >= acrRank(wanted.acr)) return passed
  return failed('step-up-acr', { claim: 'acr', expected: wanted.acr, found: claims.acr })
}

/** To the second, as `auth_time` is told. Who does not say when the person signed in does not say it was lately. */
export function authenticationAge({
  claims,
  wanted,
  time,
  age,
}: Judged & { time: number; age: number }): Verdict {
  if (wanted.maxAge === undefined) return passed
  const now = Math.floor(time)
  const { auth_time } = claims
  const isLately =
    typeof auth_time === 'number' &&
    auth_time - age + wanted.maxAge >= now &&
    auth_time - age <= now + FUTURE_LEEWAY
  if (isLately) return passed
  const expected = `not earlier than ${now - wanted.maxAge}`
  const aged = age > 0 && { aged: age }
  return failed('step-up-max-age', { claim: 'auth_time', expected, found: auth_time, ...aged })
}

/** The scope parameter as a list (RFC 6749 §3.3). */
export const scopesOf = (scope: unknown): string[] =>
  typeof scope === 'string' && scope !== '' ? scope.split(' ').filter((one) => one !== '') : []

/** What the caller may not see and what does not exist are one answer, from one place. */
export function requireVisible<T>(thing: T | null | undefined): T {
  if (thing === null || thing === undefined) {
    refuse('hidden', {
      check: 'visible',
      expected: 'something the caller may see',
      found: 'nothing',
    })
  }
  return thing
}

/** Only for what the caller may see; else the answer would say that it exists. */
export function requireOwner({ owner }: { owner: string }, sub: string): void {
  if (owner === sub) return
  refuse('forbidden', { check: 'owner', expected: sub, found: owner })
}
