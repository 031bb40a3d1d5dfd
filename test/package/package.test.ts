import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import test from 'ava'

const root = join(import.meta.dirname, '..', '..')
const temporary = (t: { teardown(fn: () => void): void }) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-package-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
/** The machine's own Node, not the one in node_modules: what somebody who installs the package has. */
const ownPath = (process.env['PATH'] ?? '')
  .split(':')
  .filter((folder) => !folder.includes('node_modules'))
  .join(':')

test.serial(
  'the package runs with npx in an empty folder, or says clearly that Node is too old',
  async (t) => {
    t.timeout(240_000)
    const folder = temporary(t)
    execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root })
    const [tarball = ''] = readdirSync(folder)
    writeFileSync(join(folder, 'package.json'), '{"private":true}')
    execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', `./${tarball}`], {
      cwd: folder,
      env: { ...process.env, PATH: ownPath },
    })
    const version = execFileSync('node', ['--version'], {
      encoding: 'utf8',
      env: { PATH: ownPath },
    })
    const [major = 0, minor = 0] = version.slice(1).split('.').map(Number)
    if (major < 22 || (major === 22 && minor < 18)) {
      const old = spawnSync('npx', ['countersign'], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, PATH: ownPath },
      })
      t.is(old.status, 1)
      t.regex(old.stderr, /Countersign needs Node 22\.18 or newer; this is Node v/)
    }
    const bin = join(folder, 'node_modules', 'countersign', 'src', 'bin.js')
    const child = spawn(process.execPath, [bin], {
      cwd: folder,
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.teardown(() => child.kill('SIGKILL'))
    let issuer = ''
    for await (const line of createInterface({ input: child.stdout })) {
      issuer = /http:\/\/localhost:\d+/.exec(line)?.[0] ?? ''
      if (issuer) break
    }
    child.stdout.resume()
    t.is((await fetch(`${issuer}/.well-known/openid-configuration`)).status, 200)
    const page = await (await fetch(issuer, { headers: { accept: 'text/html' } })).text()
    t.true(page.includes('alice'))
    const stylesheet = /href="([^"]+\.css)"/.exec(page)?.[1] ?? ''
    t.is((await fetch(new URL(stylesheet, issuer))).status, 200)
    child.kill('SIGTERM')
    const [code] = (await once(child, 'exit')) as [number]
    t.is(code, 0)
  },
)

test.serial('npm ci --omit=dev does not break on prepare', (t) => {
  t.timeout(240_000)
  const folder = temporary(t)
  for (const name of ['package.json', 'package-lock.json', '.npmrc', 'scripts', 'prisma', 'src']) {
    cpSync(join(root, name), join(folder, name), {
      recursive: true,
      filter: (path) => !path.includes('generated'),
    })
  }
  const { status, stderr } = spawnSync('npm', ['ci', '--omit=dev', '--silent'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PATH: ownPath },
  })
  t.is(status, 0, stderr)
})
