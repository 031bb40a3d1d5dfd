import { chmodSync, copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import test from 'ava'
import { createClient } from '@libsql/client'
import { sqliteUrl } from '../../src/db/address.ts'
import { commandLine } from './run.ts'

const ownSeed = path.join(import.meta.dirname, '..', '..', 'prisma', 'seed.yaml')

const tokenOf = (issuer: string, credentials: string) =>
  fetch(`${issuer}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'notes:read' }),
  })

test('the first start makes a private data folder, seeds it, and prints one screen', async (t) => {
  const { start, folder } = await commandLine(t)
  const { issuer, process: server, printed, ended } = await start()
  const data = path.join(folder, '.countersign')
  t.is(statSync(data).mode & 0o777, 0o700)
  t.is(statSync(path.join(data, 'secret')).mode & 0o777, 0o600)

  const screen = printed()
  t.true(screen.startsWith('Countersign '))
  t.true(screen.includes(`Discovery  ${issuer}/.well-known/openid-configuration`))
  t.regex(screen, /^ {2}alice +wonderland +two private notes/m)
  t.regex(screen, /^ {2}service +service-secret/m)
  t.true(screen.includes(`curl -i ${issuer}/api/notes`))
  const lines = screen.trimEnd().split('\n')
  t.true(lines.length <= 40)
  for (const line of lines) t.true(line.length <= 100, line)
  const readme = readFileSync(path.join(import.meta.dirname, '..', '..', 'README.md'), 'utf8')
  const shown = /```\n(Countersign .*?)```/s.exec(readme)?.[1] ?? ''
  t.is(screen.replaceAll(issuer, 'http://localhost:4010').trim(), shown.trim())

  const discovery = await fetch(`${issuer}/.well-known/openid-configuration`)
  t.is(((await discovery.json()) as { issuer: string }).issuer, issuer)

  server.kill('SIGTERM')
  const { code, err } = await ended
  t.is(code, 0)
  t.is(err, '')
})

test('a second start keeps everything, and Ctrl-C, which npm passes on a second time, ends it with 0', async (t) => {
  const { start, run } = await commandLine(t, { seeded: true })
  const first = await start()
  const added = await run(['client', 'add', '--json', '--id', 'mine', '--secret', 's3cret'])
  t.is(added.code, 0, added.err)
  first.process.kill('SIGINT')
  first.process.kill('SIGINT')
  t.is((await first.ended).code, 0)

  const second = await start()
  t.is((await tokenOf(second.issuer, 'mine:s3cret')).status, 200)
  second.process.kill('SIGTERM')
  t.is((await second.ended).code, 0)
})

test('two first starts on one data folder agree on its secret and its seed', async (t) => {
  const { start } = await commandLine(t)
  const servers = await Promise.all([start(), start()])
  for (const { issuer, printed } of servers) {
    // Client secrets are fingerprinted with the master secret.
    t.is((await tokenOf(issuer, 'service:service-secret')).status, 200)
    t.notRegex(printed(), /Changed by hand/)
  }
})

test('a running server knows of a client that is added, removed or reset away at once', async (t) => {
  const { start, run } = await commandLine(t, { seeded: true })
  const { issuer } = await start()
  t.is((await tokenOf(issuer, 'mine:s3cret')).status, 401)
  await run(['client', 'add', '--id', 'mine', '--secret', 's3cret'])
  t.is((await tokenOf(issuer, 'mine:s3cret')).status, 200)
  await run(['client', 'remove', 'mine'])
  t.is((await tokenOf(issuer, 'mine:s3cret')).status, 401)

  const answer = await tokenOf(issuer, 'service:service-secret')
  t.is(answer.status, 200)
  await run(['client', 'remove', 'service'])
  t.is((await tokenOf(issuer, 'service:service-secret')).status, 401)
  const { access_token } = (await answer.json()) as { access_token: string }
  const authorization = `Bearer ${access_token}`
  const call = await fetch(`${issuer}/api/notes`, { headers: { authorization } })
  t.is(call.status, 401)
  await run(['reset'])
  t.is((await tokenOf(issuer, 'service:service-secret')).status, 200)
})

test('the log is one JSON line a request, without the credentials it carried', async (t) => {
  const { start } = await commandLine(t, { seeded: true })
  const { issuer, process: server, ended } = await start()
  const answer = await tokenOf(issuer, 'service:service-secret')
  const { access_token } = (await answer.json()) as { access_token: string }
  const authorization = `Bearer ${access_token}`
  await fetch(`${issuer}/api/notes?access_token=${access_token}`, { headers: { authorization } })
  await fetch(`${issuer}/api/notes`)
  server.kill('SIGTERM')
  const { out, err } = await ended
  const lines = out.split('\n').filter((line) => line.startsWith('{'))
  const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  t.is(parsed.length, 3)
  t.like(parsed[0], { method: 'POST', status: 200 })
  t.like(parsed[2], { method: 'GET', status: 401 })
  for (const line of parsed) t.regex(String(line['requestId']), /^[0-9a-f-]{36}$/)
  const log = lines.join('\n') + err
  for (const secret of [access_token, access_token.split('.')[2] ?? '', 'service-secret']) {
    t.false(log.includes(secret))
  }
})

test('a row changed by hand is named at the start after its entry was edited', async (t) => {
  const { start, run, folder } = await commandLine(t, { seeded: true })
  const seed = path.join(folder, 'seed.yaml')
  copyFileSync(ownSeed, seed)
  const env = { SEED_FILE: seed }
  await run(['client', 'remove', 'web'])
  writeFileSync(
    seed,
    readFileSync(seed, 'utf8').replace('client_secret: web-secret', 'client_secret: other'),
  )
  const { printed } = await start(env)
  t.regex(printed(), /Changed by hand.*: client web\./)
  t.notRegex(printed(), /^ {2}web /m)
})

/** A port that somebody else listens on. */
async function takenPort(t: { teardown(run: () => unknown): void }): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.teardown(() => server.close())
  return String((server.address() as AddressInfo).port)
}

test('a port that is taken and a database that is none are told together, without a stack', async (t) => {
  const { run, folder } = await commandLine(t)
  const file = path.join(folder, 'notes.txt')
  writeFileSync(file, 'this is no database\n'.repeat(100))
  const { code, out, err } = await run(['start'], {
    PORT: await takenPort(t),
    DATABASE_URL: `file:${file}`,
  })
  t.is(code, 1)
  t.is(out, '')
  const lines = err.trimEnd().split('\n')
  t.is(lines.length, 2, err)
  t.regex(err, /Port \d+ is taken/)
  t.regex(err, /notes\.txt is not an SQLite database/)
  t.notRegex(err, /^\s+at /m)
  t.true(readFileSync(file, 'utf8').startsWith('this is no database'))
})

test('another program’s database is left alone', async (t) => {
  const { run, folder } = await commandLine(t)
  const file = path.join(folder, 'other.db')
  const client = createClient({ url: sqliteUrl(file) })
  await client.execute('CREATE TABLE Invoice (id INTEGER)')
  client.close()
  const { code, err } = await run(['start'], { DATABASE_URL: `file:${file}` })
  t.is(code, 1)
  t.is(err.trimEnd().split('\n').length, 1)
  t.regex(err, /belongs to another program/)
})

test('malformed settings, and unknown ones in .env, are told together, and nothing is made', async (t) => {
  const { run, folder } = await commandLine(t)
  writeFileSync(path.join(folder, '.env'), 'PROT=5000\nCLOCK_LEEWAY=soon\nLOG_LEVEL=loud\n')
  const { code, err } = await run(['start'], { ISSUER: 'localhost', LOG_LEVEL: 'info' })
  t.is(code, 1)
  const lines = err.trimEnd().split('\n')
  t.is(lines.length, 3, err)
  t.regex(lines[0] ?? '', /\.env sets PROT.*did you mean PORT\?/)
  t.regex(lines[1] ?? '', /ISSUER is "localhost"/)
  t.regex(lines[2] ?? '', /CLOCK_LEEWAY is "soon"/)
  t.false(existsSync(path.join(folder, '.countersign')))
})

test('a faulty seed file is told with its lines, and nothing is loaded from it', async (t) => {
  const { run, folder } = await commandLine(t)
  const seed = path.join(folder, 'seed.yaml')
  writeFileSync(seed, 'people:\n  - login: alice\n    password: 12345\nnotes: {}\n')
  const { code, err } = await run(['start'], { SEED_FILE: seed })
  t.is(code, 1)
  t.regex(err, /seed\.yaml, line 3: people\[0\]\.password must be a text/)
  t.regex(err, /seed\.yaml, line 4: notes must be a list/)
  t.is(err.trimEnd().split('\n').length, 2)
})

test('a secret that others may read stops the start', async (t) => {
  const { run, folder } = await commandLine(t, { seeded: true })
  const file = path.join(folder, '.countersign', 'secret')
  chmodSync(file, 0o644)
  const { code, err } = await run(['start'])
  t.is(code, 1)
  t.regex(err, /run "chmod 600 /)
  t.false(err.includes(readFileSync(file, 'utf8').trim()))
})

test('a variable that was probably meant to be a setting is pointed out, and the server starts', async (t) => {
  const { start } = await commandLine(t, { seeded: true })
  const { printed } = await start({ LOGLEVEL: 'debug' })
  t.regex(printed(), /LOGLEVEL is no setting; .* LOG_LEVEL/)
})

test('an open lab says so', async (t) => {
  const { start, run } = await commandLine(t, { seeded: true })
  const refused = await run(['start'], { HOST: '0.0.0.0' })
  t.is(refused.code, 1)
  t.regex(refused.err, /OPEN_LAB=yes/)
  const { printed } = await start({ HOST: '0.0.0.0', OPEN_LAB: 'yes' })
  t.regex(printed(), /OPEN_LAB: other machines can reach this server/)
})
