/** `countersign registration-token`: initial access tokens from the command line (RFC 7591 §1.2). */
import test from 'ava'
import { productionFetch, PRODUCTION_ISSUER, startProduction } from '../helpers/production.ts'
import { commandLine } from './run.ts'

test('a token is printed alone and once, registers one client at the running server, and is listed by its id', async (t) => {
  const server = await startProduction(t)
  const { run } = await commandLine(t)
  const env = {
    PROFILE: 'production',
    ISSUER: PRODUCTION_ISSUER,
    SECRET: 'a secret that is long enough for production',
    DATABASE_URL: server.config.databaseUrl,
  }
  t.regex((await run(['registration-token', 'list'], env)).out, /^There is no initial access token/)
  const { code, out, err } = await run(['registration-token', 'add', '--expires-in', '2h'], env)
  t.is(code, 0, err)
  t.regex(out, /^[\w-]{43}\n$/)

  const response = await productionFetch(server)(`${PRODUCTION_ISSUER}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${out.trim()}` },
    body: JSON.stringify({ redirect_uris: ['https://app.example.com/cb'] }),
  })
  t.is(response.status, 201)
  const { client_id: clientId } = (await response.json()) as { client_id: string }

  const added = await run(['registration-token', 'add', '--json'], env)
  const { id, expires_at: expiresAt } = JSON.parse(added.out) as { id: string; expires_at: string }
  t.regex(id, /^[0-9a-f]{12}$/)
  const listed = await run(['registration-token', 'list'], env)
  t.regex(listed.out, new RegExp(`registered ${clientId}$`, 'm'))
  t.regex(listed.out, new RegExp(`^${id} .* unused$`, 'm'))
  t.false(listed.out.includes(out.trim()))

  const removed = await run(['registration-token', 'remove', id, 'nothing'], env)
  t.is(removed.code, 1)
  t.is(removed.out, `Initial access token ${id} was removed.\n`)
  t.regex(removed.err, /there is no unused token "nothing"/)
  const left = JSON.parse(
    (await run(['registration-token', 'list', '--json'], env)).out,
  ) as object[]
  t.like(left, [{ client_id: clientId }])
  t.is(left.length, 1)
  t.true(Date.parse(expiresAt) > 0)
})
