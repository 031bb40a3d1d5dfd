/** `countersign reset`: back to the seed file. */
import type { Removed } from '../directory/seed.ts'
import type { CommandContext } from './command.ts'
import { withDirectory } from './open-directory.ts'
import { readOptions, refusePositionals } from './options.ts'
import { readConfig } from './read-config.ts'

export const help = `Usage: countersign reset

Goes back to the seed file: what was added or changed is removed or put back, everybody is signed
out, and consents and tokens end. The master secret and the signing keys stay, so clients need not
read them again. A running server carries on with the seed's people and clients.
For the local profile only.
`

export async function run({ args, env, out }: CommandContext): Promise<number> {
  refusePositionals('reset', readOptions('reset', args, {}).positionals)
  const { config } = readConfig(env)
  const { removed, report } = await withDirectory(config, ({ seed }) => seed.reset())
  const { people, clients } = report
  out(
    `Back to the seed: ${count(people.length, 'person', 'people')}, ${count(clients.length, 'client')}.\n` +
      `Removed: ${inWords(removed)}.\n`,
  )
  return 0
}

const count = (n: number, one: string, many = `${one}s`) => `${n} ${n === 1 ? one : many}`

function inWords(removed: Removed): string {
  const { people, clients, notes, ledgerEntries, consents, sessions } = removed
  const parts = [
    ...people.map((login) => `person ${login}`),
    ...clients.map((clientId) => `client ${clientId}`),
    ...(notes > 0 ? [count(notes, 'note')] : []),
    ...(ledgerEntries > 0 ? [count(ledgerEntries, 'ledger entry', 'ledger entries')] : []),
    ...(consents > 0 ? [count(consents, 'consent')] : []),
    ...(sessions > 0 ? [count(sessions, 'session')] : []),
  ]
  return parts.length === 0 ? 'nothing that was added' : parts.join(', ')
}
