import test, { type ExecutionContext } from 'ava'
import { cors, type CorsOptions } from '../../src/web/cors.ts'
import { headerValue, requestOf, sendRaw, type RawResponse } from '../helpers/raw-http.ts'
import { startEdge } from './edge-server.ts'

async function ask(
  t: ExecutionContext,
  options: CorsOptions,
  method: string,
  lines: string[],
): Promise<RawResponse> {
  const server = await startEdge(t, { outside: cors(options) })
  return sendRaw(
    server.port,
    requestOf([`${method} / HTTP/1.1`, `Host: localhost:${server.port}`, ...lines]),
  )
}

/** The fields that CORS is about. */
const corsFields = ({ headers }: RawResponse) =>
  Object.fromEntries(
    headers
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => name === 'vary' || name.startsWith('access-control-')),
  )

const EXPOSED = {
  'access-control-expose-headers': 'WWW-Authenticate, DPoP-Nonce, Retry-After, X-Request-Id',
}

const PREFLIGHT = [
  'Access-Control-Request-Method: POST',
  'Access-Control-Request-Headers: authorization,dpop',
]

test('a preflight from a loopback page is answered without credentials', async (t) => {
  const answer = await ask(t, { profile: 'local' }, 'OPTIONS', [
    'Origin: http://localhost:5173',
    ...PREFLIGHT,
  ])
  t.is(answer.status, 204)
  t.deepEqual(corsFields(answer), {
    vary: 'Origin',
    'access-control-allow-origin': 'http://localhost:5173',
    'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
    'access-control-allow-headers': 'authorization, content-type, dpop',
    'access-control-max-age': '600',
  })
  t.regex(headerValue(answer, 'x-request-id') ?? '', /^[0-9a-f-]{36}$/)
})

test('a preflight from a stranger is answered and allows nothing', async (t) => {
  const answer = await ask(t, { profile: 'local' }, 'OPTIONS', [
    'Origin: https://evil.example',
    ...PREFLIGHT,
  ])
  t.is(answer.status, 204)
  t.deepEqual(corsFields(answer), { vary: 'Origin' })
})

test('a page of the public internet is not let into a private network', async (t) => {
  const answer = await ask(t, { profile: 'local' }, 'OPTIONS', [
    'Origin: http://localhost:5173',
    'Access-Control-Request-Private-Network: true',
    ...PREFLIGHT,
  ])
  t.is(headerValue(answer, 'access-control-allow-private-network'), undefined)
})

for (const origin of [
  'http://localhost',
  'http://localhost:1',
  'http://127.0.0.1:65535',
  'http://[::1]:5173',
  'https://localhost:5173',
]) {
  test(`in the local profile a loopback page may read answers: ${origin}`, async (t) => {
    const answer = await ask(t, { profile: 'local' }, 'GET', [`Origin: ${origin}`])
    t.is(answer.status, 200)
    t.deepEqual(corsFields(answer), {
      vary: 'Origin',
      'access-control-allow-origin': origin,
      ...EXPOSED,
    })
  })
}

for (const origin of [
  'http://evil.example',
  'http://localhost.evil.example',
  'http://localhost:5173.evil.example',
  'http://evil.example/http://localhost',
  'http://x.localhost:5173',
  'http://user@localhost:5173',
  'http://127.0.0.2',
  'null',
  'file://',
]) {
  test(`other origins get an answer they cannot read: ${origin}`, async (t) => {
    const answer = await ask(t, { profile: 'local' }, 'GET', [`Origin: ${origin}`])
    t.is(answer.status, 200)
    t.deepEqual(corsFields(answer), { vary: 'Origin', ...EXPOSED })
  })
}

test('the production profile allows no origin by itself', async (t) => {
  const answer = await ask(t, { profile: 'production' }, 'GET', ['Origin: http://localhost:5173'])
  t.deepEqual(corsFields(answer), { vary: 'Origin', ...EXPOSED })
})

test('further origins can be allowed in either profile', async (t) => {
  for (const profile of ['local', 'production'] as const) {
    const options: CorsOptions = {
      profile,
      originAllowed: async (o) => o === 'https://app.example',
    }
    const allowed = await ask(t, options, 'GET', ['Origin: https://app.example'])
    t.is(headerValue(allowed, 'access-control-allow-origin'), 'https://app.example')
    const other = await ask(t, options, 'GET', ['Origin: https://other.example'])
    t.is(headerValue(other, 'access-control-allow-origin'), undefined)
  }
})

test('what is the same for everybody may be read by every page', async (t) => {
  const options: CorsOptions = { profile: 'production', isPublic: (path) => path === '/' }
  const answer = await ask(t, options, 'GET', ['Origin: https://app.example'])
  t.deepEqual(corsFields(answer), {
    vary: 'Origin',
    'access-control-allow-origin': '*',
    ...EXPOSED,
  })
  const preflight = await ask(t, options, 'OPTIONS', ['Origin: https://app.example', ...PREFLIGHT])
  t.is(preflight.status, 204)
  t.is(headerValue(preflight, 'access-control-allow-origin'), '*')
})

test('an answer varies by origin even where none was sent, and credentials are never allowed', async (t) => {
  const answer = await ask(t, { profile: 'local' }, 'GET', [])
  t.deepEqual(corsFields(answer), { vary: 'Origin', ...EXPOSED })
})
