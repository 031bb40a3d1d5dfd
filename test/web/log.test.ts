import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import Router from '@koa/router'
import Koa from 'koa'
import { fixedClock } from '../../src/lib/clock.ts'
import { redactCredentials } from '../../src/web/log/redact.ts'
import { createLog, logRequests } from '../../src/web/log.ts'

const jwt = 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl'
const opaque = 'kX9vTq2LmZp4RwYb7NcJ1dGhS5uAe8Fo3IiKxVyQzWM'

/** Whatever of this is in a line, somebody could use. */
const secrets = [
  jwt,
  jwt.split('.')[1] ?? '',
  opaque,
  'd2ViOndlYi1zZWNyZXQ=',
  'SplxlOBeZQQYbYS6WxSbIA',
  'wonderland',
  'web-secret',
  'countersign-cookie-value',
]

function collect() {
  const lines: string[] = []
  return { lines, destination: { write: (line: string) => void lines.push(line) } }
}

/** A small app that logs, fails with secrets in its errors, and reads what it is sent. */
async function serve(t: ExecutionContext, destination: { write(line: string): void }) {
  const log = createLog({ level: 'trace', destination })
  const app = new Koa()
  const clock = fixedClock()
  app.silent = true
  app.use(async (ctx, next) => {
    ctx.state['requestId'] = '00000000-0000-4000-8000-000000000001'
    await next()
  })
  app.use(logRequests({ log, clock }))
  app.use(async (ctx, next) => {
    try {
      await next()
    } catch (error) {
      ctx.state['refusal'] = 'internal-error'
      ctx.state['error'] = error
      ctx.status = 500
    }
  })
  const router = new Router()
  router.all('/notes/:id', (ctx) => {
    clock.advance(0.012)
    ctx.body = 'ok'
  })
  router.all('/boom', async (ctx) => {
    const parts: Buffer[] = []
    for await (const part of ctx.req) parts.push(part as Buffer)
    const body = Buffer.concat(parts).toString()
    throw new Error(`cannot handle ${ctx.url} with ${JSON.stringify(ctx.headers)} and ${body}`)
  })
  app.use(router.routes())
  const server = app.listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo

  return (method: string, path: string, headers: Record<string, string> = {}, body = '') =>
    new Promise<number | undefined>((resolve, reject) => {
      const sent = request({ port, method, path, headers, host: '127.0.0.1' }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode))
      })
      sent.on('error', reject).end(body)
    })
}

const query = `?code=SplxlOBeZQQYbYS6WxSbIA&access_token=${jwt}&id_token_hint=${jwt}&client_secret=web-secret`

const manyHeaders: Record<string, string>[] = [
  { authorization: `Bearer ${jwt}` },
  { authorization: `DPoP ${opaque}`, dpop: jwt },
  { authorization: 'Basic d2ViOndlYi1zZWNyZXQ=' },
  { cookie: 'countersign_session=countersign-cookie-value' },
]

const bodies = [
  'grant_type=password&username=alice&password=wonderland&client_secret=web-secret',
  `refresh_token=${opaque}&code_verifier=${opaque}`,
  JSON.stringify({ password: 'wonderland', client_secret: 'web-secret', token: opaque }),
]

test('no line holds a token, code, secret, cookie or password, also when an unexpected error does', async (t) => {
  const { lines, destination } = collect()
  const send = await serve(t, destination)
  for (const headers of manyHeaders) {
    for (const body of bodies) {
      t.is(await send('POST', `/notes/n1${query}`, headers, body), 200)
      t.is(await send('POST', `/boom${query}`, headers, body), 500)
      t.is(await send('GET', `/nothing/${opaque}${query}`, headers), 404)
    }
  }
  t.is(lines.length, manyHeaders.length * bodies.length * 4)
  for (const line of lines) {
    t.notThrows(() => JSON.parse(line) as unknown, line)
    for (const secret of secrets) t.false(line.includes(secret), `${secret} in ${line}`)
  }
})

test('a request is one line with its id, method, route, status and milliseconds', async (t) => {
  const { lines, destination } = collect()
  const send = await serve(t, destination)
  await send('PUT', '/notes/n1?x=1')
  t.is(lines.length, 1)
  const { time, ...line } = JSON.parse(lines[0] ?? '') as Record<string, unknown>
  t.regex(String(time), /^\d{4}-\d\d-\d\dT/)
  t.deepEqual(line, {
    level: 'info',
    requestId: '00000000-0000-4000-8000-000000000001',
    method: 'PUT',
    route: '/notes/:id',
    status: 200,
    ms: 12,
  })
})

test('an unexpected error is a line of its own, with its stack, and the request names the refusal', async (t) => {
  const { lines, destination } = collect()
  const send = await serve(t, destination)
  await send('GET', '/boom')
  const [error, line] = lines.map((text) => JSON.parse(text) as Record<string, unknown>)
  t.like(error, { level: 'error', msg: 'unexpected error', err: { type: 'Error' } })
  t.regex((error?.['err'] as { stack: string }).stack, /log\.test\.ts/)
  t.like(line, { level: 'warn', status: 500, refusal: 'internal-error' })
})

test('a path that no route matches is logged without what may be a credential in it', async (t) => {
  const { lines, destination } = collect()
  const send = await serve(t, destination)
  await send('GET', '/interaction/V1StGXR8_Z5jdHi6B-myT/login')
  t.like(JSON.parse(lines[0] ?? ''), { route: '/interaction/:long/login', status: 404 })
})

test('nothing is written below the level, and nothing at all when silent', (t) => {
  const { lines, destination } = collect()
  createLog({ level: 'error', destination }).info('x')
  createLog({ level: 'silent', destination }).fatal('x')
  t.deepEqual(lines, [])
})

const harmless = [
  'connect ECONNREFUSED 127.0.0.1:5432',
  '{"err":{"type":"Error","code":"P2002","message":"no such table: Account"}}',
  '{"refusal":"token-expired","requestId":"0b7f5c1e-8d0e-4c57-9a55-6f1f4f0f9d11"}',
  'at createAuthorizationServerMetadataHandlerForEverybody (/app/src/authorization/provider.ts:12:3)',
]

for (const text of harmless) {
  test(`what is no credential stays readable: ${text}`, (t) => {
    t.is(redactCredentials(text), text)
  })
}

test('what is taken out leaves its name behind', (t) => {
  t.is(redactCredentials('GET /cb?code=abc&x=1'), 'GET /cb?code=[redacted]&x=1')
  t.is(redactCredentials('Authorization: Bearer abc'), 'Authorization: Bearer [redacted]')
  t.is(redactCredentials('{"password":"a b"}'), '{"password":"[redacted]"}')
  t.is(
    redactCredentials(String.raw`"{\"token\": \"abc\"}"`),
    String.raw`"{\"token\": \"[redacted]\"}"`,
  )
})
