/** Guesses at passwords, judged within the limit or not at all (RFC 6749 §2.3.1). */
import type { GuessLimit } from '../db/guess-limit.ts'
import { Refusal } from '../refusals/refusal.ts'
import { failed, passed } from './verdict.ts'
import type { Verdict } from './verdict.ts'

export type AttemptFacts =
  | { outcome: 'within' }
  | { outcome: 'too many'; expected: unknown; found: unknown; retryAfter: string }

/** One guess, whether or not anybody has the name. */
export async function countAttempt(
  guessLimit: GuessLimit,
  guess: { name: string; address: string },
  judge: () => Promise<boolean>,
): Promise<AttemptFacts> {
  try {
    await guessLimit.attempt({ kind: 'account', ...guess }, judge)
    return { outcome: 'within' }
  } catch (error) {
    if (!(error instanceof Refusal) || error.id !== 'login-throttled') throw error
    const { expected, found } = error.evidence
    const retryAfter = error.headers['Retry-After'] ?? ''
    return { outcome: 'too many', expected, found, retryAfter }
  }
}

export function failedAttempts({ attempts }: { attempts: AttemptFacts }): Verdict {
  if (attempts.outcome === 'within') return passed
  const { expected, found } = attempts
  return failed('login-throttled', { expected, found })
}
