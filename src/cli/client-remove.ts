/** `countersign client remove`: takes clients away, and all that was issued to them. */
import type { CommandContext } from './command.ts'
import { withDirectory } from './open-directory.ts'
import { readOptions } from './options.ts'
import { readConfig } from './read-config.ts'
import { UsageFault } from './usage-fault.ts'

export const help = `Usage: countersign client remove <id> [<id> …]

Removes clients. Their tokens are refused from the next call on, and what people allowed them is
forgotten. A client of the seed file stays removed until "countersign reset".
`

export async function run({ args, env, out, err }: CommandContext): Promise<number> {
  const { positionals } = readOptions('client remove', args, {})
  if (positionals.length === 0) {
    throw new UsageFault('Which client? Give its id. See "countersign client list".')
  }
  const { config } = readConfig(env)
  return withDirectory(config, async ({ clients }) => {
    let code = 0
    for (const clientId of new Set(positionals)) {
      if (await clients.remove(clientId)) {
        out(`Client ${clientId} was removed.\n`)
      } else {
        err(
          `countersign: there is no client ${JSON.stringify(clientId)}; see "countersign client list".\n`,
        )
        code = 1
      }
    }
    return code
  })
}
