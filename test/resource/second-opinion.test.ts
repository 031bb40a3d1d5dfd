/** oauth4webapi judges the same tokens: what it refuses is refused here, and what is accepted here it accepts. */
import test from 'ava'
import * as oauth from 'oauth4webapi'
import type { Signer, TokenOptions } from '../../src/lab/mint.ts'
import { startApi } from './api.ts'
import type { Api } from './api.ts'

async function accepts(api: Api, bearer: string): Promise<boolean> {
  const { issuer, world } = api
  const [, authorization = ''] = /^Authorization: (.*)$/.exec(bearer) ?? []
  const request = new Request(`${issuer}/api/whoami`, { headers: { authorization } })
  const server = { issuer, jwks_uri: `${issuer}/jwks` }
  const options = {
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: async () => Response.json(world.keys),
    // Its clock is the machine's.
    [oauth.clockSkew]: api.clock.seconds() - Math.floor(Date.now() / 1000),
    [oauth.clockTolerance]: 0,
  }
  try {
    await oauth.validateJwtAccessToken(server, request, `${issuer}/api`, options)
    return true
  } catch {
    return false
  }
}

type Case = [what: string, options: (api: Api) => TokenOptions]

const both: Case[] = [
  ['a good token', () => ({})],
  ['typ in capitals', () => ({ header: { typ: 'AT+JWT' } })],
  ['several audiences', ({ issuer }) => ({ audience: ['x', `${issuer}/api`] })],
]

for (const [what, options] of both) {
  test(`both accept ${what}`, async (t) => {
    const api = await startApi(t)
    const bearer = await api.bearer(options(api))
    t.true(await accepts(api, bearer))
    t.is((await api.whoami(bearer)).status, 200)
  })
}

const neither: Case[] = [
  ...(['stranger', 'nobody', 'public key as secret'] as const satisfies Signer[]).map(
    (signer): Case => [`signer ${signer}`, () => ({ signer })],
  ),
  ['alg none', () => ({ header: { alg: 'none' }, signer: 'nobody' })],
  ['alg HS256', () => ({ header: { alg: 'HS256' }, signer: 'public key as secret' })],
  ['crit', () => ({ header: { crit: ['x'], x: 1 } })],
  ['an unknown kid', () => ({ header: { kid: 'x' } })],
  ['typ JWT', () => ({ header: { typ: 'JWT' } })],
  ['another issuer', ({ issuer }) => ({ claims: { iss: `${issuer}/` } })],
  ['another audience', () => ({ audience: 'https://other.example' })],
  ['no audience', () => ({ audience: [] })],
  ['an old exp', ({ clock }) => ({ issuedAt: clock.seconds() - 600 })],
  ['exp of text', () => ({ claims: { exp: '1893456000' } })],
  ['nbf ahead', ({ clock }) => ({ claims: { nbf: clock.seconds() + 60 } })],
  ...['iss', 'sub', 'aud', 'exp', 'iat', 'jti', 'client_id'].map((claim): Case => [
    `no ${claim}`,
    () => ({ claims: { [claim]: undefined } }),
  ]),
]

for (const [what, options] of neither) {
  test(`neither accepts ${what}`, async (t) => {
    const api = await startApi(t)
    const bearer = await api.bearer(options(api))
    t.false(await accepts(api, bearer))
    t.is((await api.whoami(bearer)).status, 401)
  })
}
