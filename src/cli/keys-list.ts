/** `countersign keys list`: the signing keys, and where each stands. */
import type { Standing } from '../authorization/keys/standing.ts'
import type { CommandContext } from './command.ts'
import { withDirectory } from './open-directory.ts'
import { readOptions, refusePositionals } from './options.ts'
import { readConfig } from './read-config.ts'
import { moment, table } from './table.ts'

export const help = `Usage: countersign keys list [--json]

Shows the signing keys. The private halves are sealed in the database, and not shown.

  next     Published at /oauth/jwks, and signs nothing yet.
  current  Signs.
  retired  Published for as long as a token that it signed may live.
  kept     No longer published; known for ID tokens that come back at sign-out.
`

export async function run({ args, env, out }: CommandContext): Promise<number> {
  const { values, positionals } = readOptions('keys list', args, { json: { type: 'boolean' } })
  refusePositionals('keys list', positionals)
  const { config } = readConfig(env)
  const keys = await withDirectory(config, async ({ openKeys }) =>
    (await openKeys()).rotation.list(),
  )
  if (values.json) {
    out(`${JSON.stringify(keys.map(objectOf), null, 2)}\n`)
    return 0
  }
  const head = ['ALG', 'STATE', 'SINCE', 'UNTIL', 'KID']
  out(`${table([head, ...keys.map(rowOf)]).join('\n')}\n`)
  return 0
}

const rowOf = ({ alg, state, since, until, kid }: Standing): string[] => [
  alg,
  state,
  moment(since),
  until === undefined ? '' : moment(until),
  kid,
]

/** As JSON shows it. */
export const objectOf = ({ since, until, ...key }: Standing) => ({
  ...key,
  since: isoOf(since),
  ...(until !== undefined && { until: isoOf(until) }),
})

/** To the second. */
const isoOf = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')
