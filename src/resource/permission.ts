/**
 * What a good token may do: its scopes (RFC 6750 §3.1), and whose note it is (RFC 9110 §15.5.4,
 * §15.5.5).
 */
import { refuse } from '../refusals/refusal.ts'
import type { JsonObject } from './access-token.ts'
import type { Wanted } from './facts.ts'
import { failed, passed } from './verdict.ts'
import type { Verdict } from './verdict.ts'

/** Everything the operation needs at once, so that one new consent is enough. */
export function tokenScope({ claims, wanted }: { claims: JsonObject; wanted: Wanted }): Verdict {
  if (wanted.scopes.length === 0) return passed
  const granted = scopesOf(claims.scope)
  if (wanted.scopes.every((scope) => granted.includes(scope))) return passed
  return failed('insufficient-scope', { expected: wanted.scopes, found: granted })
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
