import path from 'node:path'
import test from 'ava'
import { decodeJwt } from 'jose'
import type { Provocation, Provoked } from '../../src/lab/lab.ts'
import type { MintedToken } from '../../src/lab/mint.ts'
import { refusalIds } from '../../src/refusals/catalogue.ts'
import { callApi } from '../helpers/person.ts'
import { sendRaw } from '../helpers/raw-http.ts'
import { commandLine } from './run.ts'

test('mint prints the token and nothing else, so that a shell can keep it', async (t) => {
  const { run, start } = await commandLine(t, { seeded: true })
  const { issuer } = await start()
  const url = ['--url', issuer]
  const { code, out, err } = await run(['mint', ...url])
  t.deepEqual([code, err], [0, ''])
  t.regex(out, /^eyJ[\w-]+\.[\w-]+\.[\w-]+\n$/)
  const { status, body } = await callApi(`${issuer}/api/whoami`, out.trim())
  t.like({ status, body }, { status: 200, body: { sub: 'alice', client_id: 'web' } })

  const wish = ['--sub', 'bob', '--client', 'spa', '--scope', 'notes:read', '--expires-in', '5m']
  const more = [
    '--acr',
    'urn:countersign:mfa',
    '--auth-time',
    '1700000000',
    '--jkt',
    'k'.repeat(43),
  ]
  const claims = ['--claim', 'roles=["tester"]', '--claim', 'team=red']
  const json = await run(['mint', ...wish, ...more, ...claims, '--json', ...url])
  t.is(json.code, 0, json.err)
  const minted = JSON.parse(json.out) as MintedToken
  t.like(minted, { token_type: 'DPoP', expires_in: 300 })
  t.like(decodeJwt(minted.access_token), {
    sub: 'bob',
    client_id: 'spa',
    scope: 'notes:read',
    acr: 'urn:countersign:mfa',
    auth_time: 1_700_000_000,
    cnf: { jkt: 'k'.repeat(43) },
    roles: ['tester'],
    team: 'red',
  })

  const ago = await run(['mint', '--auth-time', '10m', '--json', ...url])
  const { auth_time: then, iat } = (JSON.parse(ago.out) as MintedToken).claims
  t.true(Math.abs(Number(iat) - Number(then) - 600) <= 2)

  const wrong = await run(['mint', '--sub', 'nobody', '--scope', 'fly', ...url])
  t.deepEqual(wrong, {
    code: 1,
    out: '',
    err:
      'countersign: sub is "nobody", and nobody has this id or name.\n' +
      `countersign: scope has "fly"; ${issuer}/api knows notes:read, notes:write, transfers:write.\n`,
  })
})

test('break prints a command, raw bytes, JSON, or what came of it', async (t) => {
  const { run, start } = await commandLine(t, { seeded: true })
  const { issuer } = await start()
  const url = ['--url', issuer]
  const port = Number(new URL(issuer).port)

  const command = await run(['break', 'token-expired', ...url])
  t.is(command.code, 0, command.err)
  t.true(command.out.startsWith(`curl -sS -i ${issuer}/api/notes \\\n`))

  const raw = await run(['break', 'token-expired', '--raw', ...url])
  const answered = await sendRaw(port, raw.out)
  t.is(answered.status, 401)
  t.true(answered.body.includes('/refusals/token-expired'))

  const prepared = await run(['break', 'token-expired', '--json', ...url])
  t.like(JSON.parse(prepared.out) as Provocation, {
    id: 'token-expired',
    request: { method: 'GET', url: `${issuer}/api/notes` },
    expected: { status: 401 },
  })

  const sent = await run(['break', 'authz-pkce-required', '--send', ...url])
  t.is(sent.code, 0, sent.err)
  t.regex(sent.out, /^GET http/)
  t.regex(sent.out, /\nHTTP\/1\.1 303 See Other\n/)
  t.regex(sent.out, /\nThis is the answer that the catalogue promises\.\n$/)

  const provoked = await run(['break', 'hidden', '--send', '--json', ...url])
  t.like(JSON.parse(provoked.out) as Provoked, { answer: { status: 404 }, same: true })
})

test('an answer that is not the promised one is exit code 1, and told', async (t) => {
  const { run } = await commandLine(t)
  const { createServer } = await import('node:http')
  const provoked = {
    request: { method: 'GET', url: 'http://localhost/x', headers: [['Host', 'localhost']] },
    answer: { status: 200, headers: [['X', 'y\x1b[2J']], body: { ok: true } },
    same: false,
    differences: ['The status is 200, not 401.'],
  }
  const server = createServer((_req, res) => {
    res.writeHead(200, { 'content-type': 'application/json', 'x-request-id': 'x' })
    res.end(JSON.stringify(provoked))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close().closeAllConnections())
  const { port } = server.address() as { port: number }
  const url = ['--url', `http://127.0.0.1:${port}`]
  const { code, out } = await run(['break', 'token-expired', '--send', ...url])
  t.is(code, 1)
  t.true(
    out.endsWith('NOT the answer that the catalogue promises:\n  The status is 200, not 401.\n'),
  )
  t.false(out.includes('\x1b'))
})

test('without an id break lists every refusal, and needs no server for it', async (t) => {
  const { run } = await commandLine(t)
  const { code, out } = await run(['break'])
  t.is(code, 0)
  for (const id of refusalIds) t.true(out.includes(`  ${id} `), id)
  t.regex(out, /legal .*not provoked here/)
  const { refusals } = JSON.parse((await run(['break', '--json'])).out) as {
    refusals: { id: string; reason?: string }[]
  }
  t.deepEqual(
    refusals.map(({ id }) => id),
    refusalIds,
  )
})

test('a refusal that is not provoked says why, and one that is not there what was meant', async (t) => {
  const { run } = await commandLine(t)
  for (const [args, says] of [
    [
      ['break', 'legal'],
      'countersign: "legal" is not provoked here. Nothing is blocked by an order here.\n',
    ],
    [
      ['break', 'token-expird'],
      'countersign: "token-expird" is no refusal; did you mean "token-expired"?\n',
    ],
    [
      ['break', 'hidden', 'forbidden'],
      'countersign: "forbidden" is not understood. See "countersign break --help".\n',
    ],
    [
      ['mint', '--expires-in', 'long'],
      'countersign: --expires-in is "long"; give a duration such as 90, 90s, 5m or 1h.\n',
    ],
    [
      ['mint', '--claim', 'name'],
      'countersign: --claim is "name"; give a name, "=" and a JSON value.\n',
    ],
  ] as const) {
    t.deepEqual(await run([...args]), { code: 2, out: '', err: says })
  }
})

test('production has no lab for either command', async (t) => {
  const { run, folder } = await commandLine(t)
  const settings = {
    PROFILE: 'production',
    ISSUER: 'https://id.example.com',
    SECRET: 'a secret that is long enough for production',
    DATABASE_URL: `file:${path.join(folder, 'data.db')}`,
  }
  for (const args of [['mint'], ['break', 'token-expired'], ['break', 'token-expired', '--send']]) {
    t.deepEqual(await run(args, settings), {
      code: 1,
      out: '',
      err: 'countersign: PROFILE=production has no lab and no doctor.\n',
    })
  }
})

test('where nothing listens, both commands say so', async (t) => {
  const { run } = await commandLine(t)
  for (const args of [['mint'], ['break', 'token-expired']]) {
    const { code, out, err } = await run(args, { ISSUER: 'http://localhost:2' })
    t.deepEqual([code, out], [1, ''])
    t.regex(err, /^countersign: Nothing listens at http:\/\/localhost:2;/)
  }
})
