/** A client's Basic credentials (RFC 6749 §2.3.1) are read as strictly, and with as much tolerance, as those of the API. */
import test from 'ava'
import * as client from 'openid-client'
import { formRequest } from '../../scripts/kit/client.ts'
import { rowOf, type RefusalId } from '../../src/refusals/catalogue.ts'
import { diagnosed } from '../helpers/device.ts'
import { start, type TestServer } from '../helpers/start.ts'

const CHALLENGE = 'Basic realm="as", charset="UTF-8"'

/** Two bytes of padding. */
const GOOD = btoa('service:service-secret')

const CREDENTIALS = { grant_type: 'client_credentials' }

const ask = (
  server: TestServer,
  authorization: string,
  [path, params]: readonly [path: string, params: Record<string, string>] = [
    '/oauth/token',
    CREDENTIALS,
  ],
) => fetch(server.url(path), formRequest(params, { authorization }))

for (const [what, authorization] of [
  ['the scheme in another case', `bASIC ${GOOD}`],
  ['more spaces than one after the scheme', `Basic   ${GOOD}`],
  ['white space at both ends', ` \tBasic ${GOOD}\t `],
] as const) {
  test(`a client may send ${what}`, async (t) => {
    t.is((await ask(await start(t), authorization)).status, 200)
  })
}

for (const [what, authorization] of [
  ['base64 without its padding', `Basic ${GOOD.replace('==', '')}`],
  ['base64 with a part of its padding', `Basic ${GOOD.replace('==', '=')}`],
  ['base64 with bits left over', `Basic ${GOOD.replace('A==', 'B==')}`],
  ['base64 and a word after it', `Basic ${GOOD} x`],
  ['a tab after the scheme', `Basic\t${GOOD}`],
  ['the alphabet of base64url', `Basic ${btoa('service:ÿþÿþ').replace(/[+/]/g, '_')}`],
  ['bytes that are no UTF-8', `Basic ${btoa('service:sécret')}`],
  ['a control character', `Basic ${btoa('service:service-secret\n')}`],
  ['a control character that is form-encoded', `Basic ${btoa('service:service-secret%0A')}`],
  ['no colon', `Basic ${btoa('service')}`],
  ['no secret', `Basic ${btoa('service:')}`],
  ['nothing after the scheme', 'Basic'],
] as const) {
  test(`a client is refused that sends ${what}, wherever it authenticates`, async (t) => {
    const server = await start(t)
    t.not(authorization, `Basic ${GOOD}`)
    for (const [id, path, params] of [
      ['token-invalid-client', '/oauth/token', CREDENTIALS],
      ['token-invalid-client', '/oauth/par', { response_type: 'code' }],
      ['token-invalid-client', '/oauth/device', { scope: 'openid' }],
      ['token-invalid-client', '/oauth/revoke', { token: 'x' }],
      ['introspect-unauthenticated', '/oauth/introspect', { token: 'x' }],
    ] satisfies [RefusalId, string, Record<string, string>][]) {
      const response = await ask(server, authorization, [path, params])
      t.is(response.status, 401)
      t.is(response.headers.get('www-authenticate'), CHALLENGE)
      const { error_uri: uri } = (await response.json()) as { error_uri: string }
      t.is(uri, server.url(`/refusals/${id}`))
      t.is(await diagnosed(server, response.headers), id)
    }
  })
}

test('two sets of credentials in one header are more than one way to authenticate', async (t) => {
  const server = await start(t)
  const response = await ask(server, `Basic ${GOOD}, Basic ${GOOD}`)
  const { status, error } = rowOf('token-multiple-client-auth')
  t.deepEqual(
    [response.status, ((await response.json()) as { error: string }).error],
    [status, error],
  )
})

test('an empty Authorization header is none', async (t) => {
  const server = await start(t)
  const inBody = { ...CREDENTIALS, client_id: 'service', client_secret: 'service-secret' }
  t.is((await ask(server, '', ['/oauth/token', inBody])).status, 200)
  const nobody = { ...CREDENTIALS, client_id: 'service' }
  const { error_uri: uri } = (await (await ask(server, '', ['/oauth/token', nobody])).json()) as {
    error_uri: string
  }
  t.is(uri, server.url('/refusals/token-no-client-auth'))
})

test('the doctor says what is wrong with the credentials, and repeats nothing of them', async (t) => {
  const server = await start(t)
  const response = await ask(server, `Basic ${GOOD.replace('==', '')}`)
  const examined = await fetch(
    server.url(`/doctor/${response.headers.get('x-request-id') ?? ''}`),
    { headers: { accept: 'application/json' } },
  )
  const text = await examined.text()
  t.true(text.includes('other characters than base64 with its padding'))
  t.false(text.includes(GOOD.slice(0, 12)))
})

test('client_id and secret are form-encoded before they are joined, whatever they hold', async (t) => {
  const server = await start(t)
  const secret = 'a:b%41+c&d=~!'
  await server.clients.add({
    client_id: 'odd~id_1',
    client_secret: secret,
    grant_types: ['client_credentials'],
  })
  const config = await client.discovery(
    new URL(server.issuer),
    'odd~id_1',
    secret,
    client.ClientSecretBasic(secret),
    { execute: [client.allowInsecureRequests] },
  )
  const tokens = await client.clientCredentialsGrant(config, { scope: 'notes:read' })
  t.is(tokens.scope, 'notes:read')
})

test('wrong secrets count against the client however its name is encoded', async (t) => {
  const server = await start(t)
  const letters = Array.from('service')
  const spelt = letters.map((letter) => `%${letter.charCodeAt(0).toString(16)}`)
  const basic = (name: string, secret: string) => `Basic ${btoa(`${name}:${secret}`)}`
  for (let guess = 0; guess < 10; guess++) {
    // Another spelling each time: other letters are written with their codes.
    const name = letters.map((letter, at) => ((guess >> at) & 1 ? spelt[at] : letter)).join('')
    t.is((await ask(server, basic(name, `guess-${guess}`))).status, 401)
  }
  t.is((await ask(server, basic('service', 'service-secret'))).status, 429)
})
