/** The next commands are copied and run as they stand. */
import { execFile } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { findCurl } from '../helpers/curl.ts'
import { temporaryFolder } from '../helpers/database.ts'
import { createPerson } from '../helpers/person.ts'
import { headerValue, requestOf, sendRaw } from '../helpers/raw-http.ts'
import { startDoctor } from './doctor.ts'

const run = promisify(execFile)

const shell = async (command: string, env: Record<string, string> = {}, cwd = '/') =>
  (await run('sh', ['-c', command], { cwd, env: { PATH: process.env['PATH'] ?? '', ...env } }))
    .stdout

const idOf = (response: Response): string => response.headers.get('x-request-id') ?? ''

test('after a call without credentials: a program gets a token and calls again', async (t) => {
  if (!(await findCurl(t))) return
  const { issuer, examine } = await startDoctor(t)
  const { next } = await examine(idOf(await fetch(`${issuer}/api/notes`)))
  const ask = next.find((one) => one.includes('client_credentials')) ?? ''
  const { access_token } = JSON.parse(await shell(ask)) as { access_token: string }
  t.regex(await shell(next.at(-1) ?? '', { TOKEN: access_token }), /^HTTP\/1\.1 200 OK/)
})

test('a person allows the missing scope, the code is redeemed, and the call goes through', async (t) => {
  if (!(await findCurl(t))) return
  const { issuer, mint, examine } = await startDoctor(t)
  const token = await mint.mint({ clientId: 'spa', scope: 'notes:read' })
  const response = await fetch(`${issuer}/api/notes`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  })
  const [url = '', redeem = '', again = ''] = (await examine(idOf(response))).next
  const person = createPerson(issuer)
  const landed = await person.answerPages(await person.browser.open(new URL(url)))
  const code = landed.searchParams.get('code') ?? ''
  const { access_token } = JSON.parse(await shell(redeem.replace('CODE', code))) as {
    access_token: string
  }
  const folder = await temporaryFolder(t)
  writeFileSync(join(folder, 'body.json'), '{"text":"one more"}')
  t.regex(await shell(again, { TOKEN: access_token }, folder), /^HTTP\/1\.1 201 Created/)
})

test('after an expired token of a person: it is refreshed', async (t) => {
  if (!(await findCurl(t))) return
  const { issuer, mint, examine } = await startDoctor(t)
  const { refresh_token } = await createPerson(issuer).tokens()
  const token = await mint.mint({ scope: 'notes:read', expiresIn: 60, issuedAt: 1_000_000_000 })
  const response = await fetch(`${issuer}/api/notes`, {
    headers: { authorization: `Bearer ${token}` },
  })
  const { refusal, next } = await examine(idOf(response))
  t.is(refusal, 'token-expired')
  const answer = await shell(next[0] ?? '', { REFRESH_TOKEN: refresh_token })
  const { access_token } = JSON.parse(answer) as { access_token: string }
  t.regex(await shell(next[1] ?? '', { TOKEN: access_token }), /^HTTP\/1\.1 200 OK/)
})

test('a program that lacks a scope asks for the union by itself', async (t) => {
  if (!(await findCurl(t))) return
  const { issuer, mint, examine } = await startDoctor(t)
  const token = await mint.mint({ sub: 'service', clientId: 'service', scope: 'notes:read' })
  const response = await fetch(`${issuer}/api/notes`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  })
  const { refusal, next } = await examine(idOf(response))
  t.is(refusal, 'insufficient-scope')
  const { scope } = JSON.parse(await shell(next[0] ?? '')) as { scope: string }
  t.is(scope, 'notes:read notes:write')
})

test('what a stranger asked for stays a word of the command', async (t) => {
  if (!(await findCurl(t))) return
  const { server, issuer, examine } = await startDoctor(t)
  const folder = await temporaryFolder(t)
  for (const path of [
    "/api/';touch${IFS}mark;'",
    '/api/$(touch${IFS}mark)',
    '/api/`touch${IFS}mark`',
    '/api/a;touch${IFS}mark',
    '/api/"&touch${IFS}mark&"',
  ]) {
    const response = await sendRaw(
      server.port,
      requestOf([`GET ${path} HTTP/1.1`, `Host: ${new URL(issuer).host}`, 'Connection: close']),
    )
    const { refusal, next } = await examine(headerValue(response, 'x-request-id') ?? '')
    t.is(refusal, 'no-credentials')
    t.true((next.at(-1) ?? '').includes('touch'))
    for (const command of next) {
      if (command.startsWith('curl')) await shell(command, { TOKEN: 'x' }, folder).catch(() => '')
    }
    t.false(existsSync(join(folder, 'mark')), path)
  }
})

test('only the secrets of the seed file are shown', async (t) => {
  const { server, issuer, mint, examine } = await startDoctor(t)
  const { clientId, clientSecret = '' } = await server.clients.add({
    client_name: 'Another',
    redirect_uris: ['http://localhost:9000/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
  })
  const token = await mint.mint({ clientId, scope: 'notes:read', issuedAt: 1_000_000_000 })
  const response = await fetch(`${issuer}/api/notes`, {
    headers: { authorization: `Bearer ${token}` },
  })
  const { next } = await examine(idOf(response))
  t.true(next.join('\n').includes(`-u ${clientId}:CLIENT_SECRET`))
  t.false(next.join('\n').includes(clientSecret))
})
