/** `countersign logouts`: which apps were told that somebody signed out. */
import type { CommandContext } from './command.ts'
import { withDirectory } from './open-directory.ts'
import { readOptions, refusePositionals } from './options.ts'
import { readConfig } from './read-config.ts'
import { moment, table } from './table.ts'

export const help = `Usage: countersign logouts [--json]

Shows which apps were told, or are still to be told, that somebody signed out (back-channel
logout): the latest 50 of the last seven days, those that come to nothing too. An app that does
not answer is tried five times, 1, 5, 25 and 125 seconds apart.
`

/** Rows shown. */
const MOST = 50

export async function run({ args, env, out }: CommandContext): Promise<number> {
  const { values, positionals } = readOptions('logouts', args, { json: { type: 'boolean' } })
  refusePositionals('logouts', positionals)
  const { config } = readConfig(env)
  const rows = await withDirectory(config, ({ db }) =>
    db.logoutDelivery.findMany({ orderBy: { createdAt: 'desc' }, take: MOST }),
  )
  const deliveries = rows.map((row) => ({
    client_id: row.clientId,
    sub: row.sub,
    signed_out_at: row.createdAt.toISOString(),
    tries: row.attempts,
    state: row.nextAt ? 'waiting' : row.deliveredAt ? 'delivered' : 'given up',
    last_outcome: row.outcome,
    next_try_at: row.nextAt?.toISOString() ?? null,
  }))
  if (values.json) out(`${JSON.stringify(deliveries, null, 2)}\n`)
  else if (deliveries.length === 0) {
    out('No app was to be told of a sign-out. One that wants to be registers a\n')
    out('backchannel_logout_uri: countersign client add --backchannel-logout-uri <uri>.\n')
  } else {
    const head = ['SIGNED OUT', 'CLIENT', 'PERSON', 'STATE', 'TRIES', 'LAST', 'NEXT TRY']
    const lines = deliveries.map((one) => [
      moment(new Date(one.signed_out_at)),
      one.client_id,
      one.sub,
      one.state,
      String(one.tries),
      one.last_outcome ?? '–',
      one.next_try_at === null ? '–' : moment(new Date(one.next_try_at)),
    ])
    out(`${table([head, ...lines]).join('\n')}\n`)
  }
  return 0
}
