/** Debian's Apache and nginx for tests: in the foreground, on a free loopback port, with a folder of their own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { temporaryFolder } from './database.ts'

export const APACHE = '/usr/sbin/apache2'
export const APACHE_MODULES = '/usr/lib/apache2/modules'
export const NGINX = '/usr/sbin/nginx'

/** Below the ports that systems give away by themselves, so that nobody is given this one before it is used. */
const [LOWEST, HIGHEST] = [15_000, 30_000]

export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST)
    const server = createServer().listen(port, '127.0.0.1')
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    if (!isFree) continue
    server.close()
    await once(server, 'close')
    return port
  }
}

type Site = {
  port: number
  /** Beside those that the frame needs: `auth_openidc` for `mod_auth_openidc.so`. */
  modules: readonly string[]
  /** Directives of the server. */
  site: string
  /** What it serves: path → text, in which server-side includes work. */
  files: Readonly<Record<string, string>>
}

const FRAME_MODULES = [
  ...['mpm_event', 'authn_core', 'authz_core', 'authz_user'],
  ...['dir', 'include', 'mime'],
]

/** Starts Apache on http, as whoever runs the test; where that is root, its workers are www-data. */
export async function startApache(
  t: ExecutionContext,
  { port, modules, site, files }: Site,
): Promise<void> {
  const folder = await temporaryFolder(t)
  const documents = join(folder, 'documents')
  for (const [path, text] of Object.entries(files)) {
    const file = join(documents, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  // The workers may be another user.
  chmodSync(folder, 0o755)
  const log = join(folder, 'error.log')
  const lines = [
    ...[...FRAME_MODULES, ...modules].map(
      (name) => `LoadModule ${name}_module ${APACHE_MODULES}/mod_${name}.so`,
    ),
    `ServerRoot ${folder}`,
    `DefaultRuntimeDir ${folder}`,
    `PidFile ${join(folder, 'pid')}`,
    `ErrorLog ${log}`,
    `ServerName localhost:${port}`,
    `Listen 127.0.0.1:${port}`,
    ...(process.getuid?.() === 0 ? ['User www-data', 'Group www-data'] : []),
    ...['StartServers 1', 'ServerLimit 1', 'ThreadsPerChild 16', 'MaxRequestWorkers 16'],
    'MinSpareThreads 1',
    'TypesConfig /dev/null',
    'AddType text/html .html',
    'DirectoryIndex index.html',
    `DocumentRoot ${documents}`,
    `<Directory ${documents}>`,
    '  Options +Includes',
    '  SetOutputFilter INCLUDES',
    '  Require all granted',
    '</Directory>',
    site,
  ]
  const file = join(folder, 'apache.conf')
  writeFileSync(file, `${lines.join('\n')}\n`)
  await serve(t, spawn(APACHE, ['-f', file, '-DFOREGROUND'], STDIO), port, log)
}

/** Starts nginx with these directives of its `http` block. */
export async function startNginx(t: ExecutionContext, port: number, http: string): Promise<void> {
  const folder = await temporaryFolder(t)
  const log = join(folder, 'error.log')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  )
  const lines = [
    ...['daemon off;', 'master_process off;', `pid ${join(folder, 'pid')};`],
    'events {}',
    `http {\naccess_log off;\n${temporary.join('\n')}\n${http}\n}`,
  ]
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, lines.join('\n'))
  await serve(t, spawn(NGINX, ['-p', folder, '-e', log, '-c', file], STDIO), port, log)
}

const STDIO: { stdio: ['ignore', 'ignore', 'pipe'] } = { stdio: ['ignore', 'ignore', 'pipe'] }

/** Waits until it answers; stops it when the test ends, and shows what it wrote if that failed. */
async function serve(
  t: ExecutionContext,
  child: ChildProcess,
  port: number,
  log: string,
): Promise<void> {
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text))
  t.teardown(async () => {
    if (!t.passed) t.log(said, logged(log))
    await stop(child)
  })
  if (!(await isServing(child, port))) throw new Error(`It did not start: ${said}${logged(log)}`)
}

const logged = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

const isOver = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null

/** Ends when it answers, or is no more. */
async function isServing(child: ChildProcess, port: number): Promise<boolean> {
  for (let looks = 0; looks < 1000 && !isOver(child); looks++) {
    if (await answers(port)) return !isOver(child)
    await delay(10)
  }
  return false
}

/** Whether a request is answered, with whatever: where TLS is spoken, plain HTTP gets an error. */
const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const end = (answer: boolean) => {
      resolve(answer)
      socket.destroy()
    }
    socket.once('data', () => end(true))
    socket.once('error', () => end(false)).once('close', () => end(false))
    socket.write('HEAD / HTTP/1.0\r\n\r\n')
  })

async function stop(child: ChildProcess): Promise<void> {
  if (isOver(child)) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}
