/** Every refusal of the token endpoint that an exchange can meet (RFC 8693 §2.2.2), in the words of the catalogue. */
import test from 'ava'
import { basicCredentials, formRequest } from '../../scripts/kit/client.ts'
import { createProofKey, proofFor } from '../../src/lab/proof.ts'
import { rowOf, type RefusalId } from '../../src/refusals/catalogue.ts'
import { assertRefused } from '../helpers/device.ts'
import { createPerson, type Answered } from '../helpers/person.ts'
import { start } from '../helpers/start.ts'
import { ACCESS_TOKEN, EXCHANGE, exchanger, SERVICE, subjectToken } from './exchange.ts'

type Headers = Record<string, string>

const as = (id: string, secret: string): Headers => ({
  authorization: basicCredentials(id, secret),
})
const SERVED = as(SERVICE.id, SERVICE.secret)

test('an exchange is refused as any token request is: by id, status, challenge and error', async (t) => {
  const server = await start(t, { settings: { DPOP_NONCE: 'required' } })
  const subject_token = await subjectToken(server)
  const good = { grant_type: EXCHANGE, subject_token, subject_token_type: ACCESS_TOKEN }
  const grantless = { client_id: 'grantless', client_secret: 'grantless-secret' }
  await server.clients.add({ ...grantless, grant_types: ['client_credentials'] })
  const other = await exchanger(server, 'other', { subjects: ['other'] })
  const person = createPerson(server.issuer)
  const dead = await person.tokens({ scope: 'openid notes:read' })
  await person.revoke(dead.access_token)
  const BASIC = 'Basic realm="as", charset="UTF-8"'
  const url = server.url('/oauth/token')
  const proof = proofFor({ method: 'POST', url, key: createProofKey() })
  for (const [id, params, headers, challenge] of [
    ['token-invalid-request', { grant_type: EXCHANGE }, SERVED],
    ['token-invalid-request', { ...good, subject_token_type: '' }, SERVED],
    ['token-invalid-client', good, as(SERVICE.id, 'wrong'), BASIC],
    ['token-invalid-client', good, as('nobody', 'wrong'), BASIC],
    [
      'token-invalid-client-body',
      { ...good, client_id: SERVICE.id, client_secret: 'x' },
      {},
      BASIC,
    ],
    ['token-no-client-auth', { ...good, client_id: SERVICE.id }, {}, BASIC],
    ['token-multiple-client-auth', { ...good, client_secret: SERVICE.secret }, SERVED],
    ['token-unauthorized-client', good, as('grantless', 'grantless-secret')],
    ['exchange-not-allowed', good, as(other.id, other.secret)],
    ['token-invalid-scope', { ...good, scope: 'transfers:write' }, SERVED],
    ['token-invalid-target', { ...good, resource: 'https://nope' }, SERVED],
    ['token-invalid-target', { ...good, audience: 'https://nope' }, SERVED],
    ['token-dpop-invalid', good, { ...SERVED, dpop: 'x' }],
    ['token-dpop-nonce', good, { ...SERVED, dpop: proof }],
    ['exchange-subject-invalid', { ...good, subject_token: 'nonsense' }, SERVED],
    ['exchange-subject-invalid', { ...good, subject_token: dead.access_token }, SERVED],
    ['exchange-subject-invalid', { ...good, subject_token: dead.id_token }, SERVED],
  ] as [RefusalId, Record<string, string>, Headers, string?][]) {
    const response = await fetch(url, formRequest(params, headers))
    const body = (await response.json()) as Answered['body']
    t.deepEqual(
      [
        response.status,
        body.error,
        body['error_uri'],
        response.headers.get('www-authenticate') ?? undefined,
        response.headers.get('cache-control'),
      ],
      [rowOf(id).status, rowOf(id).error, server.url(`/refusals/${id}`), challenge, 'no-store'],
      id,
    )
  }
  // The same parameter twice, and a body that is no form.
  const twice = `${new URLSearchParams(good).toString()}&subject_token=x`
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  for (const [body, type] of [
    [twice, form],
    [JSON.stringify(good), { 'content-type': 'application/json' }],
  ] as const) {
    const response = await fetch(url, { method: 'POST', body, headers: { ...SERVED, ...type } })
    const answer = (await response.json()) as Answered['body']
    const { status, headers } = response
    assertRefused(t, server, { status, headers, body: answer }, 'token-invalid-request')
  }
})
