import test from 'ava'
import { callApi, createPerson } from '../helpers/person.ts'
import { postgresTests } from '../helpers/postgres.ts'
import { start } from '../helpers/start.ts'

const postgres = await postgresTests(test)

postgres.test('the handshake, its replays and its sign-out are the same', async (t) => {
  const server = await start(t, { settings: { DATABASE_URL: await postgres.empty(t) } })
  const person = createPerson(server.issuer)
  const { code, pkce } = await person.code({ scope: 'openid profile notes:read notes:write' })
  const answers = await Promise.all(Array.from({ length: 10 }, () => person.redeem(code, pkce)))
  t.true(answers.filter(({ status }) => status === 200).length <= 1)
  t.true(answers.every(({ status, body }) => status === 200 || body.error === 'invalid_grant'))

  const tokens = await person.tokens({ scope: 'openid notes:read notes:write' })
  const created = await callApi(server.url('/api/notes'), tokens.access_token, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text: 'On PostgreSQL', shared_with: ['bob'] }),
  })
  t.is(created.status, 201)
  t.is((await callApi(server.url('/api/notes/note-bob-1'), tokens.access_token)).status, 404)
  const refreshed = (await person.refresh(tokens.refresh_token)).body
  t.is((await person.refresh(tokens.refresh_token)).body.error, 'invalid_grant')
  t.is((await callApi(server.url('/api/whoami'), refreshed.access_token ?? '')).status, 401)

  const ledger = await person.tokens({ scope: 'ledger:read' })
  t.is((await callApi(server.url('/ledger/entries'), ledger.access_token)).status, 200)
  const { page } = await person.browser.open('/oauth/logout')
  if (page) await person.browser.submit(page, {}, ['logout', 'yes'])
  t.is((await callApi(server.url('/ledger/entries'), ledger.access_token)).status, 401)
})
