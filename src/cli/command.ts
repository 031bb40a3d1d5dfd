/** What a command of the command line is, and what it is given. */

/** What a command is given; nothing else looks at the process. */
export type CommandContext = {
  args: string[]
  env: Readonly<Record<string, string | undefined>>
  version: string
  /** Whether the text that `out` prints may be coloured. */
  color: boolean
  /** Prints on standard output. */
  out: (text: string) => void
  /** Prints on standard error. */
  err: (text: string) => void
}

export type CommandModule = {
  /** What `--help` prints. */
  help: string
  /** Resolves with the exit code. Throws faults for `main` to print. */
  run(context: CommandContext): Promise<number>
}
