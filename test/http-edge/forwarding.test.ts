import test from 'ava'
import { headerValue, requestOf, sendRaw } from '../helpers/raw-http.ts'
import { seen, startEdge, type EdgeServerOptions } from './edge-server.ts'

const HTTPS: EdgeServerOptions = { issuer: 'https://id.example' }
const PROXY = { trustProxy: ['127.0.0.0/8'] }

const FORWARDED = [
  'X-Forwarded-For: 203.0.113.9',
  'X-Forwarded-Host: evil.example',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Port: 1',
  'X_Forwarded_Proto: https',
  'X_Forwarded-Host: evil.example',
  'X-Real-IP: 203.0.113.9',
  'Forwarded: for=203.0.113.9;host=evil.example;proto=https',
]

test('what a stranger says about forwarding is removed, in every spelling', async (t) => {
  for (const trustProxy of [[], ['192.0.2.1', '2001:db8::/32']]) {
    const server = await startEdge(t, { edge: { trustProxy } })
    const answer = await sendRaw(
      server.port,
      requestOf(['GET / HTTP/1.1', `Host: localhost:${server.port}`, ...FORWARDED, 'X-Other: 1']),
    )
    const { host, protocol, ip, headers } = seen(answer.body)
    t.deepEqual([host, protocol, ip], [`localhost:${server.port}`, 'http', '127.0.0.1'])
    t.deepEqual(Object.keys(headers).sort(), ['host', 'x-other'])
  }
})

test('it is removed from every view of the headers', async (t) => {
  const server = await startEdge(t, {
    app: (ctx) => {
      ctx.body = { raw: ctx.req.rawHeaders, distinct: Object.keys(ctx.req.headersDistinct) }
    },
  })
  const answer = await sendRaw(
    server.port,
    requestOf(['GET / HTTP/1.1', ...FORWARDED, `Host: localhost:${server.port}`]),
  )
  t.deepEqual(JSON.parse(answer.body), {
    raw: ['Host', `localhost:${server.port}`],
    distinct: ['host'],
  })
})

test('a trusted proxy says by which name it was asked, and by whom', async (t) => {
  const server = await startEdge(t, { ...HTTPS, edge: PROXY })
  const answer = await sendRaw(
    server.port,
    requestOf([
      'GET / HTTP/1.1',
      'Host: backend:4010',
      'X-Forwarded-For: 203.0.113.9',
      'X-Forwarded-Host: id.example',
      'X-Forwarded-Proto: https',
    ]),
  )
  t.is(answer.status, 200)
  t.like(seen(answer.body), {
    ip: '203.0.113.9',
    host: 'id.example',
    protocol: 'https',
    href: 'https://id.example/',
  })
})

test('the name a trusted proxy was asked by is judged as a Host is', async (t) => {
  const server = await startEdge(t, { ...HTTPS, edge: PROXY })
  for (const host of ['evil.example', 'id.example, evil.example']) {
    const answer = await sendRaw(
      server.port,
      requestOf(['GET / HTTP/1.1', 'Host: id.example', `X-Forwarded-Host: ${host}`]),
    )
    t.is(answer.status, 421, host)
  }
})

test('underscore spellings are removed even when a trusted proxy passes them on', async (t) => {
  const server = await startEdge(t, { edge: PROXY })
  const answer = await sendRaw(
    server.port,
    requestOf([
      'GET / HTTP/1.1',
      `Host: localhost:${server.port}`,
      'X_Forwarded_For: 203.0.113.9',
      'X-Forwarded-For: 203.0.113.7',
    ]),
  )
  const { ip, headers } = seen(answer.body)
  t.is(ip, '203.0.113.7')
  t.false('x_forwarded_for' in headers)
})

const chains: [chain: string, ip: string][] = [
  ['203.0.113.9', '203.0.113.9'],
  ['198.51.100.1, 203.0.113.9', '203.0.113.9'],
  ['203.0.113.9, 127.0.0.9', '203.0.113.9'],
  ['203.0.113.9:4711', '203.0.113.9'],
  ['[2001:db8::1]:4711', '2001:db8::1'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['unknown', '127.0.0.1'],
  ['203.0.113.9, evil', '127.0.0.1'],
  ['', '127.0.0.1'],
]

for (const [chain, ip] of chains) {
  test(`the client’s address is the last one that is no trusted proxy: "${chain}"`, async (t) => {
    const server = await startEdge(t, { edge: PROXY })
    const answer = await sendRaw(
      server.port,
      requestOf(['GET / HTTP/1.1', `Host: localhost:${server.port}`, `X-Forwarded-For: ${chain}`]),
    )
    t.is(seen(answer.body).ip, ip)
  })
}

const credentials = 'Authorization: Bearer T'
const plaintext: [rule: string, trustProxy: string[], lines: string[]][] = [
  ['straight to the server', [], []],
  ['with a scheme invented by a stranger', [], ['X-Forwarded-Proto: https']],
  ['through a proxy that was asked over http', PROXY.trustProxy, ['X-Forwarded-Proto: http']],
  [
    'with an invented scheme before the proxy’s',
    PROXY.trustProxy,
    ['X-Forwarded-Proto: https, http'],
  ],
]

for (const [rule, trustProxy, lines] of plaintext) {
  test(`where the issuer is https, credentials over plain http are refused: ${rule}`, async (t) => {
    const server = await startEdge(t, { ...HTTPS, edge: { trustProxy } })
    const answer = await sendRaw(
      server.port,
      requestOf(['GET / HTTP/1.1', 'Host: id.example', credentials, ...lines]),
    )
    t.is(answer.status, 403)
    t.is(headerValue(answer, 'connection'), 'close')
    t.is(headerValue(answer, 'location'), undefined)
    t.like(JSON.parse(answer.body), { type: 'https://id.example/refusals/plaintext-http' })
    t.true(answer.closed)
  })
}

test('where the issuer is https, credentials through a proxy that ends TLS are taken', async (t) => {
  const server = await startEdge(t, { ...HTTPS, edge: PROXY })
  const answer = await sendRaw(
    server.port,
    requestOf(['GET / HTTP/1.1', 'Host: id.example', credentials, 'X-Forwarded-Proto: https']),
  )
  t.is(answer.status, 200)
})

test('where the issuer is https, its own addresses are https without a word of the proxy', async (t) => {
  const server = await startEdge(t, {
    ...HTTPS,
    app: (ctx) => {
      ctx.body = { href: ctx.href, secure: ctx.secure }
    },
  })
  const answer = await sendRaw(
    server.port,
    requestOf(['GET /a HTTP/1.1', `Host: localhost:${server.port}`]),
  )
  t.deepEqual(JSON.parse(answer.body), {
    href: 'https://id.example/a',
    secure: true,
  })
})
