/**
 * How fast it is, each row beside its yardstick in the same run, on loopback only. `npm run bench` prints a table,
 * `-- --json` the figures, `-- --seconds 10` makes each row run longer. It takes about two minutes.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import autocannon from 'autocannon'
import { perSecond, refresh, signIn, type Flow } from './bench/flows.ts'
import { secondsToFirstAnswer, startProcess } from './bench/processes.ts'
import { basicCredentials } from './kit/client.ts'

type Row = {
  name: string
  unit: string
  measured: number
  yardstick?: { name: string; measured: number; ratio: number; aim: string; met: boolean }
}

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, seconds: { type: 'string', default: '5' } },
})
const SECONDS = Math.min(60, Math.max(1, Number(values.seconds) || 5))
const CONNECTIONS = 20
const file = (name: string) => join(import.meta.dirname, 'bench', name)
const rows: Row[] = []

function add(name: string, unit: string, measured: number, yardstick?: [string, number, string]) {
  if (!yardstick) {
    rows.push({ name, unit, measured })
    return
  }
  const [other, theirs, aim] = yardstick
  const ratio = measured / theirs
  const limit = Number(aim.replace(/[^\d.]/g, ''))
  const met = aim.startsWith('≤') ? ratio <= limit : ratio >= limit
  rows.push({ name, unit, measured, yardstick: { name: other, measured: theirs, ratio, aim, met } })
}

/** Requests a second; any answer but the expected one spoils the row. */
async function load(options: autocannon.Options, expected: number): Promise<number> {
  const result = await autocannon({ connections: CONNECTIONS, duration: SECONDS, ...options })
  const counts = result.statusCodeStats as Record<string, { count: number }> | undefined
  const others = Object.keys(counts ?? {}).filter((status) => status !== String(expected))
  if (others.length > 0 || result.errors > 0) {
    throw new Error(`${options.url}: ${JSON.stringify(counts)}, ${result.errors} errors`)
  }
  return result.requests.average
}

const clientCredentials = (url: string, resource: string): autocannon.Options => ({
  url,
  method: 'POST',
  headers: {
    'content-type': 'application/x-www-form-urlencoded',
    authorization: basicCredentials('service', 'service-secret'),
  },
  body: new URLSearchParams({
    grant_type: 'client_credentials',
    scope: 'notes:read',
    resource,
  }).toString(),
})

const folder = await mkdtemp(join(tmpdir(), 'countersign-bench-'))
const settings = { DATA_DIR: folder, LOG_LEVEL: 'silent' }
const idle = await startProcess(file('countersign.ts'), { ...settings, PORT: '0' })
await fetch(`${idle.issuer}/.well-known/openid-configuration`)
add('memory after the first answer', 'MB', await residentMegabytes(idle.process.pid))
await idle.stop()

const ours = await startProcess(file('countersign.ts'), { ...settings, PORT: '0' })
const engine = await startProcess(file('engine-alone.ts'))
const koa = await startProcess(file('bare-koa.ts'))
try {
  const token = await measureTokens()
  await measureApi(token)
  await measureFlows()
} finally {
  await Promise.all([ours.stop(), engine.stop(), koa.stop()])
}
try {
  await measureStart()
} finally {
  await rm(folder, { recursive: true, force: true })
}
print()

async function measureTokens(): Promise<string> {
  const request = clientCredentials(`${ours.issuer}/oauth/token`, `${ours.issuer}/api`)
  const theirs = clientCredentials(`${engine.issuer}/token`, `${engine.issuer}/api`)
  await load({ ...request, duration: 1 }, 200)
  await load({ ...theirs, duration: 1 }, 200)
  const engineRate = await load(theirs, 200)
  const ourRate = await load(request, 200)
  add('client_credentials, ES256 JWT', '/s', ourRate, ['engine alone', engineRate, '≥ 0.8'])
  const response = await fetch(request.url, request as RequestInit)
  return ((await response.json()) as { access_token: string }).access_token
}

async function measureApi(token: string): Promise<void> {
  const url = `${ours.issuer}/api/whoami`
  const accepted = { url, headers: { authorization: `Bearer ${token}` } }
  await load({ url: koa.issuer, duration: 1 }, 200)
  await load({ ...accepted, duration: 1 }, 200)
  const bare = await load({ url: koa.issuer }, 200)
  add('GET /api/whoami, accepted', '/s', await load(accepted, 200), ['bare Koa', bare, '≥ 0.5'])
  add('GET /api/whoami, refused', '/s', await load({ url }, 401), ['bare Koa', bare, '≥ 0.5'])
}

async function measureFlows(): Promise<void> {
  const flows: [Flow, Flow] = [
    { issuer: ours.issuer, paths: { authorize: '/oauth/authorize', token: '/oauth/token' } },
    { issuer: engine.issuer, paths: { authorize: '/auth', token: '/token' } },
  ]
  const rates = { signIn: [] as number[], refresh: [] as number[] }
  for (const flow of flows) {
    await signIn(flow)
    rates.signIn.push(
      await perSecond(8, SECONDS, async () => {
        await signIn(flow)
      }),
    )
    const tokens = await Promise.all(Array.from({ length: 8 }, () => signIn(flow)))
    rates.refresh.push(
      await perSecond(8, SECONDS, async (lane) => {
        const { refresh_token } = tokens[lane] ?? { refresh_token: '' }
        tokens[lane] = await refresh(flow, refresh_token)
      }),
    )
  }
  const [ourSignIn = 0, theirSignIn = 0] = rates.signIn
  const [ourRefresh = 0, theirRefresh = 0] = rates.refresh
  add('sign-in to token', '/s', ourSignIn, ['engine alone, in memory', theirSignIn, '≥ 0'])
  add('refresh with rotation', '/s', ourRefresh, ['engine alone, in memory', theirRefresh, '≥ 0'])
}

async function measureStart(): Promise<void> {
  const port = 20_000 + Math.floor(Math.random() * 20_000)
  const env = { ...settings, PORT: String(port) }
  const bin = join(import.meta.dirname, '..', 'src', 'bin.js')
  const best = async (args: string[]) => {
    const times: number[] = []
    for (let i = 0; i < 5; i++) times.push(await secondsToFirstAnswer(args, port, env))
    return times.sort((a, b) => a - b)[2] ?? 0
  }
  const theirs = await best([file('engine-alone.ts')])
  add('start to first answer', 's', await best([bin]), ['engine alone', theirs, '≤ 2'])
}

async function residentMegabytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
}

function print(): void {
  if (values.json) {
    console.log(JSON.stringify({ seconds: SECONDS, connections: CONNECTIONS, rows }))
    return
  }
  const number = (value: number, unit: string) =>
    `${value.toLocaleString('en', { maximumFractionDigits: unit === '/s' ? 0 : 2 })} ${unit}`
  console.log(`\n${CONNECTIONS} connections, ${SECONDS} s a row, median of 5 starts\n`)
  for (const { name, unit, measured, yardstick } of rows) {
    const beside = yardstick
      ? `${number(yardstick.measured, unit).padStart(12)}  ${yardstick.name.padEnd(24)} ${yardstick.ratio.toFixed(2)} ×` +
        (yardstick.aim === '≥ 0'
          ? ''
          : `  (aim ${yardstick.aim}${yardstick.met ? '' : ', missed'})`)
      : ''
    console.log(`${name.padEnd(30)} ${number(measured, unit).padStart(12)}  ${beside}`)
  }
}
