/** Authlib for Python: an app that signs people in, and a program of its own, as the README says. */
import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../helpers/database.ts'
import { isInstalled } from '../helpers/installed.ts'
import { createPerson } from '../helpers/person.ts'
import { start, type TestServer } from '../helpers/start.ts'
import { asShown, runShown } from './as-shown.ts'

/** Debian's, whichever other one is first on the path. */
const PYTHON = '/usr/bin/python3'
const PACKAGES = '/usr/lib/python3/dist-packages'

const NEEDED = {
  [PYTHON]: 'python3',
  [join(PACKAGES, 'authlib')]: 'python3-authlib',
  [join(PACKAGES, 'requests')]: 'python3-requests',
}

/** Runs a script that prints an address to open and reads the one the person came back to; answers what it prints then. */
async function runScript(t: ExecutionContext, server: TestServer, args: string[]) {
  const child = spawn(PYTHON, args, { env: {}, stdio: ['pipe', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const lines: string[] = []
  for await (const line of createInterface(child.stdout)) {
    const [url] = /http:\S+/.exec(line) ?? []
    if (lines.push(line) > 1 || url === undefined) continue
    const person = createPerson(server.issuer)
    const landed = await person.answerPages(await person.browser.open(url))
    child.stdin.end(`${landed.href}\n`)
  }
  const [code] = (await ended) as [number]
  t.is(code, 0, said)
  return lines.slice(1)
}

test('Authlib signs a person in with PKCE and calls the API, and a program gets a token for itself', async (t) => {
  if (!isInstalled(t, NEEDED)) return
  const server = await start(t)
  const script = asShown('with-authlib.py', { 'http://localhost:4010': server.issuer })
  const [notes, whoami] = await runScript(t, server, ['-c', script])
  t.regex(notes ?? '', /caterpillar/)
  t.regex(whoami ?? '', /'sub': 'service'.*'scope': 'notes:read'/)
})

test('Authlib verifies ID tokens, refreshes in time, meets reuse detection, and proves a key', async (t) => {
  if (!isInstalled(t, NEEDED)) return
  const server = await start(t)
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const file = join(await temporaryFolder(t), 'job.json')
  writeFileSync(file, JSON.stringify(publicKey.export({ format: 'jwk' })))
  await runShown(server, `npx countersign client add --id job --jwks ${file}`)
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' })
  const script = join(import.meta.dirname, 'with-authlib-checks.py')
  t.deepEqual(await runScript(t, server, [script, server.issuer, key]), [
    'signed in alice',
    'called 200',
    'refreshed True',
    'used twice invalid_grant',
    'and so is invalid_grant',
    'by key job',
  ])
})
