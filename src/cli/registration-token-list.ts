/** `countersign registration-token list`: which initial access tokens there are. */
import { createInitialAccessTokens } from '../authorization/initial-access-tokens.ts'
import type { InitialAccessToken } from '../authorization/initial-access-tokens.ts'
import { systemClock } from '../lib/clock.ts'
import type { CommandContext } from './command.ts'
import { withDirectory } from './open-directory.ts'
import { readOptions, refusePositionals } from './options.ts'
import { readConfig } from './read-config.ts'
import { moment, table } from './table.ts'

export const help = `Usage: countersign registration-token list [--json]

Shows the initial access tokens by their ids, and what became of them, until they have expired.
The tokens themselves are not shown: only fingerprints of them are stored.
`

export async function run({ args, env, out }: CommandContext): Promise<number> {
  const { values, positionals } = readOptions('registration-token list', args, {
    json: { type: 'boolean' },
  })
  refusePositionals('registration-token list', positionals)
  const { config } = readConfig(env)
  const tokens = await withDirectory(config, ({ db }) =>
    createInitialAccessTokens({ db, clock: systemClock }).list(),
  )
  if (values.json) {
    const objects = tokens.map(({ id, createdAt, expiresAt, usedFor }) => ({
      id,
      created_at: createdAt.toISOString(),
      expires_at: expiresAt.toISOString(),
      ...(usedFor !== undefined && { client_id: usedFor }),
    }))
    out(`${JSON.stringify(objects, null, 2)}\n`)
  } else if (tokens.length === 0) {
    out('There is no initial access token. "countersign registration-token add" makes one.\n')
  } else {
    out(`${table([['ID', 'MADE', 'EXPIRES', 'STATE'], ...tokens.map(rowOf)]).join('\n')}\n`)
  }
  return 0
}

function rowOf({ id, createdAt, expiresAt, usedFor }: InitialAccessToken): string[] {
  const over = expiresAt.getTime() <= systemClock.now()
  const state = usedFor === undefined ? (over ? 'expired' : 'unused') : `registered ${usedFor}`
  return [id, moment(createdAt), moment(expiresAt), state]
}
