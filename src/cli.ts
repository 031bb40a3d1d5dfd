/** The command line: a table of commands, each loaded only when it is called. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { CommandContext, CommandModule } from './cli/command.ts'
import { UsageFault } from './cli/usage-fault.ts'
import { DatabaseFault } from './db/database-fault.ts'
import { closest } from './lib/closest.ts'

type Command = { says: string; load: () => Promise<CommandModule> }

const commands = {
  start: {
    says: 'Start the server. This is what happens without a command.',
    load: () => import('./cli/start.ts'),
  },
  'client add': { says: 'Register a client.', load: () => import('./cli/client-add.ts') },
  'client list': { says: 'Show the clients.', load: () => import('./cli/client-list.ts') },
  'client remove': {
    says: 'Remove clients, and all that was issued to them.',
    load: () => import('./cli/client-remove.ts'),
  },
  logouts: {
    says: 'Show which apps were told that somebody signed out.',
    load: () => import('./cli/logouts.ts'),
  },
  'keys list': {
    says: 'Show the signing keys, and what each is there for.',
    load: () => import('./cli/keys-list.ts'),
  },
  'keys rotate': {
    says: 'Let the next signing keys take over.',
    load: () => import('./cli/keys-rotate.ts'),
  },
  'registration-token add': {
    says: 'Print a token with which an app may register itself, once.',
    load: () => import('./cli/registration-token-add.ts'),
  },
  'registration-token list': {
    says: 'Show such tokens, and what became of them.',
    load: () => import('./cli/registration-token-list.ts'),
  },
  'registration-token remove': {
    says: 'Take such tokens back.',
    load: () => import('./cli/registration-token-remove.ts'),
  },
  mint: {
    says: 'Print a valid token of the running server, for anybody.',
    load: () => import('./cli/mint.ts'),
  },
  break: {
    says: 'Provoke a refusal of the running server; without an id, list them.',
    load: () => import('./cli/break.ts'),
  },
  age: {
    says: 'Make everything the running server has issued so far older.',
    load: () => import('./cli/age.ts'),
  },
  doctor: {
    says: 'Ask why a request was refused, or a token would be.',
    load: () => import('./cli/doctor.ts'),
  },
  reset: {
    says: 'Go back to the seed: sign everybody out and remove what was added.',
    load: () => import('./cli/reset.ts'),
  },
} as const satisfies Record<string, Command>

type CommandName = keyof typeof commands

const names = Object.keys(commands) as CommandName[]

const line = (name: string, says: string): string => `  ${name.padEnd(27)}${says}`

const overview = `countersign: a local identity provider and the protected API behind it

Usage: countersign [command] [options]

${names.map((name) => line(name, commands[name].says)).join('\n')}
${line('help [command]', 'Show this, or how to use a command.')}
${line('--version', 'Show the version.')}

Settings are read from the environment and from .env in the working directory.
See .env.example for their names and defaults.
`

/** Two words where the first one is a group. */
function commandIn(words: readonly string[]): { name: CommandName; rest: string[] } | undefined {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ')
    const known = names.find((candidate) => candidate === name)
    if (known) return { name: known, rest: words.slice(length) }
  }
  return undefined
}

function unknownCommand(words: readonly string[]): UsageFault {
  const group = names.filter((name) => name.startsWith(`${words[0] ?? ''} `))
  if (group.length > 0) {
    const tried = words.slice(0, 2).join(' ')
    const meant = closest(tried, group)
    return new UsageFault(
      `"${tried}" is no command; ${meant ? `did you mean "${meant}"?` : `there are ${group.join(', ')}.`}`,
    )
  }
  const meant = closest(words[0] ?? '', [...names, 'help'])
  return new UsageFault(
    `"${words[0] ?? ''}" is no command; ${meant ? `did you mean "${meant}"?` : 'see "countersign help".'}`,
  )
}

async function help(words: readonly string[]): Promise<string> {
  if (words.length === 0) return overview
  const found = commandIn(words)
  if (found) return (await commands[found.name].load()).help
  const group = names.filter((name) => name.startsWith(`${words.join(' ')} `))
  if (group.length === 0) throw unknownCommand(words)
  const modules = await Promise.all(group.map((name) => commands[name].load()))
  return modules.map((module) => module.help).join('\n')
}

function readVersion(): string {
  const file = path.join(import.meta.dirname, '..', 'package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

const isHelp = (word: string) => word === '--help' || word === '-h'

async function run(context: CommandContext): Promise<number> {
  const { args, out } = context
  const [first, ...others] = args
  if (first === '--version' || first === '-v') {
    out(`${context.version}\n`)
    return 0
  }
  if (first === 'help' || (first !== undefined && isHelp(first))) {
    out(await help(others))
    return 0
  }
  // Without a command, options are those of start.
  const words = first === undefined || first.startsWith('-') ? ['start', ...args] : args
  const at = words.findIndex(isHelp)
  if (at >= 0) {
    out(
      await help(
        words
          .slice(0, at)
          .filter((word) => !word.startsWith('-'))
          .slice(0, 2),
      ),
    )
    return 0
  }
  const found = commandIn(words)
  if (!found) throw unknownCommand(words)
  const { run } = await commands[found.name].load()
  return run({ ...context, args: found.rest })
}

/** What to say of an error, and the exit code: 2 for a wrong call, 1 for everything else. */
function explain(error: unknown): { text: string; code: number } {
  if (error instanceof UsageFault) return { text: `countersign: ${error.message}\n`, code: 2 }
  const faults = faultsOf(error)
  if (faults) return { text: faults.map((fault) => `countersign: ${fault}\n`).join(''), code: 1 }
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { text: `countersign: an error nobody expected; please report it.\n${what}\n`, code: 1 }
}

/** `StartFault` and `ClientFault` carry a list; told by its shape, so that no module need be loaded for it. */
function faultsOf(error: unknown): string[] | undefined {
  if (error instanceof DatabaseFault) return [error.message]
  if (!(error instanceof Error) || !('faults' in error)) return undefined
  return Array.isArray(error.faults) ? error.faults.map(String) : undefined
}

/** Runs a command to its end and returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const context: CommandContext = {
    args,
    env: process.env,
    version: readVersion(),
    color: process.stdout.isTTY && !process.env['NO_COLOR'],
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
  }
  let code: number
  try {
    code = await run(context)
  } catch (error) {
    const explained = explain(error)
    context.err(explained.text)
    code = explained.code
  }
  // Nothing holds the process any more; should something, it ends all the same.
  setTimeout(() => process.exit(code), 1000).unref()
  return code
}
