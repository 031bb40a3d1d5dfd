/**
 * Nonces for DPoP proofs (RFC 9449 §8, §9): nobody can guess them, nothing is stored, and every
 * process with the same key knows them.
 */
import { createHmac } from 'node:crypto'
import type { Clock } from '../lib/clock.ts'
import { equalInConstantTime } from '../lib/secrets.ts'

export type NonceVerdict = 'absent' | 'current' | 'previous' | 'unknown'

export type Nonces = {
  /** The nonce to hand out now. */
  current(): string
  /** `unknown`: too old, of another server, or made up. */
  judge(nonce: string | undefined): NonceVerdict
}

/** Seconds. A nonce counts in its own step and in the next one: for five minutes, give or take 100 seconds. */
export const NONCE_STEP = 200

export function createNonces({ key, clock }: { key: Buffer; clock: Clock }): Nonces {
  const step = (): number => Math.floor(clock.seconds() / NONCE_STEP)
  const nonceOf = (step: number): string =>
    createHmac('sha256', key).update(`nonce:${step}`).digest('base64url')

  return {
    current: () => nonceOf(step()),
    judge(nonce) {
      if (nonce === undefined) return 'absent'
      const now = step()
      if (equalInConstantTime(nonce, nonceOf(now))) return 'current'
      return equalInConstantTime(nonce, nonceOf(now - 1)) ? 'previous' : 'unknown'
    },
  }
}
