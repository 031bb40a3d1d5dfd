/** Rich authorization (RFC 9396) beyond the first token: what was granted holds wherever the grant goes. */
import test, { type ExecutionContext } from 'ava'
import * as client from 'openid-client'
import { checkboxesOf } from '../../scripts/kit/browser.ts'
import { claimsOf, createPerson, isConsent, post, WEB } from '../helpers/person.ts'
import { start, type TestServer } from '../helpers/start.ts'
import { exchange, exchanger } from './exchange.ts'

const TO_BOB = { type: 'transfer', amount: 1250, currency: 'EUR', payee: 'bob' }
const TO_ADMIN = { type: 'transfer', amount: 300, currency: 'EUR', payee: 'admin' }

const API = { id: 'api', secret: 'api-secret', redirectUri: '' }

/** openid-client as `web`, with a grant of alice's for these transfers. */
async function granted(t: ExecutionContext, details: readonly object[], pushed = false) {
  const server = await start(t)
  const config = await client.discovery(
    new URL(server.issuer),
    WEB.id,
    undefined,
    client.ClientSecretBasic(WEB.secret ?? ''),
    { execute: [client.allowInsecureRequests] },
  )
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const build = pushed ? client.buildAuthorizationUrlWithPAR : client.buildAuthorizationUrl
  const url = await build(config, {
    redirect_uri: WEB.redirectUri,
    scope: 'openid transfers:write',
    acr_values: 'urn:countersign:mfa',
    authorization_details: JSON.stringify(details),
    state: 'the-state',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const person = createPerson(server.issuer)
  const landed = await person.answerPages(await person.browser.open(url))
  const checks = { pkceCodeVerifier, expectedState: 'the-state' }
  const tokens = await client.authorizationCodeGrant(config, landed, checks)
  return { server, config, person, tokens }
}

/** What the API answers to each of the two transfers. */
async function sent(server: TestServer, token: string): Promise<number[]> {
  const statuses: number[] = []
  for (const { payee, amount, currency } of [TO_BOB, TO_ADMIN]) {
    const { status } = await fetch(server.url('/api/transfers'), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ to: payee, amount, currency }),
    })
    statuses.push(status)
  }
  return statuses
}

test('openid-client is told what was granted, and a refreshed token is held to it as the first was', async (t) => {
  const { server, config, tokens } = await granted(t, [TO_BOB], true)
  t.deepEqual(tokens.authorization_details, [TO_BOB])
  t.deepEqual(await sent(server, tokens.access_token), [201, 403])
  const fresh = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
  t.deepEqual(fresh.authorization_details, [TO_BOB])
  t.deepEqual(claimsOf(fresh.access_token)['authorization_details'], [TO_BOB])
  t.deepEqual(await sent(server, fresh.access_token), [201, 403])
})

test('a refresh may ask for a part of what was granted, not for more, and the next for the whole again', async (t) => {
  const { server, config, tokens } = await granted(t, [TO_BOB, TO_ADMIN])
  t.deepEqual(await sent(server, tokens.access_token), [201, 201])
  const refresh = (token: string | undefined, details?: readonly object[]) =>
    client.refreshTokenGrant(
      config,
      token ?? '',
      details && { authorization_details: JSON.stringify(details) },
    )
  const part = await refresh(tokens.refresh_token, [TO_ADMIN])
  t.deepEqual(part.authorization_details, [TO_ADMIN])
  t.deepEqual(await sent(server, part.access_token), [403, 201])
  for (const more of [
    { ...TO_ADMIN, amount: 301 },
    { ...TO_ADMIN, payee: 'alice' },
  ]) {
    const refused = await t.throwsAsync(refresh(part.refresh_token, [TO_ADMIN, more]), {
      instanceOf: client.ResponseBodyError,
    })
    t.is(refused.error, 'invalid_authorization_details')
  }
  const whole = await refresh(part.refresh_token)
  t.deepEqual(whole.authorization_details, [TO_BOB, TO_ADMIN])
})

test('introspection tells the API what was granted, plain and signed (RFC 9396 §9.2)', async (t) => {
  const { server, tokens } = await granted(t, [TO_BOB])
  const { access_token: token } = tokens
  const seen = await post(server.url('/oauth/introspect'), { token }, API)
  t.like(seen.body, { active: true, sub: 'alice', client_id: 'web' })
  t.deepEqual(seen.body['authorization_details'], [TO_BOB])
  const config = await client.discovery(
    new URL(server.issuer),
    API.id,
    { introspection_signed_response_alg: 'RS256' },
    client.ClientSecretBasic(API.secret),
    { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] },
  )
  const signed = await client.tokenIntrospection(config, token)
  t.deepEqual(signed.authorization_details as unknown, [TO_BOB])
})

test('an exchanged token is held to what was granted too', async (t) => {
  const { server, tokens } = await granted(t, [TO_BOB])
  const wide = await exchanger(server, 'wide')
  const { status, body } = await exchange(server, { subject_token: tokens.access_token }, wide)
  t.is(status, 200)
  t.deepEqual(body['authorization_details'], [TO_BOB])
  t.deepEqual(await sent(server, String(body.access_token)), [201, 403])
})

test('details are never remembered: who allowed a transfer is asked for the same one again', async (t) => {
  const { person } = await granted(t, [TO_BOB])
  const { url, pkce } = person.request({
    scope: 'openid transfers:write',
    acr_values: 'urn:countersign:mfa',
    authorization_details: JSON.stringify([TO_BOB]),
  })
  const { page } = await person.browser.open(url)
  t.true(page && isConsent(page))
  t.regex(page?.text ?? '', /Transfer EUR\s12\.50 to bob/)
  // It alone is asked for: the scope was allowed before, and a yes to the transfer takes it along.
  t.deepEqual(page && checkboxesOf(page, 'scope'), [])
  t.regex(page?.text ?? '', /You allowed this before[^]*Transfer money for you/)
  const allowed = page && (await person.browser.submit(page, {}, ['decision', 'allow']))
  const { body } = await person.redeem(allowed?.landed?.searchParams.get('code') ?? '', pkce)
  t.deepEqual(body.scope?.split(' ').toSorted(), ['openid', 'transfers:write'])
  // Without details the scope is remembered, and enough.
  const plain = person.request({ scope: 'openid transfers:write' })
  t.truthy((await person.browser.open(plain.url)).landed?.searchParams.get('code'))
})
