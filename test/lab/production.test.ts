import test from 'ava'
import { headerValue, requestOf, sendRaw } from '../helpers/raw-http.ts'
import { start } from '../helpers/start.ts'
import type { Provocation } from '../../src/lab/lab.ts'
import { PRODUCTION_ISSUER, startProduction } from '../helpers/production.ts'

test('production has no lab: no address of it, and no fault on order', async (t) => {
  const server = await startProduction(t)
  const ask = (line: string, more: string[] = [], body = '') =>
    sendRaw(
      server.port,
      requestOf(
        [
          `${line} HTTP/1.1`,
          'Host: id.example.com',
          'X-Forwarded-Proto: https',
          `Content-Length: ${body.length}`,
          ...more,
        ],
        body,
      ),
    )
  for (const line of [
    'GET /lab',
    'POST /lab/mint',
    'POST /lab/age',
    'GET /lab/break/token-expired',
    'POST /lab/break/token-expired',
  ]) {
    const response = await ask(line, ['Content-Type: application/json'], '{}')
    t.is(response.status, 404, line)
    const { type } = JSON.parse(response.body) as { type: string }
    t.is(type, `${PRODUCTION_ISSUER}/refusals/not-found`)
  }

  // A value that a server of the local profile has ordered, so that it is one that could work.
  const local = await start(t)
  const prepared = await fetch(local.url('/lab/break/internal-error'))
  const { request } = (await prepared.json()) as Provocation
  const field = request.headers.find(([name]) => name === 'Countersign-Fault') ?? []
  t.is(field.length, 2)
  t.is((await ask('GET /', [field.join(': ')])).status, 200)
  const home = await ask('GET /', ['Accept: text/html'])
  t.false(home.body.includes('/lab'))
  t.false((await ask('GET /refusals/token-expired', ['Accept: text/html'])).body.includes('/lab'))
  t.is(headerValue(home, 'X-Request-Id')?.length, 36)
})
