import test from 'ava'
import type { Middleware } from 'koa'
import { rowOf } from '../../src/refusals/catalogue.ts'
import type { Protection } from '../../src/refusals/challenge.ts'
import { refuse } from '../../src/refusals/refusal.ts'
import type { RefusalState } from '../../src/refusals/respond.ts'
import { cors } from '../../src/web/cors.ts'
import { headerValue, headerValues, requestOf, sendRaw } from '../helpers/raw-http.ts'
import { startEdge } from '../http-edge/edge-server.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const get = (port: number, headers: string[] = [], method = 'GET') =>
  sendRaw(
    port,
    requestOf([`${method} /x?access_token=T HTTP/1.1`, `Host: localhost:${port}`, ...headers]),
  )

/** Everything but what differs from run to run. */
const stable = (headers: [string, string][]) =>
  headers
    .filter(
      ([name]) =>
        !['date', 'connection', 'keep-alive', 'x-request-id'].includes(name.toLowerCase()),
    )
    .map(([name, value]) => `${name.toLowerCase()}: ${value}`)

const protect =
  (issuer: () => string, then: () => never): Middleware =>
  (ctx) => {
    const protection: Protection = {
      realm: 'api',
      schemes: ['Bearer', 'DPoP'],
      scope: 'notes:read',
      resourceMetadata: `${issuer()}/.well-known/oauth-protected-resource/api`,
    }
    ;(ctx.state as RefusalState).protection = protection
    then()
  }

test('a refusal of the API is complete: status, challenges, headers and problem details', async (t) => {
  let issuer = ''
  const server = await startEdge(t, {
    app: protect(
      () => issuer,
      () => refuse('token-expired', { check: 'time', found: 'secret' }),
    ),
  })
  issuer = server.issuer
  const answer = await get(server.port)
  const requestId = headerValue(answer, 'x-request-id') ?? ''
  t.is(answer.status, 401)
  t.is(answer.reason, 'Unauthorized')
  t.regex(requestId, UUID)
  const metadata = `resource_metadata="${issuer}/.well-known/oauth-protected-resource/api"`
  t.deepEqual(stable(answer.headers), [
    `www-authenticate: Bearer realm="api", error="invalid_token", ${metadata}, error_description="The access token expired", error_uri="${issuer}/refusals/token-expired"`,
    `www-authenticate: DPoP realm="api", scope="notes:read", algs="ES256 EdDSA", ${metadata}`,
    'vary: Authorization, DPoP, Origin',
    'content-type: application/problem+json',
    `content-length: ${answer.body.length}`,
    'cache-control: no-store',
  ])
  t.deepEqual(JSON.parse(answer.body), {
    type: `${issuer}/refusals/token-expired`,
    title: 'Token expired',
    status: 401,
    detail: 'The access token expired',
    error: 'invalid_token',
    instance: `${issuer}/doctor/${requestId}`,
  })
})

test('nobody is told why a token was refused whose signature was not verified', async (t) => {
  const server = await startEdge(t, {
    app: (ctx) => {
      const state = ctx.state as RefusalState
      state.protection = { realm: 'api', schemes: ['Bearer'], unproven: true }
      refuse('token-wrong-issuer')
    },
  })
  const answer = await get(server.port)
  t.is(answer.status, 401)
  t.regex(
    headerValue(answer, 'www-authenticate') ?? '',
    /error_description="The access token is not valid"/,
  )
  t.like(JSON.parse(answer.body), { detail: 'The access token is not valid' })
})

test('evidence and query stay off the wire; the report has the evidence and a path without query', async (t) => {
  const reports: unknown[] = []
  const server = await startEdge(t, {
    app: () => refuse('invalid-input', { check: 'text', found: 'very private' }),
    respond: { report: (one) => reports.push(one), doctor: false },
  })
  const answer = await get(server.port)
  const requestId = headerValue(answer, 'x-request-id') ?? ''
  t.is(answer.status, 422)
  t.false(answer.body.includes('private'))
  t.like(JSON.parse(answer.body), { instance: `urn:uuid:${requestId}` })
  t.deepEqual(reports, [
    {
      requestId,
      id: 'invalid-input',
      evidence: { check: 'text', found: 'very private' },
      method: 'GET',
      path: '/x',
      headers: {},
      state: { requestId, refusal: 'invalid-input' },
    },
  ])
})

test('HEAD gets the headers of GET and no body', async (t) => {
  const server = await startEdge(t, { app: () => refuse('hidden') })
  const full = await get(server.port)
  const head = await get(server.port, ['Connection: close'], 'HEAD')
  t.is(head.status, 404)
  t.is(head.body + head.rest, '')
  t.deepEqual(stable(head.headers), stable(full.headers))
})

test('two refusals of one id differ in request id and date only', async (t) => {
  const server = await startEdge(t, { app: () => refuse('hidden') })
  const [one, two] = [await get(server.port), await get(server.port)]
  const id = (answer: typeof one) => headerValue(answer, 'x-request-id') ?? ''
  t.not(id(one), id(two))
  t.is(one.body.replace(id(one), ''), two.body.replace(id(two), ''))
  t.deepEqual(stable(one.headers), stable(two.headers))
})

test('headers of the row and of the throw site are sent, and one with a line break is left out', async (t) => {
  const server = await startEdge(t, {
    app: () =>
      refuse(
        'auth-backend-down',
        {},
        { Allow: 'GET', 'X-Bad': 'a\r\nSet-Cookie: x=y', 'X-Far': '\u2603' },
      ),
  })
  const answer = await get(server.port)
  t.is(answer.status, 503)
  t.is(headerValue(answer, 'retry-after'), '30')
  t.is(headerValue(answer, 'allow'), 'GET')
  t.deepEqual(headerValues(answer, 'www-authenticate'), [])
  for (const name of ['x-bad', 'x-far', 'set-cookie']) t.is(headerValue(answer, name), undefined)
  t.like(JSON.parse(answer.body), { error: 'temporarily_unavailable' })
})

test('an error nobody expected is a plain 500, told to the log and not to the caller', async (t) => {
  const reports: { id: string; error?: unknown }[] = []
  const server = await startEdge(t, {
    app: () => {
      throw new Error('password=hunter2')
    },
    respond: { report: (one) => reports.push(one) },
  })
  const answer = await get(server.port)
  t.is(answer.status, 500)
  t.is(headerValue(answer, 'cache-control'), 'no-store')
  t.regex(headerValue(answer, 'x-request-id') ?? '', UUID)
  t.false(answer.body.includes('hunter2'))
  t.like(JSON.parse(answer.body), { status: 500, title: 'Internal error' })
  t.is(reports[0]?.id, 'internal-error')
  t.is((reports[0]?.error as Error).message, 'password=hunter2')
})

test('what is thrown need not be an error', async (t) => {
  const server = await startEdge(t, {
    app: () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- what careless code does
      throw undefined
    },
  })
  t.is((await get(server.port)).status, 500)
})

test('an error of another kind can stand for a refusal', async (t) => {
  const server = await startEdge(t, {
    app: () => {
      throw new Error('database is gone')
    },
    respond: { refusalFor: (error) => (error instanceof Error ? 'auth-backend-down' : undefined) },
  })
  const answer = await get(server.port)
  t.is(answer.status, 503)
  t.is(headerValue(answer, 'retry-after'), '30')
})

test('what nobody answers is not-found, and never an empty 404', async (t) => {
  const server = await startEdge(t, { app: () => undefined })
  const answer = await get(server.port)
  t.is(answer.status, 404)
  t.like(JSON.parse(answer.body), { type: `${server.issuer}/refusals/not-found` })
})

test('what a handler prepared before it refused is not sent', async (t) => {
  const server = await startEdge(t, {
    app: (ctx) => {
      ctx.status = 201
      ctx.body = '<p>private</p>'
      ctx.set({ ETag: '"1"', Location: '/x', 'Cache-Control': 'public, max-age=60' })
      refuse('forbidden')
    },
  })
  const answer = await get(server.port)
  t.is(answer.status, 403)
  t.false(answer.body.includes('private'))
  t.is(headerValue(answer, 'content-type'), 'application/problem+json')
  t.is(headerValue(answer, 'cache-control'), 'no-store')
  for (const name of ['etag', 'location']) t.is(headerValue(answer, name), undefined)
})

test('the authorization server refuses in its own format, with its own challenge', async (t) => {
  const server = await startEdge(t, {
    app: (ctx) => {
      const state = ctx.state as RefusalState
      state.protection = { realm: 'as', schemes: ['Basic'] }
      refuse('introspect-unauthenticated')
    },
  })
  const answer = await get(server.port)
  t.is(answer.status, 401)
  t.deepEqual(headerValues(answer, 'www-authenticate'), ['Basic realm="as", charset="UTF-8"'])
  t.is(headerValue(answer, 'content-type'), 'application/json')
  t.deepEqual(JSON.parse(answer.body), {
    error: 'invalid_client',
    error_description: 'Client authentication failed',
    error_uri: `${server.issuer}/refusals/introspect-unauthenticated`,
  })
  t.regex(headerValue(answer, 'link') ?? '', /^<[^>]*\/doctor\/[0-9a-f-]{36}>; rel="help"$/)
})

test('a row that is not a refusal on the wire cannot be thrown: that is an error of ours', async (t) => {
  const server = await startEdge(t, { app: () => refuse('introspect-inactive') })
  t.is((await get(server.port)).status, 500)
})

const renderPage: NonNullable<Parameters<typeof startEdge>[1]>['respond'] = {
  renderPage: (ctx, page) => {
    ctx.type = 'html'
    ctx.status = 200
    ctx.body = `<h1>${page.id}</h1><pre>${page.challenges.join('\n')}</pre><p>${page.row.person}</p>`
  },
}

test('a browser gets a page, with status and challenges kept', async (t) => {
  let issuer = ''
  const server = await startEdge(t, {
    app: protect(
      () => issuer,
      () => refuse('no-credentials'),
    ),
    respond: renderPage,
  })
  issuer = server.issuer
  const answer = await get(server.port, [
    'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  ])
  t.is(answer.status, 401)
  t.is(headerValue(answer, 'content-type'), 'text/html; charset=utf-8')
  t.is(headerValue(answer, 'cache-control'), 'no-store')
  t.is(headerValues(answer, 'www-authenticate').length, 2)
  t.true(answer.body.includes(rowOf('no-credentials').person))
})

for (const accept of [
  '*/*',
  'application/json',
  'application/problem+json, text/html;q=0.5',
  'image/png',
]) {
  test(`whoever does not prefer HTML gets problem details: ${accept}`, async (t) => {
    const server = await startEdge(t, { app: () => refuse('hidden'), respond: renderPage })
    const answer = await get(server.port, [`Accept: ${accept}`])
    t.is(headerValue(answer, 'content-type'), 'application/problem+json')
  })
}

test('a remembered challenge is sent again as it was, for its own refusal only', async (t) => {
  const ids = ['no-credentials', 'token-expired', 'no-credentials', 'token-expired'] as const
  const protection: Protection = { realm: 'api', schemes: ['Bearer'] }
  let call = 0
  const server = await startEdge(t, {
    app: (ctx) => {
      const state = ctx.state as RefusalState
      state.protection = protection
      refuse(ids[call++] ?? 'hidden')
    },
  })
  const lines = []
  for (const id of ids) {
    const [line = '', ...more] = headerValues(await get(server.port), 'www-authenticate')
    t.deepEqual(more, [])
    t.is(line.includes('error='), id === 'token-expired')
    lines.push(line)
  }
  t.deepEqual(lines.slice(2), lines.slice(0, 2))
})

test('a page of another origin can read a refusal and its challenge', async (t) => {
  let issuer = ''
  const server = await startEdge(t, {
    outside: cors({ profile: 'local' }),
    app: protect(
      () => issuer,
      () => refuse('no-credentials'),
    ),
  })
  issuer = server.issuer
  const answer = await get(server.port, ['Origin: http://localhost:5173'])
  t.is(answer.status, 401)
  t.is(headerValue(answer, 'access-control-allow-origin'), 'http://localhost:5173')
  t.is(
    headerValue(answer, 'access-control-expose-headers'),
    'WWW-Authenticate, DPoP-Nonce, Retry-After, X-Request-Id',
  )
  t.is(headerValue(answer, 'vary'), 'Origin, Authorization, DPoP')
})
