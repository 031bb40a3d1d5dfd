/** Debian's Python, whichever other one is first on the path, and a person who follows what a script prints. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { ExecutionContext } from 'ava'
import { createPerson } from '../helpers/person.ts'

const PYTHON = '/usr/bin/python3'
const PACKAGES = '/usr/lib/python3/dist-packages'

/** Files of Authlib and what it needs → Debian's package. */
export const AUTHLIB = {
  [PYTHON]: 'python3',
  [`${PACKAGES}/authlib`]: 'python3-authlib',
  [`${PACKAGES}/requests`]: 'python3-requests',
}

/** Runs a script that prints an address to open and reads the one the person came back to; answers what it prints then. */
export async function runScript(
  t: ExecutionContext,
  issuer: string,
  args: string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const child = spawn(PYTHON, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const lines: string[] = []
  for await (const line of createInterface(child.stdout)) {
    const [url] = /https?:\S+/.exec(line) ?? []
    if (lines.push(line) > 1 || url === undefined) continue
    const person = createPerson(issuer)
    const landed = await person.answerPages(await person.browser.open(url))
    child.stdin.end(`${landed.href}\n`)
  }
  const [code] = (await ended) as [number]
  t.is(code, 0, said)
  return lines.slice(1)
}
