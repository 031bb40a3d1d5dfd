import test from 'ava'
import { rowOf } from '../../src/refusals/catalogue.ts'
import { start } from '../helpers/start.ts'
import { requestOf, sendRaw } from '../helpers/raw-http.ts'
import { postInput, startDoctor } from './doctor.ts'
import { startProduction } from '../helpers/production.ts'

const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
const NOBODY = '0198c0de-0000-4000-8000-000000000001'

async function refusedId(issuer: string): Promise<string> {
  const response = await fetch(`${issuer}/api/notes`)
  return response.headers.get('x-request-id') ?? ''
}

test('the doctor answers with JSON to programs, in the agreed shape, and nothing keeps it', async (t) => {
  const { issuer } = await start(t)
  const response = await fetch(`${issuer}/doctor/${await refusedId(issuer)}`)
  t.is(response.status, 200)
  t.regex(response.headers.get('content-type') ?? '', /^application\/json/)
  t.is(response.headers.get('cache-control'), 'no-store')
  t.is(response.headers.get('vary')?.includes('Accept'), true)
  const body = (await response.json()) as Record<string, unknown>
  t.deepEqual(Object.keys(body), ['subject', 'checks', 'refusal', 'next', 'advice'])
  t.is(body['refusal'], 'no-credentials')
  const [first, ...others] = body['checks'] as Record<string, unknown>[]
  t.deepEqual(first, {
    name: 'one set of credentials',
    outcome: 'passed',
    found: 'no Authorization header',
  })
  t.like(
    others.find(({ outcome }) => outcome === 'failed'),
    {
      name: 'credentials present',
      found: 'no Authorization header',
      refusal: 'no-credentials',
      fix: rowOf('no-credentials').fix,
    },
  )
})

test('the instance of a problem leads to the doctor', async (t) => {
  const { issuer } = await start(t)
  const problem = (await (await fetch(`${issuer}/api/notes`)).json()) as { instance: string }
  t.is(
    ((await (await fetch(problem.instance)).json()) as { refusal: string }).refusal,
    'no-credentials',
  )
})

test('a browser gets a page, with marks that are words too', async (t) => {
  const { issuer } = await start(t)
  const response = await fetch(`${issuer}/doctor/${await refusedId(issuer)}`, { headers: browser })
  t.regex(response.headers.get('content-type') ?? '', /^text\/html/)
  t.is(response.headers.get('cache-control'), 'no-store')
  t.truthy(response.headers.get('content-security-policy'))
  const page = await response.text()
  t.regex(page, /<h1>No credentials<\/h1>/)
  t.regex(page, /<strong>credentials present<\/strong> <span class="outcome">failed/)
  t.regex(page, /<span class="outcome">passed/)
  t.regex(page, /<span class="outcome">not reached/)
  t.true(page.includes('href="/refusals/no-credentials"'))
  t.true(page.includes('https://www.rfc-editor.org/rfc/rfc6750#section-3.1'))
})

test('the form of the page is answered with a page, and the token is not in it', async (t) => {
  const { issuer, mint } = await startDoctor(t)
  const form = await fetch(`${issuer}/doctor`, { headers: browser })
  t.is(form.status, 200)
  t.is(form.headers.get('cache-control'), 'no-store')
  t.regex(await form.text(), /<form method="post" action="\/doctor">/)
  const token = await mint.mint({ audience: 'https://other.example' })
  const response = await fetch(`${issuer}/doctor`, {
    method: 'POST',
    headers: browser,
    body: new URLSearchParams({ input: token }),
  })
  t.is(response.status, 200)
  t.is(response.headers.get('cache-control'), 'no-store')
  const page = await response.text()
  t.regex(page, /<h1>Wrong audience<\/h1>/)
  t.false(page.includes(token.slice(-40)))
})

test('an id that is not remembered is 404, with a sentence that says why', async (t) => {
  const { issuer } = await start(t)
  const says = /only the last 1,000 are, and a restart of the server forgets them all/
  for (const response of [
    await fetch(`${issuer}/doctor/${NOBODY}`),
    await postInput(issuer, NOBODY),
  ]) {
    t.is(response.status, 404)
    t.is(response.headers.get('cache-control'), 'no-store')
    t.regex(response.headers.get('content-type') ?? '', /^application\/problem\+json/)
    const problem = (await response.json()) as { type: string; detail: string }
    t.is(problem.type, `${issuer}/refusals/not-found`)
    t.regex(problem.detail, says)
  }
  const page = await fetch(`${issuer}/doctor/${NOBODY}`, { headers: browser })
  t.is(page.status, 404)
  t.regex(await page.text(), says)
})

test('a request id is taken in capital letters too', async (t) => {
  const { issuer } = await start(t)
  const id = (await refusedId(issuer)).toUpperCase()
  t.is((await fetch(`${issuer}/doctor/${id}`)).status, 200)
  t.is((await postInput(issuer, `X-Request-Id: ${id}`)).status, 200)
})

const unusable: [what: string, body: string, type: string, status: number][] = [
  ['an empty input', '{"input":"  "}', 'application/json', 422],
  ['no input', '{}', 'application/json', 422],
  ['an input that is no text', '{"input":7}', 'application/json', 422],
  ['a list', '[]', 'application/json', 422],
  ['broken JSON', '{"input":', 'application/json', 400],
  ['another type', 'input', 'text/plain', 415],
  ['a form without input', 'x=y', 'application/x-www-form-urlencoded', 422],
  ['too much', JSON.stringify({ input: 'x'.repeat(70_000) }), 'application/json', 413],
]

for (const [what, body, type, status] of unusable) {
  test(`${what} is refused with ${status}`, async (t) => {
    const { issuer } = await start(t)
    const response = await fetch(`${issuer}/doctor`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    })
    t.is(response.status, status)
  })
}

test('pages of refusals lead to the doctor, and so does the front page', async (t) => {
  const { issuer } = await start(t)
  t.true((await (await fetch(issuer, { headers: browser })).text()).includes('href="/doctor"'))
  for (const path of [
    '/api/notes',
    '/nowhere',
    '/oauth/authorize?client_id=nope',
    '/oauth/authorize/of-nobody',
    '/interaction/of-nobody',
  ]) {
    const response = await fetch(issuer + path, { headers: browser })
    const page = await response.text()
    t.true(page.includes(`href="/doctor/${response.headers.get('x-request-id') ?? ''}"`), path)
  }
})

test('production has no doctor: no route, no link, no page', async (t) => {
  const server = await startProduction(t)
  const ask = async (line: string) =>
    sendRaw(
      server.port,
      requestOf([
        `${line} HTTP/1.1`,
        'Host: id.example.com',
        'X-Forwarded-Proto: https',
        'Accept: text/html',
        'Content-Length: 0',
        'Connection: close',
      ]),
    )
  for (const line of ['GET /doctor', `GET /doctor/${NOBODY}`, 'POST /doctor']) {
    t.is((await ask(line)).status, 404, line)
  }
  for (const line of ['GET /', 'GET /api/notes', 'GET /oauth/authorize?client_id=nope']) {
    t.notRegex((await ask(line)).body, /doctor/i, line)
  }
})
