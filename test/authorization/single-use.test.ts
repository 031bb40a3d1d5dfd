import test from 'ava'
import { start } from '../helpers/start.ts'
import { assertRefused } from '../helpers/device.ts'
import { BRIEF, callApi, createPerson, WEB, type App } from '../helpers/person.ts'

const statuses = (answers: { status: number }[]) => answers.map(({ status }) => status).sort()

test('of ten uses of one code at once, at most one gives tokens, and the family ends dead', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { code, pkce } = await person.code()
  const answers = await Promise.all(Array.from({ length: 10 }, () => person.redeem(code, pkce)))
  const won = answers.filter(({ status }) => status === 200)
  t.true(won.length <= 1, statuses(answers).join())
  for (const { status, body } of answers) {
    if (status === 200) continue
    t.is(status, 400)
    t.is(body.error, 'invalid_grant')
  }
  for (const { body } of won) {
    const call = await callApi(server.url('/api/whoami'), body.access_token ?? '')
    t.is(call.status, 401)
    t.is(call.body['detail'], 'The access token was revoked')
    t.is((await person.refresh(body.refresh_token ?? '')).body.error, 'invalid_grant')
  }
})

test('of ten uses of one refresh token at once, at most one gives tokens, and the family ends dead', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const tokens = await person.tokens()
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => person.refresh(tokens.refresh_token)),
  )
  const won = answers.filter(({ status }) => status === 200)
  t.true(won.length <= 1, statuses(answers).join())
  for (const { status, body } of answers) {
    if (status !== 200) t.deepEqual([status, body.error], [400, 'invalid_grant'])
  }
  for (const { access_token, refresh_token } of [tokens, ...won.map(({ body }) => body)]) {
    t.is((await callApi(server.url('/api/whoami'), access_token ?? '')).status, 401)
    t.is((await person.refresh(refresh_token ?? '')).status, 400)
  }
})

test('a code used a second time is refused, and what the first use gave is revoked', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { code, pkce } = await person.code()
  const first = await person.redeem(code, pkce)
  t.is(first.status, 200)
  t.is((await callApi(server.url('/api/whoami'), first.body.access_token ?? '')).status, 200)
  const second = await person.redeem(code, pkce)
  t.deepEqual([second.status, second.body.error], [400, 'invalid_grant'])
  const call = await callApi(server.url('/api/whoami'), first.body.access_token ?? '')
  t.is(call.status, 401)
  t.true(call.headers.get('www-authenticate')?.includes('error="invalid_token"'))
})

test('a refresh token of another client is refused as one, and ends nothing', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const tokens = await person.tokens()
  const thief = createPerson(server.issuer, BRIEF)
  assertRefused(t, server, await thief.refresh(tokens.refresh_token), 'grant-refresh-invalid')
  t.is((await person.refresh(tokens.refresh_token)).status, 200)
})

test('a refresh token is replaced at each use, and its reuse ends the family but no other', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const other = await person.tokens()
  const first = await person.tokens()
  const second = (await person.refresh(first.refresh_token)).body
  t.not(second.refresh_token, first.refresh_token)
  t.is((await person.refresh(first.refresh_token)).body.error, 'invalid_grant')
  t.is((await person.refresh(second.refresh_token ?? '')).body.error, 'invalid_grant')
  t.is((await callApi(server.url('/api/whoami'), second.access_token ?? '')).status, 401)
  t.is((await callApi(server.url('/api/whoami'), other.access_token)).status, 200)
  t.is((await person.refresh(other.refresh_token)).status, 200)
})

test('ten clients that sign in at once in one session are all remembered in it', async (t) => {
  const server = await start(t)
  const apps: App[] = []
  for (let i = 0; i < 10; i++) {
    const { clientId, clientSecret } = await server.clients.add({
      client_name: `App ${i}`,
      redirect_uris: [`http://localhost:${9000 + i}/callback`],
    })
    apps.push({
      id: clientId,
      secret: clientSecret ?? '',
      redirectUri: `http://localhost:${9000 + i}/callback`,
    })
  }
  const person = createPerson(server.issuer)
  await person.code()
  const account = 'alice'
  await Promise.all(
    apps.map((app) =>
      server.db.consent.create({
        data: {
          sub: account,
          clientId: app.id,
          resource: '',
          scopes: 'openid',
          grantedAt: new Date(0),
        },
      }),
    ),
  )
  const codes = await Promise.all(
    apps.map(async (app) => {
      const { url, pkce } = person.request({
        client_id: app.id,
        redirect_uri: app.redirectUri,
        scope: 'openid',
      })
      const { landed } = await person.browser.open(url)
      return { app, pkce, code: landed?.searchParams.get('code') ?? '' }
    }),
  )
  for (const { app, code, pkce } of codes) {
    t.not(code, '')
    const answer = await createPerson(server.issuer, app).redeem(code, pkce)
    t.is(answer.status, 200)
  }
  const remembered = await server.db.sessionClient.findMany({ select: { clientId: true } })
  t.deepEqual(
    remembered.map(({ clientId }) => clientId).sort(),
    ['web', ...apps.map(({ id }) => id)].sort(),
  )
})

test('nothing in the database is a code, a token, a session or an interaction', async (t) => {
  const server = await start(t)
  const seen: string[] = []
  const person = createPerson(server.issuer)
  const { url } = person.request()
  const { page } = await person.browser.open(url)
  seen.push(...(page?.url.pathname.split('/') ?? []).filter((part) => part.length > 15))
  seen.push(...person.browser.cookies().map(({ value }) => value))
  const { code } = await person.code()
  const tokens = await person.tokens()
  const brief = await createPerson(server.issuer, BRIEF).tokens({ scope: 'openid ledger:read' })
  seen.push(code, tokens.refresh_token, tokens.access_token, tokens.id_token)
  seen.push(brief.access_token, brief.refresh_token, WEB.secret ?? '', 'wonderland')
  seen.push(...person.browser.cookies().map(({ value }) => value))
  const rows = JSON.stringify([
    await server.db.artifact.findMany(),
    await server.db.sessionClient.findMany(),
    await server.db.consent.findMany(),
    await server.db.client.findMany(),
    await server.db.account.findMany(),
    await server.db.signingKey.findMany(),
  ])
  t.true(seen.length > 10)
  for (const secret of seen) {
    if (secret.length > 5) t.false(rows.includes(secret), `${secret} is in the database`)
  }
})
