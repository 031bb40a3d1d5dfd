import test, { type ExecutionContext } from 'ava'
import { rowOf, type RefusalId } from '../../src/refusals/catalogue.ts'
import {
  headerValue,
  headerValues,
  requestOf,
  sendRaw,
  type RawResponse,
} from '../helpers/raw-http.ts'
import { seen, startEdge, type EdgeServerOptions } from './edge-server.ts'

const BROWSER = 'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

function isRefusal(t: ExecutionContext, answer: RawResponse, issuer: string, id: RefusalId): void {
  const { status, title, description, headers = {} } = rowOf(id)
  const requestId = headerValue(answer, 'x-request-id') ?? ''
  t.is(answer.status, status)
  t.is(headerValue(answer, 'content-type'), 'application/problem+json')
  t.is(headerValue(answer, 'cache-control'), 'no-store')
  t.deepEqual(headerValues(answer, 'www-authenticate'), [])
  for (const [name, value] of Object.entries(headers)) t.is(headerValue(answer, name), value)
  t.deepEqual(JSON.parse(answer.body), {
    type: `${issuer}/refusals/${id}`,
    title,
    status,
    detail: description,
    instance: `${issuer}/doctor/${requestId}`,
  })
}

type Lines = (port: number) => string[]

/** PORT stands for the listening port. */
const refusedLines: [rule: string, id: RefusalId, lines: Lines][] = [
  ['no Host', 'malformed-http', () => ['GET / HTTP/1.1']],
  ['no Host in HTTP/1.0', 'malformed-http', () => ['GET / HTTP/1.0']],
  [
    'two Hosts',
    'malformed-http',
    (p) => ['GET / HTTP/1.1', `Host: localhost:${p}`, 'Host: evil.example'],
  ],
  [
    'one Host twice',
    'malformed-http',
    (p) => ['GET / HTTP/1.1', `Host: localhost:${p}`, `host: localhost:${p}`],
  ],
  [
    'a list of hosts',
    'malformed-http',
    (p) => ['GET / HTTP/1.1', `Host: localhost:${p},evil.example`],
  ],
  ['a Host with a path', 'malformed-http', (p) => ['GET / HTTP/1.1', `Host: localhost:${p}/x`]],
  ['a Host with a user', 'malformed-http', (p) => ['GET / HTTP/1.1', `Host: evil@localhost:${p}`]],
  ['a Host with a space', 'malformed-http', (p) => ['GET / HTTP/1.1', `Host: localhost:${p} x`]],
  ['a Host with a broken port', 'malformed-http', () => ['GET / HTTP/1.1', 'Host: localhost:x']],
  ['an empty Host', 'misdirected', () => ['GET / HTTP/1.1', 'Host:']],
  ['a foreign Host', 'misdirected', () => ['GET / HTTP/1.1', 'Host: evil.example']],
  [
    'a foreign Host with our port',
    'misdirected',
    (p) => ['GET / HTTP/1.1', `Host: evil.example:${p}`],
  ],
  ['our name with another port', 'misdirected', () => ['GET / HTTP/1.1', 'Host: localhost:1']],
  ['our name with no port', 'misdirected', () => ['GET / HTTP/1.1', 'Host: localhost']],
  [
    'our name with a zero before the port',
    'misdirected',
    (p) => ['GET / HTTP/1.1', `Host: localhost:0${p}`],
  ],
  [
    'our name with a dot behind it',
    'misdirected',
    (p) => ['GET / HTTP/1.1', `Host: localhost.:${p}`],
  ],
  ['a name under localhost', 'misdirected', (p) => ['GET / HTTP/1.1', `Host: x.localhost:${p}`]],
  ['another loopback address', 'misdirected', (p) => ['GET / HTTP/1.1', `Host: 127.0.0.2:${p}`]],
  ['an address that means any', 'misdirected', (p) => ['GET / HTTP/1.1', `Host: 0.0.0.0:${p}`]],
  [
    'an absolute target with a foreign authority',
    'misdirected',
    (p) => ['GET http://evil.example/ HTTP/1.1', `Host: localhost:${p}`],
  ],
  [
    'an absolute target with another port',
    'misdirected',
    (p) => ['GET http://localhost:1/ HTTP/1.1', `Host: localhost:${p}`],
  ],
  [
    'an absolute target with a user',
    'malformed-http',
    (p) => [`GET http://u:p@localhost:${p}/ HTTP/1.1`, `Host: localhost:${p}`],
  ],
  [
    'an absolute target of another scheme',
    'misdirected',
    (p) => [`GET ftp://localhost:${p}/ HTTP/1.1`, `Host: localhost:${p}`],
  ],
  [
    'an https target where the issuer is http',
    'misdirected',
    (p) => [`GET https://localhost:${p}/ HTTP/1.1`, `Host: localhost:${p}`],
  ],
  [
    'an absolute target and no Host',
    'malformed-http',
    (p) => [`GET http://localhost:${p}/ HTTP/1.1`],
  ],
  [
    'an asterisk with another method than OPTIONS',
    'malformed-http',
    (p) => ['GET * HTTP/1.1', `Host: localhost:${p}`],
  ],
  [
    'a fragment in the target',
    'malformed-http',
    (p) => ['GET /a#b HTTP/1.1', `Host: localhost:${p}`],
  ],
  ['a NUL in the path', 'malformed-http', (p) => ['GET /a%00b HTTP/1.1', `Host: localhost:${p}`]],
  [
    'a NUL in the query',
    'malformed-http',
    (p) => ['GET /a?b=%00 HTTP/1.1', `Host: localhost:${p}`],
  ],
  [
    'an address over 8 KiB',
    'uri-too-long',
    (p) => [`GET /${'a'.repeat(8192)} HTTP/1.1`, `Host: localhost:${p}`],
  ],
  [
    'a flood of small fields',
    'header-too-large',
    (p) => ['GET / HTTP/1.1', `Host: localhost:${p}`, ...Array.from({ length: 5000 }, () => 'a:')],
  ],
  ['HTTP/0.9', 'malformed-http', () => ['GET /']],
  [
    'HTTP/2 in the syntax of HTTP/1',
    'malformed-http',
    (p) => ['GET / HTTP/2.0', `Host: localhost:${p}`],
  ],
  [
    'a transfer coding we do not decode',
    'malformed-http',
    (p) => [
      'POST / HTTP/1.1',
      `Host: localhost:${p}`,
      'Transfer-Encoding: gzip, chunked',
      '',
      '0',
      '',
    ],
  ],
  [
    'a transfer coding in HTTP/1.0',
    'malformed-http',
    (p) => ['POST / HTTP/1.0', `Host: localhost:${p}`, 'Transfer-Encoding: chunked', '', '0', ''],
  ],
  ['a method of WebDAV', 'method-unknown', (p) => ['PROPFIND / HTTP/1.1', `Host: localhost:${p}`]],
  ['QUERY', 'method-unknown', (p) => ['QUERY / HTTP/1.1', `Host: localhost:${p}`]],
]

for (const [rule, id, lines] of refusedLines) {
  test(`refused as ${id} before any route is looked up: ${rule}`, async (t) => {
    const server = await startEdge(t, { app: () => t.fail('the app was reached') })
    const answer = await sendRaw(server.port, requestOf(lines(server.port)))
    isRefusal(t, answer, server.issuer, id)
    t.deepEqual(
      server.refused.map((one) => one.id),
      [id],
    )
  })
}

test('TRACE is known and not allowed, with a list of what is', async (t) => {
  const server = await startEdge(t)
  const answer = await sendRaw(
    server.port,
    requestOf(['TRACE / HTTP/1.1', `Host: localhost:${server.port}`, 'Cookie: secret=1']),
  )
  isRefusal(t, answer, server.issuer, 'method-not-allowed')
  t.is(headerValue(answer, 'allow'), 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS')
  t.false(answer.body.includes('secret'))
})

const accepted: [rule: string, lines: Lines, url: string][] = [
  ['the issuer’s own name', (p) => ['GET /a?b=c HTTP/1.1', `Host: localhost:${p}`], '/a?b=c'],
  ['in other letters', (p) => ['GET / HTTP/1.1', `HOST: LocalHost:${p}`], '/'],
  ['127.0.0.1', (p) => ['GET / HTTP/1.1', `Host: 127.0.0.1:${p}`], '/'],
  ['[::1]', (p) => ['GET / HTTP/1.1', `Host: [::1]:${p}`], '/'],
  ['a listed host', () => ['GET / HTTP/1.1', 'Host: Host.Docker.Internal:4010'], '/'],
  ['HTTP/1.0 with a Host', (p) => ['GET / HTTP/1.0', `Host: localhost:${p}`], '/'],
  [
    'the absolute form',
    (p) => [`GET http://localhost:${p}/a?b HTTP/1.1`, `Host: localhost:${p}`],
    '/a?b',
  ],
  [
    'the absolute form without a path',
    (p) => [`GET http://127.0.0.1:${p} HTTP/1.1`, `Host: localhost:${p}`],
    '/',
  ],
  [
    'the absolute form with a query only',
    (p) => [`GET http://127.0.0.1:${p}?a HTTP/1.1`, `Host: localhost:${p}`],
    '/?a',
  ],
  [
    'the absolute form, whatever Host says',
    (p) => [`GET http://localhost:${p}/a HTTP/1.1`, 'Host: evil.example'],
    '/a',
  ],
  [
    'a path with two slashes',
    (p) => ['GET //evil.example/a HTTP/1.1', `Host: localhost:${p}`],
    '//evil.example/a',
  ],
  [
    'a path of 8 KiB',
    (p) => [`GET /${'a'.repeat(8191)} HTTP/1.1`, `Host: localhost:${p}`],
    `/${'a'.repeat(8191)}`,
  ],
]

for (const [rule, lines, url] of accepted) {
  test(`accepted, and seen by the app under the issuer’s name and in origin form: ${rule}`, async (t) => {
    const server = await startEdge(t, { edge: { allowedHosts: ['host.docker.internal:4010'] } })
    const answer = await sendRaw(server.port, requestOf(lines(server.port)))
    t.is(answer.status, 200)
    t.like(seen(answer.body), {
      url,
      originalUrl: url,
      host: `localhost:${server.port}`,
      protocol: 'http',
      href: `${server.issuer}${url}`,
    })
  })
}

test('default ports may be left out or written', async (t) => {
  const server = await startEdge(t, { issuer: 'http://id.example', edge: { port: () => 80 } })
  for (const host of [
    'id.example',
    'id.example:80',
    'id.example:',
    'localhost',
    'localhost:80',
    '[::1]',
  ]) {
    const answer = await sendRaw(server.port, requestOf(['GET / HTTP/1.1', `Host: ${host}`]))
    t.is(answer.status, 200, host)
    t.is(seen(answer.body).host, 'id.example')
  }
  const answer = await sendRaw(server.port, requestOf(['GET / HTTP/1.1', 'Host: id.example:443']))
  t.is(answer.status, 421)
})

test('OPTIONS * is about the server, also in absolute form', async (t) => {
  const server = await startEdge(t, { app: () => t.fail('the app was reached') })
  for (const target of ['*', `http://localhost:${server.port}`]) {
    const answer = await sendRaw(
      server.port,
      requestOf([`OPTIONS ${target} HTTP/1.1`, `Host: localhost:${server.port}`]),
    )
    t.is(answer.status, 204)
    t.is(headerValue(answer, 'allow'), 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS')
  }
})

const docker: EdgeServerOptions = { edge: { allowedHosts: ['host.docker.internal:4010'] } }

for (const method of ['GET', 'HEAD']) {
  for (const host of [(p: number) => `127.0.0.1:${p}`, () => 'host.docker.internal:4010']) {
    test(`a page asked for by an alias is redirected to the issuer: ${method} ${host(4010)}`, async (t) => {
      const server = await startEdge(t, docker)
      const answer = await sendRaw(
        server.port,
        requestOf([`${method} /a//b?c=%2F&d HTTP/1.1`, `Host: ${host(server.port)}`, BROWSER]),
      )
      t.is(answer.status, 307)
      t.is(headerValue(answer, 'location'), `${server.issuer}/a//b?c=%2F&d`)
      t.is(headerValue(answer, 'cache-control'), 'no-store')
      t.is(headerValue(answer, 'content-type'), undefined)
      t.is(headerValue(answer, 'content-length'), '0')
      t.is(answer.body, '')
    })
  }
}

test('a redirect from an alias never leads to a stranger', async (t) => {
  const server = await startEdge(t)
  for (const path of ['//evil.example/', '/\\evil.example', '/@evil.example']) {
    const answer = await sendRaw(
      server.port,
      requestOf([`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${server.port}`, BROWSER]),
    )
    t.is(answer.status, 307)
    t.is(new URL(headerValue(answer, 'location') ?? '').origin, server.issuer)
  }
})

test('programs and forms that use an alias are served, not redirected', async (t) => {
  const server = await startEdge(t, docker)
  const host = `Host: 127.0.0.1:${server.port}`
  for (const lines of [
    ['GET / HTTP/1.1', host],
    ['GET / HTTP/1.1', host, 'Accept: */*'],
    ['GET /x.css HTTP/1.1', host, 'Accept: text/css,*/*;q=0.1'],
    ['POST / HTTP/1.1', host, BROWSER, 'Content-Length: 0'],
  ]) {
    t.is((await sendRaw(server.port, requestOf(lines))).status, 200, lines.join())
  }
})

test('a request id of the client is not used', async (t) => {
  const server = await startEdge(t)
  const answer = await sendRaw(
    server.port,
    requestOf(['GET / HTTP/1.1', `Host: localhost:${server.port}`, 'X-Request-Id: mine']),
  )
  t.not(headerValue(answer, 'x-request-id'), 'mine')
  t.is(headerValues(answer, 'x-request-id').length, 1)
})
