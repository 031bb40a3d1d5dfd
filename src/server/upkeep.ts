/** What a running server does from time to time, whether or not anybody calls: removes what is over, rotates keys. */
import type { SigningKeys } from '../authorization/keys.ts'
import type { Database } from '../db/client.ts'
import { sweep } from '../db/sweep.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../web/log.ts'

/** Milliseconds. */
const INTERVAL = 10 * 60_000

export type Upkeep = {
  /** Begins nothing more. */
  stop(): void
  /** Resolves when what is under way has ended. */
  finished(): Promise<void>
}

/** Keys are looked after at once, too: the first start leaves some to be made, and a server may have been down for long. */
export function startUpkeep(parts: {
  db: Database
  clock: Clock
  keys: SigningKeys
  log: Log
}): Upkeep {
  const { keys, log } = parts

  async function maintainKeys(): Promise<void> {
    const rotated = await keys.rotation.maintain()
    if (rotated.length > 0) log.info({ algorithms: rotated }, 'signing keys rotated')
  }

  const run = (what: string, work: () => Promise<unknown>) =>
    work().catch((error: unknown) => log.error({ err: error }, `${what} failed`))

  let keeping: Promise<unknown> = run('the rotation of the signing keys', maintainKeys)
  const timer = setInterval(() => {
    keeping = Promise.all([
      keeping,
      run('sweeping', () => sweep(parts)),
      run('the rotation of the signing keys', maintainKeys),
    ])
  }, INTERVAL)
  timer.unref()

  return {
    stop: () => clearInterval(timer),
    async finished() {
      await keeping
    },
  }
}
