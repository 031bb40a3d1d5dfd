/** oidc-agent registers itself and gets tokens for the command line, by the commands that the README shows. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../helpers/database.ts'
import { allowDevice } from '../helpers/device.ts'
import { isInstalled } from '../helpers/installed.ts'
import { callApi, createPerson } from '../helpers/person.ts'
import { start } from '../helpers/start.ts'
import { freePort } from '../helpers/web-server.ts'
import { asShown } from './as-shown.ts'

const NEEDED = {
  '/usr/bin/oidc-agent': 'oidc-agent-cli',
  '/usr/bin/oidc-gen': 'oidc-agent-cli',
  '/usr/bin/curl': 'curl',
}

/** An agent of its own, with the environment of a shell that knows it. */
async function startAgent(t: ExecutionContext): Promise<Record<string, string>> {
  const home = await temporaryFolder(t)
  mkdirSync(join(home, '.config'), { recursive: true })
  const socket = join(home, 'agent.sock')
  const env = {
    ...{ HOME: home, TMPDIR: home, PATH: '/usr/bin:/bin' },
    ...{ OIDC_SOCK: socket, OIDC_ENCRYPTION_PW: 'a password for the file' },
  }
  const agent = spawn('/usr/bin/oidc-agent', ['--console', `--socket-path=${socket}`], {
    env,
    stdio: 'ignore',
  })
  t.teardown(async () => {
    const ended = once(agent, 'exit')
    agent.kill('SIGTERM')
    await ended
  })
  for (let looks = 0; looks < 1000 && !existsSync(socket); looks++) await delay(10)
  return env
}

/** The commands shown, without questions and without a browser that opens by itself. */
const commands = (issuer: string, port: number, more: Record<string, string> = {}) =>
  asShown('oidc-agent.sh', {
    'eval "$(oidc-agent)"': ':',
    'oidc-gen ': 'oidc-gen --pw-env --prompt=none --confirm-default --no-url-call ',
    'http://localhost:4010': issuer,
    'localhost:4242': `localhost:${port}`,
    ...more,
  })

type Shell = { child: ChildProcess; said: () => string; find: (pattern: RegExp) => Promise<string> }

/** Line by line, as on a terminal: a pipe would get nothing before the end. */
function runShell(t: ExecutionContext, env: Record<string, string>, script: string): Shell {
  const child = spawn('/usr/bin/stdbuf', ['-oL', '/bin/sh', '-ec', script], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that what it started ends with it.
    detached: true,
  })
  t.teardown(() => {
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  }
  return {
    child,
    said: () => said,
    async find(pattern) {
      for (;;) {
        const found = pattern.exec(said)?.[1]
        if (found !== undefined) return found
        if (child.exitCode !== null) throw new Error(`${String(pattern)} is not in:\n${said}`)
        await delay(20)
      }
    },
  }
}

test('oidc-agent registers itself, shows a code, and has a token when the person said yes', async (t) => {
  if (!isInstalled(t, NEEDED)) return
  const server = await start(t)
  const env = await startAgent(t)
  const shell = runShell(t, env, commands(server.issuer, await freePort()))
  t.is(await shell.find(/visit:\s+(\S+)/), server.url('/device'))
  const page = await allowDevice(server.issuer, {
    user_code: await shell.find(/code: ([A-Z]{4}-[A-Z]{4})\n/),
  })
  t.is(page.status, 200)
  await once(shell.child, 'exit')
  t.is(shell.child.exitCode, 0, shell.said())
  t.regex(shell.said(), /"notes":\[.*caterpillar/)
})

test('oidc-agent signs in with PKCE at its own loopback port, and refreshes', async (t) => {
  if (!isInstalled(t, NEEDED)) return
  const server = await start(t)
  const env = await startAgent(t)
  const port = await freePort()
  const shell = runShell(t, env, commands(server.issuer, port, { 'flow=device': 'flow=code' }))
  const url = await shell.find(/(http:\S+\/oauth\/authorize\?\S+)/)
  t.is(new URL(url).searchParams.get('code_challenge_method'), 'S256')
  const person = createPerson(server.issuer)
  const landed = await person.answerPages(await person.browser.open(url))
  t.is(landed.origin, `http://localhost:${port}`)
  t.true((await fetch(landed)).ok)
  await once(shell.child, 'exit')
  t.is(shell.child.exitCode, 0, shell.said())
  t.regex(shell.said(), /"notes":\[.*caterpillar/)

  const ask = async (...args: string[]) => {
    const { child, said } = runShell(t, env, `oidc-token notes ${args.join(' ')}`)
    await once(child, 'exit')
    return said().trim()
  }
  const kept = await ask()
  t.is(await ask(), kept)
  // More than it has left to live.
  const fresh = await ask('--time=3000')
  t.not(fresh, kept)
  t.is((await callApi(server.url('/api/whoami'), fresh)).status, 200)
})
