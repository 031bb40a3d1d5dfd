/** `countersign client list`: who is registered. */
import type { ClientRecord } from '../directory/clients.ts'
import type { CommandContext } from './command.ts'
import { grantNames } from './client-add.ts'
import { withDirectory } from './open-directory.ts'
import { readOptions, refusePositionals } from './options.ts'
import { readConfig } from './read-config.ts'
import { table } from './table.ts'

export const help = `Usage: countersign client list [--json]

Shows the registered clients. Secrets are not shown: only fingerprints of them are stored.
`

export async function run({ args, env, out }: CommandContext): Promise<number> {
  const { values, positionals } = readOptions('client list', args, { json: { type: 'boolean' } })
  refusePositionals('client list', positionals)
  const { config } = readConfig(env)
  const clients = await withDirectory(config, ({ clients }) => clients.list())
  if (values.json) {
    const objects = clients.map(({ clientId, metadata, seeded }) => ({
      client_id: clientId,
      ...metadata,
      seeded,
    }))
    out(`${JSON.stringify(objects, null, 2)}\n`)
  } else if (clients.length === 0) {
    out('No client is registered. The first start adds those of the seed file.\n')
  } else {
    const head = ['CLIENT', 'KIND', 'GRANTS', 'FROM', 'REDIRECT URIS']
    out(`${table([head, ...clients.map(rowOf)]).join('\n')}\n`)
  }
  return 0
}

function rowOf({ clientId, metadata, seeded }: ClientRecord): string[] {
  const grants = metadata.grant_types.map(
    (type) => Object.entries(grantNames).find(([, full]) => full === type)?.[0] ?? type,
  )
  return [
    clientId,
    metadata.token_endpoint_auth_method === 'none' ? 'public' : 'confidential',
    grants.join(' ') || 'none',
    seeded ? 'seed' : 'hand',
    metadata.redirect_uris.join(' '),
  ]
}
