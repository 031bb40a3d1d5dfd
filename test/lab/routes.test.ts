import test from 'ava'
import { send } from '../../src/lab/send.ts'
import type { Provocation } from '../../src/lab/lab.ts'
import { callApi } from '../helpers/person.ts'
import { start, type TestServer } from '../helpers/start.ts'

const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

const submit = (server: TestServer, path: string, fields: Record<string, string> = {}) =>
  fetch(server.url(path), {
    method: 'POST',
    headers: { ...html, origin: server.issuer, 'sec-fetch-site': 'same-origin' },
    body: new URLSearchParams(fields),
  })

test('the lab is a page with a button for every refusal, and is not kept by anybody', async (t) => {
  const server = await start(t)
  const response = await fetch(server.url('/lab'), { headers: html })
  t.is(response.status, 200)
  t.is(response.headers.get('cache-control'), 'no-store')
  const text = await response.text()
  t.true(text.includes('<form method="post" action="/lab/break/token-expired">'))
  t.true(text.includes('<form method="post" action="/lab/mint">'))
  t.false(text.includes('<script'))
})

test('the front page and each refusal lead to the lab', async (t) => {
  const server = await start(t)
  const page = async (path: string) => (await fetch(server.url(path), { headers: html })).text()
  t.true((await page('/')).includes('href="/lab"'))
  const refusal = await page('/refusals/token-expired')
  t.true(refusal.includes('npx countersign break token-expired'))
  t.true(refusal.includes('href="/lab/break/token-expired"'))
  t.false((await page('/refusals/legal')).includes('/lab/break/'))
})

test('a browser is shown the request, and after a click the answer', async (t) => {
  const server = await start(t)
  const path = '/lab/break/token-expired'
  const prepared = await fetch(server.url(path), { headers: html })
  t.is(prepared.headers.get('content-type'), 'text/html; charset=utf-8')
  t.true((await prepared.text()).includes('Send it'))
  const provoked = await submit(server, path)
  t.is(provoked.status, 200)
  const text = await provoked.text()
  t.true(text.includes('HTTP/1.1 401'))
  t.true(text.includes('This is the answer that the catalogue promises.'))
  const doctor = /href="(\/doctor\/[\w-]+)"/.exec(text)?.[1] ?? ''
  t.is((await fetch(server.url(doctor))).status, 200)
})

test('the form mints a token, and says what is wrong above what was typed', async (t) => {
  const server = await start(t)
  const good = await submit(server, '/lab/mint', { sub: 'bob', expires_in: ' 60 ', acr: '' })
  t.is(good.status, 200)
  const token = /eyJ[\w-]+\.[\w-]+\.[\w-]+/.exec(await good.text())?.[0] ?? ''
  t.like(await callApi(server.url('/api/whoami'), token), { status: 200, body: { sub: 'bob' } })

  const wrong = await submit(server, '/lab/mint', { sub: '"><b>nobody', expires_in: 'long' })
  t.is(wrong.status, 422)
  const text = await wrong.text()
  t.true(text.includes('expires_in must be a number.'))
  t.true(text.includes('value="&quot;>&lt;b>nobody"'))
})

test('no page of another origin reaches the lab, reading included', async (t) => {
  const server = await start(t)
  for (const [method, path] of [
    ['GET', '/lab'],
    ['GET', '/lab/break/token-expired'],
    ['POST', '/lab/break/token-expired'],
    ['POST', '/lab/mint'],
  ] as const) {
    for (const headers of [
      { origin: 'http://localhost:3000' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      const response = await fetch(server.url(path), { method, headers })
      t.is(response.status, 403, `${method} ${path}`)
    }
  }
  t.is(await server.db.artifact.count(), 0)
})

test('what was made up is in no list', async (t) => {
  const server = await start(t)
  await fetch(server.url('/lab/break/grant-code-replayed'))
  await fetch(server.url('/lab/break/forbidden'))
  const clients = await server.clients.list()
  const people = await server.accounts.list()
  const names = [...clients.map(({ clientId }) => clientId), ...people.map(({ login }) => login)]
  t.deepEqual(
    names.filter((name) => name.startsWith('lab-')),
    [],
  )
})

test('a server that was killed leaves nothing of the lab once it starts again', async (t) => {
  const first = await start(t)
  for (const id of ['forbidden', 'grant-code-replayed', 'authz-consent-required']) {
    await fetch(first.url(`/lab/break/${id}`))
  }
  t.true((await first.db.note.count()) > 4)
  // As it is found: another server on the same data, while the first one never came to tidy up.
  const second = await start(t, { settings: { DATABASE_URL: first.config.databaseUrl } })
  t.is(await second.db.note.count(), 4)
  const left = await second.db.artifact.findMany({ where: { accountId: { startsWith: 'lab-' } } })
  t.deepEqual(left, [])
  t.is(await second.db.consent.count(), 0)
})

test('an answer that does not come is given up', async (t) => {
  const { createServer } = await import('node:net')
  const silent = createServer(() => undefined)
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  t.teardown(() => silent.close())
  const { port } = silent.address() as { port: number }
  await t.throwsAsync(send('GET / HTTP/1.1\r\n\r\n', { port, host: '127.0.0.1', timeout: 20 }), {
    message: /No answer within/,
  })
})

test('a whole outage is of one request: the same one without its header is good', async (t) => {
  const server = await start(t)
  const prepared = await fetch(server.url('/lab/break/authz-temporarily-unavailable'))
  const { request } = (await prepared.json()) as Provocation
  const headers = request.headers.filter(([name]) => !['Host', 'Countersign-Fault'].includes(name))
  const response = await fetch(request.url, {
    headers: headers.map(([name, value]): [string, string] => [name, value]),
    redirect: 'manual',
  })
  t.regex(response.headers.get('location') ?? '', /^\/interaction\//)
})
