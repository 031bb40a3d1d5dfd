/** The nonces of Digest (RFC 7616 §3.3, §5.4): none is stored, as each carries its time and our mark. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'

export type Nonces = {
  /** A new one every time. With a time (milliseconds) of the past it is as if it had been made then. */
  issue(at?: number): string
  /** When it was made, in milliseconds; undefined when we did not make it. */
  issuedAt(nonce: string): number | undefined
}

const TIME = 6
const RANDOM = 11
const MARK = 16

/** A multiple of three bytes, so that there is one spelling; counts are kept by the nonce's text. */
const SPELLING = /^[\w-]{44}$/

/** @param key of at least 32 random bytes, the same in all processes */
export function createNonces({ key, clock }: { key: Uint8Array; clock: Clock }): Nonces {
  const markOf = (content: Uint8Array): Buffer =>
    createHmac('sha256', key).update(content).digest().subarray(0, MARK)

  return {
    issue(at = clock.now()) {
      const time = Buffer.alloc(TIME)
      time.writeUIntBE(Math.floor(at), 0, TIME)
      // Without it two callers at one moment had the same nonce, and used up one another's counts.
      const content = Buffer.concat([time, randomBytes(RANDOM)])
      return Buffer.concat([content, markOf(content)]).toString('base64url')
    },

    issuedAt(nonce) {
      if (!SPELLING.test(nonce)) return undefined
      const bytes = Buffer.from(nonce, 'base64url')
      const content = bytes.subarray(0, TIME + RANDOM)
      const isOurs = timingSafeEqual(bytes.subarray(TIME + RANDOM), markOf(content))
      return isOurs ? content.readUIntBE(0, TIME) : undefined
    },
  }
}
