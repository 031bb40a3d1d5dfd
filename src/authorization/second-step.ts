/** The second step of a sign-in: time-based one-time codes (RFC 6238), each good once. */
import { Secret, TOTP } from 'otpauth'
import type { Once } from '../db/once.ts'
import type { Accounts } from '../directory/accounts.ts'
import type { Clock } from '../lib/clock.ts'

export type SecondStep = {
  isSetUp(sub: string): Promise<boolean>
  /** Uses the code up when it is right (RFC 6238 §5.2). */
  verify(sub: string, code: string): Promise<boolean>
  /** A code that is good now, for made-up people of the seed file alone: everybody may know their secrets. */
  shownCode(sub: string): Promise<string | undefined>
}

/** Half minutes that a code may be early or late. */
const WINDOW = 1

export function createSecondStep(parts: {
  accounts: Pick<Accounts, 'byId' | 'totpSecretOf'>
  once: Once
  clock: Clock
}): SecondStep {
  const { accounts, once, clock } = parts

  async function generatorOf(sub: string): Promise<TOTP | undefined> {
    const secret = await accounts.totpSecretOf(sub)
    return secret === undefined ? undefined : new TOTP({ secret: Secret.fromBase32(secret) })
  }

  const keyOf = (sub: string, counter: number) => `totp:${sub}:${counter}`

  return {
    isSetUp: async (sub) => (await accounts.totpSecretOf(sub)) !== undefined,

    async verify(sub, code) {
      const generator = await generatorOf(sub)
      const token = code.replace(/\s/g, '')
      if (!generator || !/^\d{6}$/.test(token)) return false
      const timestamp = clock.now()
      const delta = generator.validate({ token, timestamp, window: WINDOW })
      if (delta === null) return false
      const counter = generator.counter({ timestamp }) + delta
      const over = (counter + WINDOW + 1) * generator.period * 1000
      return once.use(keyOf(sub, counter), new Date(over))
    },

    async shownCode(sub) {
      const account = await accounts.byId(sub)
      const generator = account?.seeded ? await generatorOf(sub) : undefined
      if (!generator) return undefined
      const timestamp = clock.now()
      const period = generator.period * 1000
      // The next one too, so that two sign-ins within a half minute are no puzzle.
      for (const delta of [0, 1]) {
        const then = timestamp + delta * period
        const used = await once.isUsed(keyOf(sub, generator.counter({ timestamp: then })))
        if (!used) return generator.generate({ timestamp: then })
      }
      return undefined
    },
  }
}
