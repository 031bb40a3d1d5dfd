import { connect } from 'node:net'
import test from 'ava'
import type { Middleware } from 'koa'
import { rowOf, type RefusalId } from '../../src/refusals/catalogue.ts'
import { readForm } from '../../src/web/request-body.ts'
import { headerValue, requestOf, sendRaw, type RawResponse } from '../helpers/raw-http.ts'
import { startEdge, type EdgeServer } from './edge-server.ts'
import type { ExecutionContext } from 'ava'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Status, every header and the body of an answer that was written below the app. */
function isRawRefusal(
  t: ExecutionContext,
  server: EdgeServer,
  answer: RawResponse,
  id: RefusalId,
  members: Record<string, string> = {},
): void {
  const { status, title, description } = rowOf(id)
  const requestId = headerValue(answer, 'x-request-id') ?? ''
  t.is(answer.status, status)
  t.regex(requestId, UUID)
  t.deepEqual(answer.headers, [
    ['X-Request-Id', requestId],
    ['Content-Type', 'application/problem+json'],
    ['Cache-Control', 'no-store'],
    ['Content-Length', String(Buffer.byteLength(answer.body))],
    ['Date', 'Fri, 02 Jan 2026 03:04:05 GMT'],
    ['Connection', 'close'],
  ])
  t.deepEqual(JSON.parse(answer.body), {
    type: `${server.issuer}/refusals/${id}`,
    title,
    status,
    detail: description,
    instance: `${server.issuer}/doctor/${requestId}`,
    ...members,
  })
  t.is(answer.rest, '')
  t.true(answer.closed)
  t.deepEqual(
    server.refused.map((one) => [one.id, one.requestId]),
    [[id, requestId]],
  )
}

const HOST = 'Host: localhost:4010'
const chunked = 'Transfer-Encoding: chunked'

// What the parser gives up on: nothing of it ever reaches the app.
const unparsable: [rule: string, bytes: string | Uint8Array, id: RefusalId][] = [
  [
    'a space before a colon',
    `GET / HTTP/1.1\r\n${HOST}\r\nAuthorization : Bearer T\r\n\r\n`,
    'malformed-http',
  ],
  ['a tab before a colon', 'GET / HTTP/1.1\r\nHost\t: a\r\n\r\n', 'malformed-http'],
  ['a folded line', `GET / HTTP/1.1\r\n${HOST}\r\nX-A: b\r\n c\r\n\r\n`, 'malformed-http'],
  ['white space after the request line', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n', 'malformed-http'],
  ['a NUL in a value', `GET / HTTP/1.1\r\n${HOST}\r\nA: x\0y\r\n\r\n`, 'malformed-http'],
  ['a CR in a value', `GET / HTTP/1.1\r\n${HOST}\r\nA: x\ry\r\n\r\n`, 'malformed-http'],
  ['a bare LF in a value', `GET / HTTP/1.1\r\n${HOST}\r\nA: x\nB: y\r\n\r\n`, 'malformed-http'],
  [
    'a control character in a value',
    `GET / HTTP/1.1\r\n${HOST}\r\nA: x\x01y\r\n\r\n`,
    'malformed-http',
  ],
  ['lines that end with LF alone', `GET / HTTP/1.1\n${HOST}\n\n`, 'malformed-http'],
  ['a line without a colon', `GET / HTTP/1.1\r\n${HOST}\r\nfoo\r\n\r\n`, 'malformed-http'],
  ['an empty field name', `GET / HTTP/1.1\r\n${HOST}\r\n: x\r\n\r\n`, 'malformed-http'],
  [
    'two lengths',
    `POST / HTTP/1.1\r\n${HOST}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
    'malformed-http',
  ],
  [
    'one length twice',
    `POST / HTTP/1.1\r\n${HOST}\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na`,
    'malformed-http',
  ],
  [
    'a list of lengths',
    `POST / HTTP/1.1\r\n${HOST}\r\nContent-Length: 1, 1\r\n\r\na`,
    'malformed-http',
  ],
  [
    'a negative length',
    `POST / HTTP/1.1\r\n${HOST}\r\nContent-Length: -1\r\n\r\n`,
    'malformed-http',
  ],
  [
    'a length with a sign',
    `POST / HTTP/1.1\r\n${HOST}\r\nContent-Length: +1\r\n\r\na`,
    'malformed-http',
  ],
  [
    'a length beyond all bounds',
    `POST / HTTP/1.1\r\n${HOST}\r\nContent-Length: 99999999999999999999999\r\n\r\n`,
    'malformed-http',
  ],
  [
    'length and transfer coding',
    `POST / HTTP/1.1\r\n${HOST}\r\nContent-Length: 5\r\n${chunked}\r\n\r\n0\r\n\r\n`,
    'malformed-http',
  ],
  [
    'transfer coding and length',
    `POST / HTTP/1.1\r\n${HOST}\r\n${chunked}\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
    'malformed-http',
  ],
  [
    'two transfer codings',
    `POST / HTTP/1.1\r\n${HOST}\r\n${chunked}\r\n${chunked}\r\n\r\n0\r\n\r\n`,
    'malformed-http',
  ],
  [
    'a transfer coding after chunked',
    `POST / HTTP/1.1\r\n${HOST}\r\n${chunked}, identity\r\n\r\n0\r\n\r\n`,
    'malformed-http',
  ],
  [
    'a transfer coding behind a vertical tab',
    `POST / HTTP/1.1\r\n${HOST}\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`,
    'malformed-http',
  ],
  ['a space in the target', `GET /a b HTTP/1.1\r\n${HOST}\r\n\r\n`, 'malformed-http'],
  ['a NUL in the target', `GET /a\0b HTTP/1.1\r\n${HOST}\r\n\r\n`, 'malformed-http'],
  ['a control character in the target', `GET /a\x01 HTTP/1.1\r\n${HOST}\r\n\r\n`, 'malformed-http'],
  ['UTF-8 in the target', Buffer.from(`GET /é HTTP/1.1\r\n${HOST}\r\n\r\n`), 'malformed-http'],
  ['a target that is no path', `GET foo HTTP/1.1\r\n${HOST}\r\n\r\n`, 'malformed-http'],
  ['a host and a port as target', `GET evil:80 HTTP/1.1\r\n${HOST}\r\n\r\n`, 'malformed-http'],
  ['a version nobody speaks', `GET / HTTP/1.2\r\n${HOST}\r\n\r\n`, 'malformed-http'],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'malformed-http'],
  ['a TLS handshake', Buffer.from('16030100c0010000bc0303', 'hex'), 'malformed-http'],
  ['no HTTP at all', 'hello\r\n\r\n', 'malformed-http'],
  ['a tab after the method', `GET\t/ HTTP/1.1\r\n${HOST}\r\n\r\n`, 'malformed-http'],
  ['a method nobody knows', `BREW / HTTP/1.1\r\n${HOST}\r\n\r\n`, 'method-unknown'],
  ['a method in lower case', `get / HTTP/1.1\r\n${HOST}\r\n\r\n`, 'method-unknown'],
  ['a method that begins like a known one', `GETX / HTTP/1.1\r\n${HOST}\r\n\r\n`, 'method-unknown'],
  ['a method of another protocol', `DESCRIBE / HTTP/1.1\r\n${HOST}\r\n\r\n`, 'method-unknown'],
  ['CONNECT', `CONNECT evil:443 HTTP/1.1\r\n${HOST}\r\n\r\n`, 'method-unknown'],
  [
    'an address longer than everything may be',
    `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n\r\n`,
    'uri-too-long',
  ],
  [
    'an address longer than one packet',
    `GET /${'a'.repeat(200_000)} HTTP/1.1\r\n${HOST}\r\n\r\n`,
    'uri-too-long',
  ],
]

for (const [rule, bytes, id] of unparsable) {
  test(`refused as ${id}, and the connection closed: ${rule}`, async (t) => {
    const server = await startEdge(t)
    isRawRefusal(t, server, await sendRaw(server.port, bytes), id)
  })
}

test('a header that is too large is refused by its name', async (t) => {
  const server = await startEdge(t)
  const answer = await sendRaw(
    server.port,
    requestOf([
      'GET / HTTP/1.1',
      HOST,
      'X-Before: 1',
      `Authorization: Bearer ${'a'.repeat(65_536)}`,
    ]),
  )
  isRawRefusal(t, server, answer, 'header-too-large', { field: 'authorization' })
})

test('the answer arrives although the client goes on sending', async (t) => {
  const server = await startEdge(t)
  const flood = `GET / HTTP/1.1\r\n${HOST}\r\nA: ${'a'.repeat(16 * 1024 * 1024)}`
  const answer = await sendRaw(server.port, flood)
  t.is(answer.status, 431)
  t.deepEqual(
    server.refused.map(({ id }) => id),
    ['header-too-large'],
  )
})

test('many small headers are too large together', async (t) => {
  const server = await startEdge(t)
  const answer = await sendRaw(
    server.port,
    requestOf(['GET / HTTP/1.1', HOST, ...Array.from({ length: 5000 }, () => 'a: b')]),
  )
  t.is(answer.status, 431)
})

test('HEAD that cannot be parsed gets headers only', async (t) => {
  const server = await startEdge(t)
  const answer = await sendRaw(server.port, requestOf(['HEAD / HTTP/1.1', HOST, 'A : b']))
  t.is(answer.status, 400)
  t.is(answer.body + answer.rest, '')
  t.regex(headerValue(answer, 'content-length') ?? '', /^[1-9]\d*$/)
  t.true(answer.closed)
})

test('a request that does not arrive in time is told so', async (t) => {
  const server = await startEdge(t, {
    timeouts: { headersTimeout: 20, requestTimeout: 20, connectionsCheckingInterval: 10 },
  })
  isRawRefusal(
    t,
    server,
    await sendRaw(server.port, `GET / HTTP/1.1\r\n${HOST}\r\n`),
    'request-timeout',
  )
})

test('a broken request behind a good one is refused after the good one was answered', async (t) => {
  const answering = Promise.withResolvers<undefined>()
  const arrived = Promise.withResolvers<undefined>()
  const server = await startEdge(t, {
    app: async (ctx) => {
      arrived.resolve(undefined)
      await answering.promise
      ctx.body = 'good'
    },
  })
  const good = requestOf(['GET / HTTP/1.1', `Host: localhost:${server.port}`])
  const answers = sendAndReadAll(server.port, `${good}GET / HTTP/1.1\r\nA : b\r\n\r\n`)
  await arrived.promise
  answering.resolve(undefined)
  const text = await answers
  t.deepEqual(text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 400'])
  t.regex(text, /good/)
})

test('a body that breaks while it is read gets one answer', async (t) => {
  const readIt: Middleware = async (ctx) => {
    ctx.body = (await readForm(ctx)).getAll('a')
  }
  const server = await startEdge(t, { app: readIt })
  const head = requestOf([
    'POST / HTTP/1.1',
    `Host: localhost:${server.port}`,
    'Content-Type: application/x-www-form-urlencoded',
    chunked,
  ])
  const text = await sendAndReadAll(server.port, `${head}ZZ\r\n\r\n`)
  t.deepEqual(text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 400'])
})

test('a body that breaks after its request was answered gets no second answer', async (t) => {
  const server = await startEdge(t)
  const head = requestOf(['POST / HTTP/1.1', `Host: localhost:${server.port}`, chunked])
  const socket = connect({ port: server.port, host: '127.0.0.1' })
  t.teardown(() => socket.destroy())
  const received: string[] = []
  const first = Promise.withResolvers<undefined>()
  socket.on('data', (chunk) => {
    received.push(String(chunk))
    first.resolve(undefined)
  })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(head)
  await first.promise
  socket.write('ZZ\r\n\r\n')
  await closed
  t.deepEqual(received.join('').match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200'])
})

test('the body is asked for only when it is read, so a refusal comes before it', async (t) => {
  const server = await startEdge(t, { app: () => undefined })
  const head = (path: string) =>
    requestOf([
      `POST ${path} HTTP/1.1`,
      `Host: localhost:${server.port}`,
      'Content-Type: application/x-www-form-urlencoded',
      'Content-Length: 3',
      'Expect: 100-continue',
    ])
  const text = await sendAndReadAll(server.port, head('/'))
  t.deepEqual(text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 404'])
  t.regex(text, /Connection: close/)
})

for (const reading of ['as a stream of events', 'as an iterator'] as const) {
  test(`whoever waits for 100 Continue is asked for the body when it is read ${reading}`, async (t) => {
    const server = await startEdge(t, {
      app: async (ctx) => {
        if (reading === 'as a stream of events') ctx.body = (await readForm(ctx)).get('a')
        else for await (const chunk of ctx.req) ctx.body = String(chunk)
      },
    })
    const socket = connect({ port: server.port, host: '127.0.0.1' })
    t.teardown(() => socket.destroy())
    socket.write(
      requestOf([
        'POST / HTTP/1.1',
        `Host: localhost:${server.port}`,
        'Content-Type: application/x-www-form-urlencoded',
        'Content-Length: 3',
        'Expect: 100-continue',
      ]),
    )
    const chunks: string[] = []
    for await (const chunk of socket) {
      chunks.push(String(chunk))
      const text = chunks.join('')
      if (text === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write('a=b')
      if (text.endsWith('b')) break
    }
    t.regex(chunks.join(''), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/)
  })
}

test('an expectation nobody knows is ignored', async (t) => {
  const server = await startEdge(t)
  const answer = await sendRaw(
    server.port,
    requestOf(['GET / HTTP/1.1', `Host: localhost:${server.port}`, 'Expect: miracles']),
  )
  t.is(answer.status, 200)
})

test('an upgrade nobody offers is ignored', async (t) => {
  const server = await startEdge(t)
  const answer = await sendRaw(
    server.port,
    requestOf([
      'GET / HTTP/1.1',
      `Host: localhost:${server.port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
    ]),
  )
  t.is(answer.status, 200)
})

/** Everything the server sends until it closes the connection. */
async function sendAndReadAll(port: number, bytes: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.setTimeout(10_000, () => socket.destroy(new Error('silence')))
  socket.write(bytes)
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
