/** nginx for tests: a TLS front that nobody here wrote. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { temporaryFolder } from './database.ts'

const usualPlaces = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/opt/homebrew/bin/nginx']

const nginxPath = (): string | undefined =>
  process.env['NGINX_PATH'] ?? usualPlaces.find((path) => existsSync(path))

/** Starts nginx with these lines in its `server`, until the test ends. */
export type StartNginx = (port: number, server: string) => Promise<void>

/**
 * Where there is no nginx the test is passed over, saying so; under `CI=true` it fails. A test therefore begins
 * `const startNginx = findNginx(t)` and `if (!startNginx) return`.
 */
export function findNginx(t: ExecutionContext): StartNginx | undefined {
  const nginx = nginxPath()
  if (nginx === undefined) {
    if (process.env['CI'] === 'true') {
      t.fail('no nginx: install the package nginx or set NGINX_PATH')
    } else {
      t.log('skipped: install nginx')
      t.pass()
    }
    return undefined
  }
  return async (port, server) => {
    const folder = await temporaryFolder(t)
    const file = join(folder, 'nginx.conf')
    const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${join(folder, name)};`)
      .join(' ')
    await writeFile(
      file,
      `daemon off; master_process off; pid ${join(folder, 'pid')}; error_log stderr error;
       events {} http { access_log off; ${temp} server { listen 127.0.0.1:${port} ssl; ${server} } }`,
    )
    const child = spawn(nginx, ['-p', folder, '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    const ended = new Promise((resolve) => child.once('close', resolve))
    t.teardown(async () => {
      child.kill('SIGTERM')
      await ended
    })
    while (!(await listens(port))) {
      if (child.exitCode !== null) throw new Error(`nginx did not start: ${said}`)
      await pause(20)
    }
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const done = (found: boolean) => () => {
      socket.destroy()
      resolve(found)
    }
    socket.once('connect', done(true)).once('error', done(false))
  })
