/** What a token exchange gives (RFC 8693): never more than there was, and never for longer. */
import test from 'ava'
import { createProofKey, proofFor } from '../../src/lab/proof.ts'
import { age } from '../helpers/age.ts'
import { callApi, claimsOf, createPerson, post } from '../helpers/person.ts'
import { start } from '../helpers/start.ts'
import {
  asActor,
  exchange,
  exchanger,
  JWT,
  ledgerToken,
  refusedWith,
  SERVICE,
  subjectToken,
  whoami,
} from './exchange.ts'

test('scope is narrowed and never widened, by the subject, the client and the resource', async (t) => {
  const server = await start(t)
  const subject_token = await subjectToken(server, {
    scope: 'notes:read transfers:write',
  })
  const all = await exchange(server, { subject_token })
  t.is(all.body.scope, 'notes:read', 'service may not ask for transfers:write')
  for (const scope of ['notes:write', 'notes:read openid', 'transfers:write', 'nobody:knows']) {
    const answer = await exchange(server, { subject_token, scope })
    refusedWith(t, answer, 'token-invalid-scope', 'invalid_scope')
  }
})

test('a target is one resource of the policy that the subject has scope at, by resource or audience', async (t) => {
  const server = await start(t)
  const subject_token = await subjectToken(server)
  const api = server.url('/api')
  const wide = await exchanger(server, 'wide')
  for (const params of [{ resource: api }, { audience: api }, { resource: api, audience: api }]) {
    t.is((await exchange(server, { subject_token, ...params })).status, 200)
  }
  const ledger = server.url('/ledger')
  for (const [as, params] of [
    [SERVICE, { resource: ledger }],
    [SERVICE, { audience: 'api' }],
    [SERVICE, { resource: 'https://nope.example' }],
    [SERVICE, { resource: api, audience: ledger }],
    // The policy would let it; the person never gave anything there.
    [wide, { resource: ledger }],
  ] as const) {
    const answer = await exchange(server, { subject_token, ...params }, as)
    refusedWith(t, answer, 'token-invalid-target', 'invalid_target')
  }
})

test('requested_token_type is access_token or, where tokens are JWTs, jwt', async (t) => {
  const server = await start(t)
  const wide = await exchanger(server, 'wide')
  const subject_token = await subjectToken(server)
  const jwt = await exchange(server, { subject_token, requested_token_type: JWT })
  t.is(jwt.body['issued_token_type'], JWT)
  const opaque = await ledgerToken(server)
  for (const [subject_token, requested_token_type] of [
    [await subjectToken(server), 'urn:ietf:params:oauth:token-type:refresh_token'],
    [opaque, JWT],
  ] as const) {
    const answer = await exchange(server, { subject_token, requested_token_type }, wide)
    refusedWith(t, answer, 'token-invalid-request', 'invalid_request')
  }
})

test('a bound subject token needs a proof by its key, and the result is bound to the key of the proof', async (t) => {
  const server = await start(t)
  const key = createProofKey()
  const subject_token = await subjectToken(server, { cnf: { jkt: key.thumbprint } })
  for (const wrong of [undefined, createProofKey()]) {
    const answer = await exchange(server, { subject_token }, SERVICE, wrong)
    refusedWith(t, answer, 'exchange-subject-invalid', 'invalid_request')
  }
  const { status, body } = await exchange(server, { subject_token }, SERVICE, key)
  t.deepEqual([status, body.token_type], [200, 'DPoP'])
  t.deepEqual(claimsOf(body.access_token ?? '')['cnf'], { jkt: key.thumbprint })
  const asBearer = await whoami(server, body.access_token)
  t.is(asBearer.status, 401)
  t.regex(asBearer.headers.get('www-authenticate') ?? '', /error="invalid_token"/)
  const url = server.url('/api/whoami')
  const token = body.access_token ?? ''
  const proven = await fetch(url, {
    headers: {
      authorization: `DPoP ${token}`,
      dpop: proofFor({ method: 'GET', url, key, token }),
    },
  })
  t.is(proven.status, 200)
  const bound = await exchanger(server, 'bound', {}, { dpop_bound_access_tokens: true })
  const plain = await exchange(server, { subject_token: await subjectToken(server) }, bound)
  refusedWith(t, plain, 'token-dpop-invalid', 'invalid_dpop_proof')
})

test('opaque tokens are exchanged for opaque ones, which the ledger takes and introspection knows', async (t) => {
  const server = await start(t)
  const wide = await exchanger(server, 'wide')
  const person = createPerson(server.issuer)
  const { access_token: subject_token } = await person.tokens({ scope: 'ledger:read' })
  const actor = await asActor(server, wide)
  const { body } = await exchange(server, { subject_token, ...actor }, wide)
  t.false(body.access_token?.includes('.') ?? true)
  const call = () => callApi(server.url('/ledger/entries'), body.access_token ?? '')
  t.is((await call()).status, 200)
  const api = { id: 'api', secret: 'api-secret', redirectUri: '' }
  const introspect = () =>
    post(server.url('/oauth/introspect'), { token: body.access_token ?? '' }, api)
  const known = (await introspect()).body
  t.like(known, { active: true, sub: 'alice', client_id: 'wide', act: { sub: 'wide' } })
  t.false('exchanged_from' in known || 'grant_id' in known)
  // It goes on from there.
  const again = await exchange(server, { subject_token: body.access_token }, wide)
  t.is(again.status, 200)
  // And ends with the token that it came of.
  await person.revoke(subject_token)
  t.is((await call()).status, 401)
  t.deepEqual((await introspect()).body, { active: false })
  const late = await callApi(server.url('/ledger/entries'), again.body.access_token ?? '')
  t.is(late.status, 401)
})

test('a result ends when its subject token is revoked, its family ends, or the person withdraws consent', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const endings: ((tokens: Awaited<ReturnType<typeof person.tokens>>) => Promise<unknown>)[] = [
    ({ access_token }) => person.revoke(access_token),
    ({ refresh_token }) => person.revoke(refresh_token),
    () => server.families.withdrawConsent('alice', 'web'),
  ]
  for (const end of endings) {
    const tokens = await person.tokens()
    const one = await exchange(server, { subject_token: tokens.access_token })
    const two = await exchange(server, { subject_token: one.body.access_token })
    // `service` is a seeded client too, so its own results may go on.
    for (const { body } of [one, two]) t.is((await whoami(server, body.access_token)).status, 200)
    await end(tokens)
    for (const { body } of [one, two]) {
      const { status, headers, body: problem } = await whoami(server, body.access_token)
      t.is(status, 401)
      t.is(problem['type'], server.url('/refusals/token-revoked'))
      t.regex(headers.get('www-authenticate') ?? '', /error="invalid_token"/)
    }
  }
})

test('a result ends with the client of whoever acts in it, however deep', async (t) => {
  const server = await start(t)
  const first = await exchanger(server, 'first')
  const one = await exchange(
    server,
    { subject_token: await subjectToken(server), ...(await asActor(server, first)) },
    first,
  )
  const second = await exchanger(server, 'second')
  const two = await exchange(
    server,
    { subject_token: one.body.access_token, ...(await asActor(server, second)) },
    second,
  )
  t.is((await whoami(server, two.body.access_token)).status, 200)
  await server.clients.remove('first')
  t.is((await whoami(server, two.body.access_token)).status, 401)
})

test('an aged subject token counts as aged: the result lives for what is left, or there is none', async (t) => {
  const server = await start(t)
  const subject_token = await subjectToken(server, { expires_in: 250 })
  await age(server, 200)
  const { body } = await exchange(server, { subject_token })
  t.true((body.expires_in ?? 0) > 0 && (body.expires_in ?? 0) <= 50, String(body.expires_in))
  await age(server, 100)
  const answer = await exchange(server, { subject_token })
  refusedWith(t, answer, 'exchange-subject-invalid', 'invalid_request')
  t.is((await whoami(server, body.access_token)).status, 401)
})

test('what the person allowed in detail holds for the result (RFC 9396)', async (t) => {
  const server = await start(t)
  const wide = await exchanger(server, 'wide')
  const details = [{ type: 'transfer', amount: 1250, currency: 'EUR', payee: 'bob' }]
  const subject_token = await subjectToken(server, {
    scope: 'transfers:write',
    claims: { authorization_details: details },
  })
  const { body } = await exchange(server, { subject_token }, wide)
  t.deepEqual(body['authorization_details'], details)
  t.deepEqual(claimsOf(body.access_token ?? '')['authorization_details'], details)
})

test('exchanges do not go on for ever', async (t) => {
  const server = await start(t)
  let subject_token: string | undefined = await subjectToken(server)
  for (let i = 0; i < 8; i++) {
    const { status, body } = await exchange(server, { subject_token })
    t.is(status, 200)
    subject_token = body.access_token
  }
  const answer = await exchange(server, { subject_token })
  refusedWith(t, answer, 'exchange-not-allowed', 'invalid_request')
})
