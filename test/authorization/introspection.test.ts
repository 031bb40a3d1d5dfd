import test from 'ava'
import { basicCredentials } from '../../scripts/kit/client.ts'
import { callApi, claimsOf, createPerson, post, SPA, WEB, type App } from '../helpers/person.ts'
import { start } from '../helpers/start.ts'

const API: App = { id: 'api', secret: 'api-secret', redirectUri: '' }

test('the API a token is meant for may introspect it, JWT or opaque', async (t) => {
  const server = await start(t)
  const jwt = await createPerson(server.issuer).tokens()
  const opaque = await createPerson(server.issuer).tokens({ scope: 'ledger:read' })
  const endpoint = server.url('/oauth/introspect')
  const one = await post(endpoint, { token: jwt.access_token }, API)
  t.is(one.status, 200)
  t.like(one.body, {
    active: true,
    sub: 'alice',
    client_id: 'web',
    iss: server.issuer,
    token_type: 'Bearer',
  })
  t.is(one.body['jti'], claimsOf(jwt.access_token)['jti'])
  const two = await post(endpoint, { token: opaque.access_token }, API)
  t.like(two.body, {
    active: true,
    sub: 'alice',
    client_id: 'web',
    scope: 'ledger:read',
    aud: server.url('/ledger'),
  })
})

test('a program on its own is the subject of its tokens, JWT or opaque, and of signed answers too', async (t) => {
  const server = await start(t)
  const service: App = { id: 'service', secret: 'service-secret', redirectUri: '' }
  for (const scope of ['notes:read', 'ledger:read']) {
    const grant = { grant_type: 'client_credentials', scope }
    const { body } = await post(server.url('/oauth/token'), grant, service)
    const token = body.access_token ?? ''
    const answer = await post(server.url('/oauth/introspect'), { token }, API)
    t.like(answer.body, { active: true, sub: 'service', client_id: 'service', scope })
    const signed = await fetch(server.url('/oauth/introspect'), {
      method: 'POST',
      headers: {
        authorization: basicCredentials('api', 'api-secret'),
        accept: 'application/token-introspection+jwt',
      },
      body: new URLSearchParams({ token }),
    })
    t.like(claimsOf(await signed.text())['token_introspection'], { sub: 'service', scope })
  }
})

test('for everybody else, and for what is no good, the answer is active:false and nothing more', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const jwt = await person.tokens()
  const opaque = await person.tokens({ scope: 'ledger:read' })
  const endpoint = server.url('/oauth/introspect')
  for (const token of [jwt.access_token, opaque.access_token]) {
    const answer = await post(endpoint, { token }, WEB)
    t.deepEqual([answer.status, answer.body], [200, { active: false }])
  }
  for (const token of ['garbage', `${jwt.access_token}x`, jwt.id_token, jwt.refresh_token]) {
    t.deepEqual((await post(endpoint, { token }, API)).body, { active: false })
  }
  await person.revoke(jwt.access_token)
  await person.revoke(opaque.access_token)
  for (const token of [jwt.access_token, opaque.access_token]) {
    t.deepEqual((await post(endpoint, { token }, API)).body, { active: false })
  }
})

test('a resource server is told of the tokens that are meant for it, and of no others', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const tokens = {
    api: (await person.tokens({ scope: 'openid notes:read' })).access_token,
    ledger: (await person.tokens({ scope: 'openid ledger:read' })).access_token,
  }
  for (const [own, other] of [
    ['api', 'ledger'],
    ['ledger', 'api'],
  ] as const) {
    const keeper: App = { id: `${own}-keeper`, secret: `${own}-secret`, redirectUri: '' }
    await server.clients.add({
      client_id: keeper.id,
      client_secret: keeper.secret ?? '',
      grant_types: ['client_credentials'],
      audiences: [`<issuer>/${own}`],
    })
    const ask = (token: string) => post(server.url('/oauth/introspect'), { token }, keeper)
    t.like((await ask(tokens[own])).body, { active: true, sub: 'alice' }, own)
    t.deepEqual((await ask(tokens[other])).body, { active: false }, own)
  }
})

test('introspection without a client, or with a wrong secret, is refused', async (t) => {
  const server = await start(t)
  const endpoint = server.url('/oauth/introspect')
  const wrong = await post(endpoint, { token: 'x' }, { ...API, secret: 'wrong' })
  t.is(wrong.status, 401)
  t.is(wrong.headers.get('www-authenticate'), 'Basic realm="as", charset="UTF-8"')
  const none = await post(endpoint, { token: 'x' })
  t.true([400, 401].includes(none.status))
})

test('a revoked access token is refused by the API on the next call; the rest of its family lives', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const jwt = await person.tokens()
  t.is((await person.revoke(jwt.access_token)).status, 200)
  const call = await callApi(server.url('/api/whoami'), jwt.access_token)
  t.is(call.status, 401)
  t.is(call.body['detail'], 'The access token was revoked')
  t.is((await callApi(server.url('/oauth/userinfo'), jwt.access_token)).status, 401)
  t.is((await person.refresh(jwt.refresh_token)).status, 200)

  const opaque = await person.tokens({ scope: 'ledger:read' })
  t.is((await callApi(server.url('/ledger/entries'), opaque.access_token)).status, 200)
  t.is((await person.revoke(opaque.access_token)).status, 200)
  t.is((await callApi(server.url('/ledger/entries'), opaque.access_token)).status, 401)
  t.is((await person.refresh(opaque.refresh_token)).status, 200)
})

test('a revoked refresh token takes its family along', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer, SPA)
  const tokens = await person.tokens()
  t.is((await person.revoke(tokens.refresh_token)).status, 200)
  t.is((await person.refresh(tokens.refresh_token)).body.error, 'invalid_grant')
  t.is((await callApi(server.url('/api/whoami'), tokens.access_token)).status, 401)
})

test('a token of another client is not revoked', async (t) => {
  const server = await start(t)
  const tokens = await createPerson(server.issuer).tokens()
  const other = createPerson(server.issuer, SPA)
  const answer = await other.revoke(tokens.access_token)
  t.deepEqual([answer.status, answer.body.error], [400, 'invalid_request'])
  t.is((await callApi(server.url('/api/whoami'), tokens.access_token)).status, 200)
})

test('revoking what nobody knows is a success', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  for (const token of ['garbage', 'eyJhbGciOiJub25lIn0.e30.x']) {
    const answer = await person.revoke(token)
    t.deepEqual([answer.status, answer.body], [200, {}])
  }
})

test('disabling a person ends their tokens and sessions on the next call', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const tokens = await person.tokens()
  await server.accounts.disable('alice')
  const call = await callApi(server.url('/api/whoami'), tokens.access_token)
  t.is(call.status, 401)
  t.is((await person.refresh(tokens.refresh_token)).status, 400)
  const again = await person.browser.open(person.request({ prompt: 'none' }).url)
  t.is(again.landed?.searchParams.get('error'), 'login_required')
  await server.accounts.enable('alice')
  t.is((await callApi(server.url('/api/whoami'), tokens.access_token)).status, 401)
})

test('withdrawing consent ends what the app holds, and the page comes again', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const tokens = await person.tokens()
  await server.families.withdrawConsent('alice', 'web')
  t.is((await callApi(server.url('/api/whoami'), tokens.access_token)).status, 401)
  t.is((await person.refresh(tokens.refresh_token)).status, 400)
  const silent = await person.browser.open(person.request({ prompt: 'none' }).url)
  t.is(silent.landed?.searchParams.get('error'), 'consent_required')
})
