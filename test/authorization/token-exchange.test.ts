/** Token exchange (RFC 8693): who may exchange whose token. */
import test from 'ava'
import * as client from 'openid-client'
import { claimsOf, createPerson, post } from '../helpers/person.ts'
import { start } from '../helpers/start.ts'
import {
  ACCESS_TOKEN,
  actorToken,
  asActor,
  EXCHANGE,
  exchange,
  exchanger,
  JWT,
  ledgerToken,
  refusedWith,
  SERVICE,
  subjectToken,
  whoami,
  type Params,
} from './exchange.ts'

test('an exchange without an actor is an impersonation: for the person, of the client, without act', async (t) => {
  const server = await start(t)
  const subject = await subjectToken(server, { expires_in: 100 })
  const { status, headers, body } = await exchange(server, { subject_token: subject })
  t.is(status, 200)
  t.is(headers.get('cache-control'), 'no-store')
  t.like(body, {
    issued_token_type: ACCESS_TOKEN,
    token_type: 'Bearer',
    scope: 'notes:read notes:write',
  })
  t.true((body.expires_in ?? 0) <= 100)
  const { act, sub, client_id, aud, exp } = claimsOf(body.access_token ?? '')
  t.deepEqual([act, sub, client_id, aud], [undefined, 'alice', 'service', server.url('/api')])
  t.true(Number(exp) <= Number(claimsOf(subject)['exp']))
  t.is(body.refresh_token, undefined)
  const called = await whoami(server, body.access_token)
  t.deepEqual([called.status, 'act' in called.body], [200, false])
})

test('with an actor_token it is a delegation, and a second one puts the first actor inside the second', async (t) => {
  const server = await start(t)
  const second = await exchanger(server, 'second')
  const first = await exchange(server, {
    subject_token: await subjectToken(server),
    ...(await asActor(server)),
  })
  t.deepEqual(claimsOf(first.body.access_token ?? '')['act'], { sub: 'service' })
  const config = await client.discovery(
    new URL(server.issuer),
    second.id,
    undefined,
    client.ClientSecretBasic(second.secret),
    { execute: [client.allowInsecureRequests] },
  )
  const tokens = await client.genericGrantRequest(config, EXCHANGE, {
    subject_token: first.body.access_token ?? '',
    subject_token_type: JWT,
    actor_token: await actorToken(server, second),
    actor_token_type: JWT,
    audience: server.url('/api'),
    scope: 'notes:read',
  })
  t.deepEqual(claimsOf(tokens.access_token)['act'], { sub: 'second', act: { sub: 'service' } })
  t.is(tokens.scope, 'notes:read')
  const called = (await whoami(server, tokens.access_token)).body
  t.deepEqual(called['act'], { sub: 'second', act: { sub: 'service' } })
  // An impersonation does not wash away who acted.
  const third = await exchange(server, { subject_token: tokens.access_token }, second)
  t.deepEqual(claimsOf(third.body.access_token ?? '')['act'], {
    sub: 'second',
    act: { sub: 'service' },
  })
  // Where the tokens came from is nobody else's business.
  const api = { id: 'api', secret: 'api-secret', redirectUri: '' }
  const seen = await post(server.url('/oauth/introspect'), { token: tokens.access_token }, api)
  t.like(seen.body, { active: true, act: { sub: 'second', act: { sub: 'service' } } })
  t.false('exchanged_from' in seen.body)
})

test('a client without token_exchange, or without the grant, may not exchange', async (t) => {
  const server = await start(t)
  const subject_token = await subjectToken(server)
  const grantOnly = await exchanger(server, 'grant-only', undefined, { token_exchange: undefined })
  const without = { id: 'web', secret: 'web-secret' }
  for (const app of [grantOnly, without]) {
    const answer = await exchange(server, { subject_token }, app)
    refusedWith(t, answer, 'token-unauthorized-client', 'unauthorized_client')
  }
})

test('a client may exchange tokens of the clients that it names, or of seeded ones, and no others', async (t) => {
  const server = await start(t)
  const ofSpa = await exchanger(server, 'of-spa', { subjects: ['spa'] })
  await exchanger(server, 'late')
  const subject = (client_id: string) => subjectToken(server, { client_id })
  for (const [as, whose, allowed] of [
    [SERVICE, 'spa', true],
    [SERVICE, 'late', false],
    [ofSpa, 'spa', true],
    [ofSpa, 'web', false],
  ] as const) {
    const answer = await exchange(server, { subject_token: await subject(whose) }, as)
    if (allowed) t.is(answer.status, 200, `${as.id} ${whose}`)
    else refusedWith(t, answer, 'exchange-not-allowed', 'invalid_request')
  }
})

test('a client registered for one mode is refused the other', async (t) => {
  const server = await start(t)
  const subject_token = await subjectToken(server)
  const named = await exchanger(server, 'named', { modes: ['delegation'] })
  const silent = await exchanger(server, 'silent', { modes: ['impersonation'] })
  t.is((await exchange(server, { subject_token }, silent)).status, 200)
  const delegation = { subject_token, ...(await asActor(server, named)) }
  t.is((await exchange(server, delegation, named)).status, 200)
  refusedWith(
    t,
    await exchange(server, { subject_token }, named),
    'exchange-not-allowed',
    'invalid_request',
  )
  const acting = { subject_token, ...(await asActor(server, silent)) }
  refusedWith(t, await exchange(server, acting, silent), 'exchange-not-allowed', 'invalid_request')
})

test('a may_act in the subject token must name whoever acts, and stays in the result', async (t) => {
  const server = await start(t)
  const other = await exchanger(server, 'other')
  const subject_token = await subjectToken(server, { claims: { may_act: { sub: 'service' } } })
  const delegation = await exchange(server, { subject_token, ...(await asActor(server)) })
  t.is(delegation.status, 200)
  t.deepEqual(claimsOf(delegation.body.access_token ?? '')['may_act'], { sub: 'service' })
  t.is((await exchange(server, { subject_token })).status, 200)
  for (const params of [
    { subject_token, ...(await asActor(server, other)) },
    { subject_token },
    { subject_token: delegation.body.access_token },
  ]) {
    const answer = await exchange(server, params, other)
    refusedWith(t, answer, 'exchange-not-allowed', 'invalid_request')
  }
  for (const may_act of ['service', {}, { sub: 'service', iss: 'https://elsewhere.example' }]) {
    const strange = await subjectToken(server, { claims: { may_act } })
    const answer = await exchange(server, { subject_token: strange })
    refusedWith(t, answer, 'exchange-not-allowed', 'invalid_request')
  }
})

test('may_act of a client stands in its tokens, and holds others off', async (t) => {
  const server = await start(t)
  const other = await exchanger(server, 'other')
  const app = { id: 'guarded', secret: 'guarded-secret', redirectUri: 'http://localhost:3000/cb' }
  await server.clients.add({
    client_id: app.id,
    client_secret: app.secret,
    redirect_uris: [app.redirectUri],
    may_act: 'chosen',
  })
  const chosen = await exchanger(server, 'chosen')
  const person = createPerson(server.issuer, app)
  for (const scope of ['notes:read', 'ledger:read']) {
    const { access_token: subject_token } = await person.tokens({ scope: `openid ${scope}` })
    t.is((await exchange(server, { subject_token }, chosen)).status, 200, scope)
    const answer = await exchange(server, { subject_token }, other)
    refusedWith(t, answer, 'exchange-not-allowed', 'invalid_request')
  }
})

test('an actor_token must be alive, come with its type, and be issued to the client or meant for it', async (t) => {
  const server = await start(t)
  const subject_token = await subjectToken(server)
  const other = await exchanger(server, 'other')
  const foreign = await actorToken(server, other)
  for (const actor_token of ['nonsense', 'eyJ.a.b', foreign]) {
    const params = { subject_token, actor_token, actor_token_type: ACCESS_TOKEN }
    refusedWith(t, await exchange(server, params), 'exchange-actor-invalid', 'invalid_request')
  }
  const own = await actorToken(server)
  for (const params of [{ actor_token: own }, { actor_token_type: ACCESS_TOKEN }]) {
    const answer = await exchange(server, { subject_token, ...params })
    refusedWith(t, answer, 'token-invalid-request', 'invalid_request')
  }
  // The API itself acts for whoever sent it a token that is meant for it.
  const api = await exchanger(server, 'back', {}, { audiences: ['<issuer>/api'] })
  const params = { subject_token, actor_token: foreign, actor_token_type: ACCESS_TOKEN }
  const { status, body } = await exchange(server, params, api)
  t.is(status, 200)
  t.deepEqual(claimsOf(body.access_token ?? '')['act'], { sub: 'other' })
})

test('a subject_token that is no access token of a person, alive, is refused', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const tokens = await person.tokens()
  const opaque = await ledgerToken(server)
  const disabled = await subjectToken(server, { sub: 'bob' })
  await server.accounts.disable('bob')
  const good = tokens.access_token
  const cases: Params[] = [
    { subject_token: 'nonsense' },
    { subject_token: tokens.refresh_token },
    { subject_token: tokens.id_token },
    // An ID token has no scope that the result could be held to.
    {
      subject_token: tokens.id_token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    },
    { subject_token: good, subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' },
    { subject_token: opaque, subject_token_type: JWT },
    { subject_token: await actorToken(server) },
    { subject_token: disabled },
  ]
  for (const params of cases) {
    const answer = await exchange(server, params)
    refusedWith(t, answer, 'exchange-subject-invalid', 'invalid_request')
  }
  for (const params of [{}, { subject_token: good, subject_token_type: undefined }]) {
    refusedWith(t, await exchange(server, params), 'token-invalid-request', 'invalid_request')
  }
  t.is((await exchange(server, { subject_token: good })).status, 200)
  await person.revoke(good)
  const answer = await exchange(server, { subject_token: good })
  refusedWith(t, answer, 'exchange-subject-invalid', 'invalid_request')
})

test('whoever registers a client says nothing of exchanges; that is the operator’s to say', async (t) => {
  const server = await start(t)
  const policy = { token_exchange: { subjects: 'any', audiences: [server.url('/api')] } }
  for (const more of [policy, { may_act: 'service' }]) {
    const response = await fetch(server.url('/oauth/register'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: ['http://localhost:3000/cb'], ...more }),
    })
    t.is(response.status, 400)
    t.is(((await response.json()) as { error: string }).error, 'invalid_client_metadata')
  }
})
