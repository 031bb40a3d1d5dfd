/** `countersign start`: the server, until a signal ends it. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { isLoopback } from '../config/network-names.ts'
import type { CountersignServer } from '../server.ts'
import type { CommandContext } from './command.ts'
import { banner } from './banner.ts'
import { readOptions, refusePositionals } from './options.ts'
import { readConfig } from './read-config.ts'

export const help = `Usage: countersign [start]

Starts the server and prints where it is, and who can sign in. Ctrl-C ends it.
The first start makes the data folder with a database and a master secret.

Settings come from the environment and from .env: PORT=5000 countersign start
`

/** Milliseconds that requests in flight, and the database, are given at the end. */
const LONGEST_CLOSE = 10_000

/** A second signal ends the process at once, but npm passes on what a terminal has sent already. Milliseconds. */
const SAME_SIGNAL = 1000

export async function run({
  args,
  env,
  version,
  color,
  out,
  err,
}: CommandContext): Promise<number> {
  refusePositionals('start', readOptions('start', args, {}).positionals)
  const { config, hints } = readConfig(env)
  const { startServer } = await import('../server.ts')
  const server = await startServer({ config })
  const stopped = untilSignal(server, err)
  const open = config.profile === 'local' ? config.host.filter((host) => !isLoopback(host)) : []
  out(
    banner({
      version,
      issuer: server.issuer,
      profile: config.profile,
      openAddresses: open,
      seed: server.seed,
      hasTour: existsSync(path.join(import.meta.dirname, '..', '..', 'scripts', 'tour.ts')),
      hints,
      color,
    }),
  )
  await stopped
  // At once: while Node takes itself apart, the second signal of a Ctrl-C would end it with another code.
  process.exit(0)
}

/** Resolves when the server is closed, or has had its time. */
function untilSignal(server: CountersignServer, err: CommandContext['err']): Promise<void> {
  return new Promise((resolve) => {
    let askedAt: number | undefined
    const stop = () => {
      if (askedAt !== undefined) {
        if (performance.now() - askedAt > SAME_SIGNAL) process.exit(130)
        return
      }
      askedAt = performance.now()
      const late = setTimeout(() => {
        err('countersign: some requests did not finish in time.\n')
        resolve()
      }, LONGEST_CLOSE)
      void server
        .close()
        .catch((error: unknown) => err(`countersign: while closing: ${String(error)}\n`))
        .finally(() => {
          clearTimeout(late)
          resolve()
        })
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
  })
}
