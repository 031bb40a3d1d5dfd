/** `countersign keys rotate`: the next signing keys take over, in turn or at once. */
import { PUBLISH_AHEAD, SIGNING_ALGORITHMS } from '../authorization/keys/standing.ts'
import type { KeyRotation } from '../authorization/keys/rotation.ts'
import type { SigningAlgorithm, Standing } from '../authorization/keys/standing.ts'
import type { CommandContext } from './command.ts'
import { objectOf } from './keys-list.ts'
import { withDirectory } from './open-directory.ts'
import { readOptions, refusePositionals } from './options.ts'
import { readConfig } from './read-config.ts'
import { moment } from './table.ts'
import { UsageFault } from './usage-fault.ts'

export const help = `Usage: countersign keys rotate [options]

Lets the next key of each algorithm sign, publishes another next one, and leaves the old one
published until the last token that it signed is over. Servers that run on the same data follow at
once, and no token is refused for it. A key signs once it has been published for ${PUBLISH_AHEAD / 60} minutes; asked
for earlier, it takes over by itself when they have passed.

Servers rotate by themselves too: see KEY_ROTATION_DAYS.

  --alg <name>    One algorithm only: ${SIGNING_ALGORITHMS.join(', ')}. May be repeated.
  --compromised   Somebody else may have the keys: all of them are dropped at once, and new ones
                  sign. What the old ones signed is refused from the next call on.
  --json          Print JSON.
`

export async function run({ args, env, out }: CommandContext): Promise<number> {
  const { values, positionals } = readOptions('keys rotate', args, {
    alg: { type: 'string', multiple: true },
    compromised: { type: 'boolean' },
    json: { type: 'boolean' },
  })
  refusePositionals('keys rotate', positionals)
  const algorithms = algorithmsFrom(values.alg)
  const { config } = readConfig(env)
  const { done, dropped, keys } = await withDirectory(config, async ({ openKeys }) => {
    const { rotation } = await openKeys()
    const changed = values.compromised
      ? { done: algorithms, dropped: await rotation.withdraw(algorithms) }
      : { done: await rotation.rotate(algorithms), dropped: [] }
    return { ...changed, keys: (await rotation.list()).filter(among(algorithms)) }
  })
  if (values.json) {
    out(`${JSON.stringify({ rotated: done, dropped, keys: keys.map(objectOf) }, null, 2)}\n`)
    return 0
  }
  for (const alg of algorithms) {
    for (const line of told(alg, done.includes(alg), keys)) out(`${line}\n`)
  }
  if (values.compromised)
    out(`${dropped.length} keys were dropped, and what they signed is refused.\n`)
  return 0
}

const among =
  (algorithms: readonly string[]) =>
  ({ alg }: Standing): boolean =>
    algorithms.includes(alg)

function told(
  alg: SigningAlgorithm,
  isDone: boolean,
  keys: Awaited<ReturnType<KeyRotation['list']>>,
): string[] {
  const ofAlg = keys.filter((key) => key.alg === alg)
  const taking = ofAlg.find(({ state, until }) => state === 'next' && until !== undefined)
  if (taking) {
    const when = `signs from ${moment(taking.until ?? 0)} on`
    return [
      isDone
        ? `${alg}: ${taking.kid} ${when}, when it has been published long enough.`
        : `${alg}: ${taking.kid} ${when}; that was decided already.`,
    ]
  }
  const current = ofAlg.find(({ state }) => state === 'current')
  const retired = ofAlg.find(({ state }) => state === 'retired')
  return [
    `${alg}: ${current?.kid ?? ''} signs now.`,
    ...(isDone && retired
      ? [`       ${retired.kid} stays published until ${moment(retired.until ?? 0)}.`]
      : []),
  ]
}

function algorithmsFrom(names: readonly string[] | undefined): readonly SigningAlgorithm[] {
  if (!names) return SIGNING_ALGORITHMS
  return names.map((name) => {
    const known = SIGNING_ALGORITHMS.find((alg) => alg.toLowerCase() === name.toLowerCase())
    if (known) return known
    throw new UsageFault(`--alg is "${name}"; give one of ${SIGNING_ALGORITHMS.join(', ')}.`)
  })
}
