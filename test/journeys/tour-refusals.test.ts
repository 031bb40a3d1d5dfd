import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { join } from 'node:path'
import test from 'ava'
import { provokableIds } from '../../src/lab/breakages.ts'
import { refusalIds, rowOf } from '../../src/refusals/catalogue.ts'
import { start } from '../helpers/start.ts'

const script = join(import.meta.dirname, '..', '..', 'scripts', 'tour.ts')

type Line = {
  chapter?: string
  note?: string
  title?: string
  response?: { status: number }
  wrong?: string
}

function runTour(args: string[]): Promise<{ status: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, 'refusals', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk) => (out += String(chunk)))
    child.stderr.on('data', (chunk) => (err += String(chunk)))
    child.on('close', (status) => resolve({ status, out, err }))
  })
}

const linesOf = (out: string): Line[] =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)

test('the tour shows every refusal in the order of the catalogue, each as it should be', async (t) => {
  const { status, out, err } = await runTour(['--json'])
  t.is(status, 0, err + out.slice(-2000))
  const lines = linesOf(out)
  const told = lines.filter(({ chapter }) => chapter === undefined)
  t.deepEqual(
    told.map(({ title, note }) => (title ?? note ?? '').split(':')[0]),
    refusalIds,
  )
  for (const [at, id] of refusalIds.entries()) {
    const { response, note, wrong } = told[at] ?? {}
    t.is(wrong, undefined, id)
    const { reason, status: promised } = rowOf(id)
    if (reason === undefined) t.is(response?.status, promised, id)
    else t.true(note?.endsWith(reason), id)
  }
})

test('the tour of refusals prints no token, code, cookie or secret as a whole', async (t) => {
  const { status, out } = await runTour([])
  t.is(status, 0)
  t.true(out.endsWith('\nEvery answer was as it should be.\n'))
  t.notRegex(out, /eyJ[\w-]{20,}/)
  t.notRegex(out, /countersign_\w+(\.sig)?=[\w-]{10,}/)
  t.notRegex(out, /(code|code_verifier|client_secret|password|response)(=|="|: )[\w-]{10,}/)
  t.notRegex(out, /(_token=|Bearer )(?!a-token-that-was-never-given-out)[\w-]{36,}/)
  t.notRegex(out, /Authorization: Basic [\w+/]{10,}/)
})

/** Something that answers as a Countersign does, but with another answer than the catalogue promises. */
test('one answer that is not as promised is told, and is exit code 1', async (t) => {
  const server = createServer((req, res) => {
    const id = req.url?.split('/').at(-1) ?? ''
    const differs = id === 'token-expired'
    const origin = `http://${req.headers.host ?? ''}`
    const body = req.url?.startsWith('/lab/')
      ? {
          request: { method: 'GET', url: `${origin}/api/notes`, headers: [] },
          answer: { status: 401, headers: [], body: {} },
          same: !differs,
          differences: differs ? ['The status is 200, not 401.'] : [],
        }
      : { issuer: origin }
    res.end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close().closeAllConnections())
  const { port } = server.address() as { port: number }
  const { status, out } = await runTour(['--json', '--url', `http://127.0.0.1:${port}`])
  t.is(status, 1)
  const wrong = linesOf(out).filter((line) => line.wrong !== undefined)
  t.is(wrong.length, 1)
  t.like(wrong[0], { wrong: 'The status is 200, not 401.' })
})

test('the tour of a server that runs already leaves it as it was, and can be taken again', async (t) => {
  const timeouts = {
    headersTimeout: 1_000,
    requestTimeout: 1_000,
    connectionsCheckingInterval: 100,
  }
  const server = await start(t, { timeouts })
  for (let round = 0; round < 2; round++) {
    const { status, out } = await runTour(['--json', '--url', server.issuer])
    t.is(status, 0, out.slice(-2000))
    const shown = linesOf(out).filter(({ response }) => response !== undefined)
    t.is(shown.length, provokableIds.length)
  }
  t.is(await server.db.note.count(), 4)
  t.is(await server.db.artifact.count(), 0)
  t.is(await server.db.consent.count(), 0)
})
