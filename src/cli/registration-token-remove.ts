/** `countersign registration-token remove`: takes back initial access tokens that were not used. */
import { createInitialAccessTokens } from '../authorization/initial-access-tokens.ts'
import { systemClock } from '../lib/clock.ts'
import type { CommandContext } from './command.ts'
import { withDirectory } from './open-directory.ts'
import { readOptions } from './options.ts'
import { readConfig } from './read-config.ts'
import { UsageFault } from './usage-fault.ts'

export const help = `Usage: countersign registration-token remove <id> [<id> …]

Takes back initial access tokens that nobody has used yet. A client that was registered with one
stays; "countersign client remove" takes it away.
`

export async function run({ args, env, out, err }: CommandContext): Promise<number> {
  const { positionals } = readOptions('registration-token remove', args, {})
  if (positionals.length === 0) {
    throw new UsageFault('Which token? Give its id. See "countersign registration-token list".')
  }
  const { config } = readConfig(env)
  return withDirectory(config, async ({ db }) => {
    const tokens = createInitialAccessTokens({ db, clock: systemClock })
    let code = 0
    for (const id of new Set(positionals)) {
      if (await tokens.revoke(id)) {
        out(`Initial access token ${id} was removed.\n`)
      } else {
        err(
          `countersign: there is no unused token ${JSON.stringify(id)}; see "countersign registration-token list".\n`,
        )
        code = 1
      }
    }
    return code
  })
}
