/** Runs the command line as a person would: a process, with a data folder and a working directory of its own. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { cpSync } from 'node:fs'
import path from 'node:path'
import type { ExecutionContext } from 'ava'
import { temporaryFolder } from '../helpers/database.ts'
import { start } from '../helpers/start.ts'

const root = path.join(import.meta.dirname, '..', '..')

export const bin = path.join(root, 'src', 'bin.js')

export type Result = { code: number | null; out: string; err: string }

export type CommandLine = {
  /** Working directory; the data folder is `.countersign` in it. */
  folder: string
  /** Runs a command to its end; `input` is its standard input. */
  run: (args: string[], env?: Record<string, string>, input?: string) => Promise<Result>
  /** Starts the server, and resolves when it has said where it is. */
  start: (env?: Record<string, string>) => Promise<Started>
}

export type Started = {
  issuer: string
  process: ChildProcess
  /** What it has printed so far. */
  printed: () => string
  ended: Promise<Result>
}

/** With `seeded`, the first start is behind it: that takes a second of hashing and key making. */
export async function commandLine(
  t: ExecutionContext,
  { seeded = false } = {},
): Promise<CommandLine> {
  const folder = await temporaryFolder(t)
  if (seeded) {
    const server = await start(t)
    await server.close()
    cpSync(server.dataDir, path.join(folder, '.countersign'), { recursive: true })
  }

  function launch(args: string[], env: Record<string, string> = {}, input?: string) {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', PORT: '0', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    // A command that reads nothing may be over before.
    child.stdin.on('error', () => undefined).end(input)
    t.teardown(() => child.kill('SIGKILL'))
    const result: Result = { code: null, out: '', err: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (result.out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (result.err += text))
    const ended = new Promise<Result>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => resolve({ ...result, code }))
    })
    return { child, result, ended }
  }

  return {
    folder,
    run: (args, env, input) => launch(args, env, input).ended,
    start: (env) =>
      new Promise((resolve, reject) => {
        const { child, result, ended } = launch(['start'], env)
        const look = () => {
          const issuer = / is ready at (\S+)/.exec(result.out)?.[1]
          if (issuer === undefined || !result.out.includes('\n\n', result.out.indexOf('Try')))
            return
          child.stdout.off('data', look)
          resolve({ issuer, process: child, printed: () => result.out, ended })
        }
        child.stdout.on('data', look)
        void ended.then(({ err }) => reject(new Error(`the server did not start: ${err}`)), reject)
      }),
  }
}
