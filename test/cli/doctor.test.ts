import test from 'ava'
import { createPerson } from '../helpers/person.ts'
import { startDoctor } from '../doctor/doctor.ts'
import { commandLine } from './run.ts'

test('a good token: every check with a mark, and exit code 0', async (t) => {
  const { run } = await commandLine(t)
  const { issuer } = await startDoctor(t)
  const { access_token } = await createPerson(issuer).tokens()
  const { code, out, err } = await run(['doctor', access_token, '--url', issuer])
  t.is(code, 0, err)
  const [subject, , ...lines] = out.split('\n')
  t.is(subject, `A JWT of web for alice, judged as ${issuer}/api judges it now.`)
  t.true(lines.includes('✓ one set of credentials  one Authorization header'))
  t.true(lines.includes(`✓ issuer                  ${issuer}`))
  t.regex(out, /\n\nNothing wrong was found\.\n$/)
  t.false(out.includes('✗') || out.includes('\u001b'))
})

test('a refused request: what failed, why, what to do, what comes next, and exit code 1', async (t) => {
  const { run } = await commandLine(t)
  const { issuer, mint } = await startDoctor(t)
  const token = await mint.mint({ scope: 'notes:read' })
  const response = await fetch(`${issuer}/api/notes`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  })
  const id = response.headers.get('x-request-id') ?? ''
  const { code, out } = await run(['doctor', id, '--url', issuer])
  t.is(code, 1)
  t.regex(out, /^POST \/api\/notes, with a token of web for alice, was refused with 403 /)
  const failed = out.slice(out.indexOf('✗'), out.indexOf('\n\n', out.indexOf('✗')))
  t.is(
    failed,
    [
      '✗ scope                   insufficient-scope',
      '    The token has notes:read; this call also needs notes:write.',
      '    expected  notes:write',
      '    found     notes:read',
      '    to do     Start a new authorization that asks for the scopes the token has and those the',
      '              challenge names.',
    ].join('\n'),
  )
  t.true(out.includes(`\n  ${issuer}/oauth/authorize?client_id=web&`))
  t.true(out.includes('scope=notes%3Aread+notes%3Awrite'))
  t.false(out.includes(token.slice(-40)))
})

test('with - standard input is read, whatever stands there', async (t) => {
  const { run } = await commandLine(t)
  const { issuer } = await startDoctor(t)
  const response = await fetch(`${issuer}/api/notes`)
  const head = [...response.headers].map((field) => field.join(': ')).join('\n')
  const answer = await run(
    ['doctor', '-', '--url', issuer],
    {},
    `HTTP/1.1 401 Unauthorized\n${head}\n\n`,
  )
  t.is(answer.code, 1)
  t.regex(answer.out, /✗ credentials present +no-credentials/)
  t.regex(answer.out, /\n {2}resource_metadata = http/)

  const command = await run(['doctor', '-', '--url', issuer], {}, `curl ${issuer}/oauth/token`)
  t.is(command.code, 1)
  t.regex(command.out, /✗ method +method-not-allowed/)

  const nothing = await run(['doctor', '-', '--url', issuer], {}, ' \n')
  t.deepEqual(nothing, { code: 2, out: '', err: 'countersign: Nothing came on standard input.\n' })
})

test('--json prints what the server answered', async (t) => {
  const { run } = await commandLine(t)
  const { issuer } = await startDoctor(t)
  const { code, out } = await run(['doctor', 'undefined', '--json', '--url', issuer])
  t.is(code, 1)
  t.like(JSON.parse(out), { refusal: 'token-unknown' })
})

test('words that the shell took apart are one input', async (t) => {
  const { run } = await commandLine(t)
  const { issuer } = await startDoctor(t)
  const { out } = await run(['doctor', 'Baerer', 'abc', '--url', issuer])
  t.regex(out, /probably meant to be Bearer/)
})

test('an id that is not remembered is told in one sentence, with exit code 1', async (t) => {
  const { run } = await commandLine(t)
  const { issuer } = await startDoctor(t)
  const id = '0198c0de-0000-4000-8000-000000000001'
  t.deepEqual(await run(['doctor', id, '--url', issuer]), {
    code: 1,
    out: '',
    err: 'countersign: No refusal is kept under this id: only the last 1,000 are, and a restart of the server forgets them all.\n',
  })
})

test('without a server that runs, the command says so, with exit code 1', async (t) => {
  const { run } = await commandLine(t)
  const { code, out, err } = await run(['doctor', 'x'], { ISSUER: 'http://localhost:2' })
  t.is(code, 1)
  t.is(out, '')
  t.regex(err, /^countersign: Nothing listens at http:\/\/localhost:2; run "countersign start"/)
})

test('without anything to look at it is a wrong call', async (t) => {
  const { run } = await commandLine(t)
  t.deepEqual(await run(['doctor']), {
    code: 2,
    out: '',
    err: 'countersign: What is to be looked at? Give a token, a request id, or - for standard input.\n',
  })
})

test('what a stranger wrote cannot move the cursor', async (t) => {
  const { run } = await commandLine(t)
  const { issuer, mint } = await startDoctor(t)
  const token = await mint.mint({ audience: 'https://x\u001b[2J\u0007' })
  const { out } = await run(['doctor', token, '--url', issuer])
  t.false(out.includes('\u001b') || out.includes('\u0007'))
  t.regex(out, /https:\/\/x�\[2J/)
})
