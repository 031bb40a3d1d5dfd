import { Writable } from 'node:stream'
import test from 'ava'
import { callApi, createPerson, post } from '../helpers/person.ts'
import { start } from '../helpers/start.ts'

test('one line a request with id, route, status and refusal, and never a secret in any of them', async (t) => {
  const lines: string[] = []
  const logDestination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  const server = await start(t, { logDestination, settings: { LOG_LEVEL: 'debug' } })
  const person = createPerson(server.issuer)
  const { code, pkce } = await person.code()
  const tokens = (await person.redeem(code, pkce)).body
  const refreshed = (await person.refresh(tokens.refresh_token ?? '')).body
  const ok = await callApi(server.url('/api/notes'), tokens.access_token ?? '')
  const wrong = await callApi(server.url('/api/notes?access_token=in-the-query'), 'wrong-token')
  await post(
    server.url('/oauth/token'),
    { grant_type: 'refresh_token', refresh_token: 'no-such-token' },
    { id: 'web', secret: 'wrong-secret', redirectUri: '' },
  )
  await person.refresh(tokens.refresh_token ?? '')
  const text = lines.join('')
  const secrets = [
    code,
    pkce.verifier,
    tokens.access_token,
    tokens.refresh_token,
    tokens.id_token,
    refreshed.refresh_token,
    'wonderland',
    'web-secret',
    'wrong-secret',
    'wrong-token',
    'in-the-query',
    'no-such-token',
    ...person.browser.cookies().map(({ value }) => value),
  ]
  for (const secret of secrets) t.false(text.includes(secret ?? '-'), secret)
  const requests = lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => 'requestId' in line)
  const lineOf = (id: string | null) => requests.find((line) => line['requestId'] === id)
  t.like(lineOf(ok.headers.get('x-request-id')), { method: 'GET', status: 200 })
  t.like(lineOf(wrong.headers.get('x-request-id')), { status: 401, refusal: 'token-unknown' })
  t.true(requests.some(({ refusal }) => refusal === 'token-invalid-client'))
  t.true(requests.some(({ refusal }) => refusal === 'grant-refresh-reused'))
})
