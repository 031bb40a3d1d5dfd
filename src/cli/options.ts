/** Options of a command, read by Node's own parser; what it does not know is a fault with a suggestion. */
import { parseArgs } from 'node:util'
import type { ParseArgsOptionsConfig } from 'node:util'
import { closest } from '../lib/closest.ts'
import { UsageFault } from './usage-fault.ts'

/** Throws `UsageFault`. */
export function readOptions<const Options extends ParseArgsOptionsConfig>(
  command: string,
  args: string[],
  options: Options,
) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageFault(
      `${sentence(error, Object.keys(options))} See "countersign ${command} --help".`,
    )
  }
}

function sentence(error: unknown, known: readonly string[]): string {
  const message = error instanceof Error ? error.message : String(error)
  const unknown = /^Unknown option '--?([^']*)'/.exec(message)?.[1]
  if (unknown !== undefined) {
    const meant = closest(unknown, known)
    return `--${unknown} is not an option${meant ? `; did you mean --${meant}?` : '.'}`
  }
  // The first sentence says what is wrong, the next ones how Node's parser sees it.
  return `${/^[^.\n]*/.exec(message)?.[0] ?? message}.`
}

export function refusePositionals(command: string, positionals: readonly string[]): void {
  if (positionals.length === 0) return
  throw new UsageFault(
    `"${positionals.join(' ')}" is not understood. See "countersign ${command} --help".`,
  )
}
