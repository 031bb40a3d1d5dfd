import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import test from 'ava'
import { start } from '../helpers/start.ts'

const script = join(import.meta.dirname, '..', '..', 'scripts', 'tour.ts')

test('the tour shows 401, 403, 400 and 404, and every answer is as it should be', (t) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--json'], {
    encoding: 'utf8',
    timeout: 50_000,
  })
  t.is(status, 0, stderr + stdout)
  const shown = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { response?: { status: number }; wrong?: string })
    .filter(({ response }) => response !== undefined)
  t.deepEqual(
    shown.filter(({ wrong }) => wrong !== undefined),
    [],
  )
  const statuses = new Set(shown.map(({ response }) => response?.status))
  for (const expected of [200, 201, 204, 303, 400, 401, 403, 404]) t.true(statuses.has(expected))
})

test('the tour never prints a whole token, code or secret', (t) => {
  const { stdout } = spawnSync(process.execPath, [script], { encoding: 'utf8', timeout: 50_000 })
  t.true(stdout.includes('The access token expired'))
  t.notRegex(stdout, /eyJ[\w-]{20,}/)
  t.notRegex(stdout, /brief-secret|builder/)
  t.notRegex(stdout, /(code|token|code_verifier|xsrf|id_token_hint)(=|: |":")[\w-]{10,}/)
})

test('the tour of a server that runs already leaves it as it was, and can be taken again', async (t) => {
  const server = await start(t)
  for (let round = 0; round < 2; round++) {
    const { status, stdout } = await runTour(['--url', server.issuer])
    t.is(status, 0, stdout)
  }
  t.is(await server.db.note.count(), 4)
})

async function runTour(args: string[]): Promise<{ status: number | null; stdout: string }> {
  const { spawn } = await import('node:child_process')
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let stdout = ''
    child.stdout.on('data', (chunk) => (stdout += String(chunk)))
    child.on('close', (status) => resolve({ status, stdout }))
  })
}

test('a tour that there is not is told, with those that there are', (t) => {
  const { status, stderr } = spawnSync(process.execPath, [script, 'nowhere'], { encoding: 'utf8' })
  t.is(status, 2)
  t.regex(stderr, /no tour "nowhere": npm run tour \[-- refusals\]/)
})
