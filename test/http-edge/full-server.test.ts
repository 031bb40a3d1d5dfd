import test from 'ava'
import { headerValue, headerValues, requestOf, sendRaw } from '../helpers/raw-http.ts'
import { start } from '../helpers/start.ts'
import { createPerson } from '../helpers/person.ts'

/** One address of every kind: API, authorization server, pages, operations. */
const ADDRESSES = [
  'GET /',
  'GET /api/notes',
  'GET /ledger/entries',
  'GET /.well-known/openid-configuration',
  'GET /.well-known/oauth-protected-resource/api',
  'GET /oauth/authorize',
  'POST /oauth/token',
  'GET /oauth/userinfo',
  'POST /oauth/introspect',
  'POST /oauth/revoke',
  'GET /oauth/jwks',
  'GET /oauth/logout',
  'POST /oauth/logout/confirm',
  'GET /interaction/x',
  'POST /interaction/x/login',
  'GET /refusals',
  'GET /health/ready',
  'GET /nothing',
]

test('a page that rebinds its name to this machine reaches nothing: every address refuses a foreign Host', async (t) => {
  const server = await start(t)
  for (const address of ADDRESSES) {
    for (const lines of [
      [`${address} HTTP/1.1`, 'Host: evil.example'],
      [`${address} HTTP/1.1`, `Host: evil.example:${server.port}`],
      [
        `${address.replace(' ', ' http://evil.example')} HTTP/1.1`,
        `Host: localhost:${server.port}`,
      ],
    ]) {
      const answer = await sendRaw(server.port, requestOf(lines))
      t.is(answer.status, 421, lines.join(' | '))
      t.is((JSON.parse(answer.body) as { type: string }).type, server.url('/refusals/misdirected'))
      t.false(answer.body.includes('evil.example'))
    }
    const doubled = [`${address} HTTP/1.1`, `Host: localhost:${server.port}`, 'Host: evil.example']
    t.is((await sendRaw(server.port, requestOf(doubled))).status, 400, address)
  }
})

test('whatever name of this machine is used, every address handed out is the issuer’s', async (t) => {
  const server = await start(t)
  for (const host of ['127.0.0.1', '[::1]', 'LOCALHOST']) {
    const path = '/.well-known/openid-configuration'
    for (const lines of [
      [`GET ${path} HTTP/1.1`, `Host: ${host}:${server.port}`],
      [`GET http://${host}:${server.port}${path} HTTP/1.1`, `Host: localhost:${server.port}`],
    ]) {
      const answer = await sendRaw(
        server.port,
        requestOf([...lines, 'X-Forwarded-Host: evil.example']),
      )
      t.is(answer.status, 200, lines.join(' | '))
      const metadata = JSON.parse(answer.body) as Record<string, unknown>
      for (const [name, value] of Object.entries(metadata)) {
        if (typeof value === 'string') t.true(value.startsWith(server.issuer), `${name}: ${value}`)
      }
    }
  }
})

test('a page asked for by another name is sent to the issuer first, as its cookies would be lost', async (t) => {
  const server = await start(t)
  const { url } = createPerson(server.issuer).request()
  const target = url.pathname + url.search
  const answer = await sendRaw(
    server.port,
    requestOf([
      `GET ${target} HTTP/1.1`,
      `Host: 127.0.0.1:${server.port}`,
      'Accept: text/html,application/xhtml+xml',
    ]),
  )
  t.is(answer.status, 307)
  t.is(headerValue(answer, 'location'), server.issuer + target)
  t.deepEqual(headerValues(answer, 'set-cookie'), [])
})

test('every answer has a request id of ours', async (t) => {
  const server = await start(t)
  const seen = new Set<string>()
  for (const address of ADDRESSES) {
    const lines = [`${address} HTTP/1.1`, `Host: localhost:${server.port}`, 'X-Request-Id: theirs']
    const answer = await sendRaw(server.port, requestOf(lines))
    const id = headerValue(answer, 'x-request-id') ?? ''
    t.regex(id, /^[0-9a-f-]{36}$/, address)
    seen.add(id)
  }
  t.is(seen.size, ADDRESSES.length)
})

test('a page of loopback may call as a public client, and is not shown what a client with a secret gets', async (t) => {
  const server = await start(t)
  const origin = 'http://localhost:5173'
  const ask = (body: string, from: string) =>
    fetch(server.url('/oauth/token'), {
      method: 'POST',
      headers: { origin: from, 'content-type': 'application/x-www-form-urlencoded' },
      body,
    })
  const allowed = (response: Response) => response.headers.get('access-control-allow-origin')
  const asPublic = 'grant_type=refresh_token&client_id=spa&refresh_token=x'
  t.is(allowed(await ask(asPublic, origin)), origin)
  t.is(allowed(await ask(asPublic, 'https://evil.example')), null)
  const asService = 'grant_type=client_credentials&client_id=service&client_secret=service-secret'
  t.is(allowed(await ask(asService, origin)), null)
  const program = await fetch(server.url('/oauth/token'), {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: asPublic,
  })
  t.is(allowed(program), null)
  const metadata = await fetch(server.url('/.well-known/openid-configuration'), {
    headers: { origin },
  })
  t.is(allowed(metadata), '*')
})

test('an unknown path under an API is 401 to strangers, and to everybody else what a hidden note is', async (t) => {
  const server = await start(t)
  const { access_token } = await createPerson(server.issuer).tokens()
  t.is((await fetch(server.url('/api/unknown'))).status, 401)
  t.is((await fetch(server.url('/ledger/unknown'))).status, 401)
  const answers = await Promise.all(
    ['/api/unknown', '/api/notes/note-bob-1', '/api/notes/none', '/api/', '/api/notes/'].map(
      async (path) => {
        const answer = await sendRaw(
          server.port,
          requestOf([
            `GET ${path} HTTP/1.1`,
            `Host: localhost:${server.port}`,
            `Authorization: Bearer ${access_token}`,
          ]),
        )
        const id = headerValue(answer, 'x-request-id') ?? '-'
        const headers = answer.headers.filter(([name]) => !/^(date|x-request-id)$/i.test(name))
        return [answer.status, headers, answer.body.replaceAll(id, 'ID')]
      },
    ),
  )
  t.is(answers[0]?.[0], 404)
  for (const answer of answers) t.deepEqual(answer, answers[0])
})
