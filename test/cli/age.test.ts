import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { startServer } from '../../src/index.ts'
import { basicCredentials, formRequest } from '../../scripts/kit/client.ts'
import { callApi } from '../helpers/person.ts'
import { CHEAP_HASHING } from '../helpers/start.ts'
import { commandLine } from './run.ts'

/** Something else that answers HTTP; its origin. */
async function listening(t: ExecutionContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close().closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const answering = (status: number, body: string, headers = {}): RequestListener => {
  return (_req, res) => void res.writeHead(status, headers).end(body)
}

test('what the running server has issued is older, and the command tells what that is', async (t) => {
  const { run, start } = await commandLine(t, { seeded: true })
  const { issuer } = await start()
  const url = ['--url', issuer]
  t.deepEqual(await run(['age', '1s', ...url]), {
    code: 0,
    out:
      'Everything issued so far is 1 second older.\n' +
      'Nothing is in the database; JWT access tokens are not kept there, and are older too.\n',
    err: '',
  })
  const tokenFor = async (scope: string) => {
    const headers = { authorization: basicCredentials('service', 'service-secret') }
    const request = formRequest({ grant_type: 'client_credentials', scope }, headers)
    const response = await fetch(`${issuer}/oauth/token`, request)
    return ((await response.json()) as { access_token: string }).access_token
  }
  const [jwt, opaque] = [await tokenFor('notes:read'), await tokenFor('ledger:read')]
  const { code, out, err } = await run(['age', '5m', ...url])
  t.is(code, 0, err)
  t.is(
    out,
    'Everything issued so far is 5 minutes older:\n' +
      '  opaque access tokens  1\n' +
      'These are in the database; JWT access tokens are not kept there, and are older too.\n',
  )
  t.is((await callApi(`${issuer}/api/whoami`, jwt)).status, 401)
  t.is((await callApi(`${issuer}/ledger/entries`, opaque)).status, 401)
  t.is((await callApi(`${issuer}/api/whoami`, await tokenFor('notes:read'))).status, 200)

  const json = await run(['age', '2d', '--json', ...url])
  t.like(JSON.parse(json.out), { aged: { artifacts: 1, sessions: 0, opaque_access_tokens: 1 } })
})

test('without --url the server of the settings is asked; one that does not run is told, with exit code 1', async (t) => {
  const { run } = await commandLine(t)
  // Port 2 is nobody's.
  const { code, out, err } = await run(['age', '1h'], { ISSUER: 'http://localhost:2' })
  t.is(code, 1)
  t.is(out, '')
  t.is(
    err,
    'countersign: Nothing listens at http://localhost:2; run "countersign start", or say with --url where the server is.\n',
  )
})

test('a server in production has no lab to ask, and its settings say so before anybody is asked', async (t) => {
  const { run, folder } = await commandLine(t)
  const settings = {
    PROFILE: 'production',
    ISSUER: 'https://id.example.com',
    SECRET: 'a secret that is long enough for production',
    DATABASE_URL: `file:${path.join(folder, 'data.db')}`,
  }
  const server = await startServer({
    settings: { ...settings, DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'silent' },
    hashingCost: CHEAP_HASHING,
  })
  t.teardown(() => server.close())
  const url = `http://127.0.0.1:${server.port}`
  t.deepEqual(await run(['age', '1h', '--url', url]), {
    code: 1,
    out: '',
    err: `countersign: The server at ${url} has no /lab/age; with PROFILE=production there is no lab and no doctor.\n`,
  })
  t.deepEqual(await run(['age', '1h'], settings), {
    code: 1,
    out: '',
    err: 'countersign: PROFILE=production has no lab and no doctor.\n',
  })
})

test('PORT=0 tells nobody where the server is', async (t) => {
  const { run } = await commandLine(t)
  const { code, err } = await run(['age', '1h'])
  t.is(code, 1)
  t.regex(err, /^countersign: PORT=0 is any free port; say with --url which one it was\.\n$/)
})

const json = { 'content-type': 'application/json' }

for (const [what, answer] of [
  ['a page', answering(200, '<!doctype html>')],
  ['JSON of its own', answering(200, '{"aged":{}}', json)],
  ['no such address', answering(404, '{"error":"not found"}', json)],
  ['a redirect', answering(307, '', { location: 'http://localhost:9/' })],
  ['nothing', answering(204, '')],
] as const) {
  test(`another server that answers with ${what} is no Countersign`, async (t) => {
    const { run } = await commandLine(t)
    const url = await listening(t, answer)
    t.deepEqual(await run(['age', '1h', '--url', url]), {
      code: 1,
      out: '',
      err: `countersign: What answers at ${url} is no Countersign server.\n`,
    })
  })
}

test('a server that refuses is quoted, with the place that says why', async (t) => {
  const { run } = await commandLine(t)
  const problem = {
    type: 'http://localhost:4010/refusals/cross-site-form',
    title: 'Form from another site',
    status: 403,
    detail: 'The form was sent by a page of another origin\x1b[2J',
    instance: 'http://localhost:4010/doctor/some-id',
  }
  const url = await listening(t, answering(403, JSON.stringify(problem)))
  const { code, err } = await run(['age', '1h', '--url', url])
  t.is(code, 1)
  t.is(
    err,
    `countersign: The server at ${url} refused: Form from another site. ` +
      'The form was sent by a page of another origin�[2J. Why: http://localhost:4010/doctor/some-id\n',
  )
})

test('a server that hangs up is told without a stack', async (t) => {
  const { run } = await commandLine(t)
  const url = await listening(t, (req) => req.socket.destroy())
  const { code, err } = await run(['age', '1h', '--url', url])
  t.is(code, 1)
  t.is(err, `countersign: ${url} cannot be reached (UND_ERR_SOCKET).\n`)
})

for (const [args, says] of [
  [[], /^countersign: How much older\? Give a duration/],
  [['soon'], /"soon" is no duration; give one such as 90, 90s, 5m, 1h or 2d/],
  [['1.5h'], /"1\.5h" is no duration/],
  [['1', 'h'], /"1 h" is no duration/],
  [['1w'], /"1w" is no duration/],
  [['0'], /"0" is not between one second and ten years/],
  [['3651d'], /"3651d" is not between one second and ten years \(3650d\)/],
  [['1h', '--ulr', 'x'], /--ulr is not an option; did you mean --url\?/],
  [['1h', '--url', 'localhost:4010'], /--url is "localhost:4010"; give an origin/],
] as const satisfies [string[], RegExp][]) {
  test(`"countersign ${['age', ...args].join(' ')}" is a wrong call: one sentence, exit code 2`, async (t) => {
    const { run } = await commandLine(t)
    const { code, out, err } = await run(['age', ...args])
    t.is(code, 2)
    t.is(out, '')
    t.regex(err, says)
    t.is(err.trimEnd().split('\n').length, 1)
  })
}
