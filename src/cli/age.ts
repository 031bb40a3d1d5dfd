/** `countersign age`: makes everything that was issued so far older, on the running server. */
import { MOST_SECONDS } from '../lab/age.ts'
import type { AgedCounts } from '../lab/age.ts'
import type { CommandContext } from './command.ts'
import { parseDuration } from './duration.ts'
import { readOptions } from './options.ts'
import { askServer, serverOrigin, urlHelp, urlOption } from './running-server.ts'
import { table } from './table.ts'
import { UsageFault } from './usage-fault.ts'

export const help = `Usage: countersign age <duration> [options]

Makes everything the running server has issued so far that much older: codes, tokens, sessions,
grants, sign-ins that are under way. What it issues from then on is not touched, and no clock is
changed. For the local profile only.

A duration is a whole number of seconds, or one with a unit: 90, 90s, 5m, 1h, 2d.

${urlHelp}
  --json          Print JSON.

Example: countersign age 1h
`

const WORDS = { s: 'second', m: 'minute', h: 'hour', d: 'day' }

export async function run({ args, env, out }: CommandContext): Promise<number> {
  const { values, positionals } = readOptions('age', args, {
    ...urlOption,
    json: { type: 'boolean' },
  })
  const { seconds, words } = durationFrom(positionals)
  const url = serverOrigin(values.url, env)
  const answer = await askServer({ url, path: '/lab/age', method: 'POST', body: { seconds } })
  if (values.json) {
    out(`${JSON.stringify(answer, null, 2)}\n`)
    return 0
  }
  const { artifacts, ...kinds } = (answer as { aged: AgedCounts }).aged
  const rows = Object.entries(kinds)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => [`  ${kind.replaceAll('_', ' ')}`, String(count)])
  out(
    [
      `Everything issued so far is ${words} older${rows.length > 0 ? ':' : '.'}`,
      ...table(rows),
      `${artifacts > 0 ? 'These are in the database' : 'Nothing is in the database'}; JWT access tokens are not kept there, and are older too.`,
      '',
    ].join('\n'),
  )
  return 0
}

function durationFrom([text, ...more]: readonly string[]): { seconds: number; words: string } {
  if (text === undefined) {
    throw new UsageFault('How much older? Give a duration such as 90s, 5m, 1h or 2d.')
  }
  const duration = parseDuration(text)
  if (!duration || more.length > 0) {
    throw new UsageFault(
      `"${[text, ...more].join(' ')}" is no duration; give one such as 90, 90s, 5m, 1h or 2d.`,
    )
  }
  const { amount, unit, seconds } = duration
  if (seconds < 1 || seconds > MOST_SECONDS) {
    throw new UsageFault(
      `"${text}" is not between one second and ten years (${MOST_SECONDS / 86_400}d).`,
    )
  }
  return { seconds, words: `${amount} ${WORDS[unit]}${amount === 1 ? '' : 's'}` }
}
