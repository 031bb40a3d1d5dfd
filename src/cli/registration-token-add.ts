/** `countersign registration-token add`: lets somebody register one client (RFC 7591 §1.2). */
import { createInitialAccessTokens } from '../authorization/initial-access-tokens.ts'
import { systemClock } from '../lib/clock.ts'
import type { CommandContext } from './command.ts'
import { parseDuration } from './duration.ts'
import { withDirectory } from './open-directory.ts'
import { readOptions, refusePositionals } from './options.ts'
import { readConfig } from './read-config.ts'
import { UsageFault } from './usage-fault.ts'

export const help = `Usage: countersign registration-token add [options]

Prints an initial access token (RFC 7591) and nothing else, this once: whoever sends it as Bearer
to /oauth/register may register one client. A registration that is refused does not use it up.
The local profile lets everybody register without one.

  --expires-in <time>  How long it may be used: 90s, 5m, 1h, 2d. A day unless told; 90 days at most.
  --json               Print JSON, with its id and when it expires.

Example: TOKEN=$(countersign registration-token add --expires-in 2h)
`

/** Seconds. */
const DAY = 86_400
const LONGEST = 90 * DAY

export async function run({ args, env, out }: CommandContext): Promise<number> {
  const { values, positionals } = readOptions('registration-token add', args, {
    'expires-in': { type: 'string' },
    json: { type: 'boolean' },
  })
  refusePositionals('registration-token add', positionals)
  const life = lifeFrom(values['expires-in'])
  const { config } = readConfig(env)
  const { id, token, expiresAt } = await withDirectory(config, ({ db }) =>
    createInitialAccessTokens({ db, clock: systemClock }).issue(life),
  )
  const told = { id, initial_access_token: token, expires_at: expiresAt.toISOString() }
  out(values.json ? `${JSON.stringify(told, null, 2)}\n` : `${token}\n`)
  return 0
}

function lifeFrom(text: string | undefined): number {
  if (text === undefined) return DAY
  const seconds = parseDuration(text)?.seconds
  if (seconds !== undefined && seconds >= 1 && seconds <= LONGEST) return seconds
  throw new UsageFault(
    `--expires-in is "${text}"; give a time such as 90s, 5m, 1h or 2d, at most 90 days.`,
  )
}
