/** Proofs that others make are good here: oauth4webapi, openid-client, and the RFC’s own. */
import test from 'ava'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import { runChecks } from '../../src/resource/checks.ts'
import { readAuthorization } from '../../src/resource/credentials.ts'
import {
  accessTokenHash,
  parseProof,
  readProofKey,
  readProofs,
  verifyProof,
} from '../../src/resource/dpop.ts'
import { noFacts } from '../../src/resource/facts.ts'
import type { Facts } from '../../src/resource/facts.ts'
import { startApi } from './api.ts'
import type { Api } from './api.ts'

/** Their clock is the machine's. */
const skew = ({ clock }: Api) => clock.seconds() - Math.floor(Date.now() / 1000)

async function withOauth4webapi(api: Api, alg: string) {
  const keyPair = await oauth.generateKeyPair(alg)
  const app: oauth.Client = { client_id: 'spa', [oauth.clockSkew]: skew(api) }
  const DPoP = oauth.DPoP(app, keyPair, {
    // RFC 9864 has another name for EdDSA with Ed25519, which the challenge does not offer.
    [oauth.modifyAssertion](header) {
      if (header.alg === 'Ed25519') header.alg = 'EdDSA'
    },
  })
  const token = await api.mint.mint({ cnf: { jkt: await DPoP.calculateThumbprint() } })
  const url = new URL(`${api.issuer}/api/whoami?a=b`)
  const options = { DPoP, [oauth.allowInsecureRequests]: true }
  return () => oauth.protectedResourceRequest(token, 'GET', url, undefined, undefined, options)
}

for (const alg of ['ES256', 'Ed25519']) {
  test(`oauth4webapi’s own proofs by a key for ${alg} are accepted`, async (t) => {
    const api = await startApi(t)
    const call = await withOauth4webapi(api, alg)
    t.is((await call()).status, 200)
    t.is((await call()).status, 200)
  })
}

test('oauth4webapi reads the challenge that asks for a nonce, and then has one', async (t) => {
  const api = await startApi(t, { nonceRequired: true })
  const call = await withOauth4webapi(api, 'ES256')
  const refused = await t.throwsAsync(call, { instanceOf: oauth.WWWAuthenticateChallengeError })
  t.true(oauth.isDPoPNonceError(refused))
  t.deepEqual(
    refused.cause.map(({ scheme, parameters }) => [scheme, parameters.error, parameters.algs]),
    [
      ['bearer', undefined, undefined],
      ['dpop', 'use_dpop_nonce', 'ES256 EdDSA'],
    ],
  )
  t.is((await call()).status, 200)
})

test('openid-client gets the nonce and goes on, without telling anybody', async (t) => {
  const api = await startApi(t, { nonceRequired: true })
  const metadata = { [client.clockSkew]: skew(api) }
  const config = new client.Configuration({ issuer: api.issuer }, 'spa', metadata)
  client.allowInsecureRequests(config)
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
  const token = await api.mint.mint({ cnf: { jkt: await DPoP.calculateThumbprint() } })
  const url = new URL(`${api.issuer}/api/whoami`)
  const response = await client.fetchProtectedResource(
    ...([config, token, url, 'GET', undefined, undefined, { DPoP }] as const),
  )
  t.is(response.status, 200)
  t.deepEqual(
    api.refused.map(({ id }) => id),
    ['dpop-nonce-required'],
  )
})

/** RFC 9449 §7.1, figure 12. */
const TOKEN = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'
const PROOF = [
  'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6Ik',
  'VDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCR',
  'nMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JE',
  'QSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIj',
  'oiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0Z',
  'WRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNF',
  'c05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71E',
  'OptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA',
].join('')

/** The request of figure 12, and the token as figures 8 and 9 bind it. */
async function figure12(): Promise<Facts> {
  const issuer = 'https://server.example.com'
  const audience = 'https://resource.example.org'
  const { facts: authorization, token = '' } = readAuthorization(['Authorization', `DPoP ${TOKEN}`])
  const { facts: proofs, proof = '' } = readProofs([PROOF])
  const { structure, header = {}, claims = {}, repeatedClaims } = parseProof(proof)
  const { facts: proofKey, key } = await readProofKey(header)
  return {
    ...noFacts(1_562_262_618, {
      ...{ issuer, audience, format: 'opaque', scopes: [], leeway: 0, maxLife: 86_400 },
      nonceRequired: false,
    }),
    authorization,
    elsewhere: { query: false, body: 'absent' },
    introspection: { outcome: 'active' },
    claims: {
      ...{ sub: 'someone@example.com', aud: audience, client_id: 'app', token_type: 'DPoP' },
      cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' },
    },
    age: 0,
    certificate: { outcome: 'none' },
    standing: { outcome: 'good' },
    proofs,
    request: { method: 'GET', url: `${audience}/protectedresource` },
    tokenHash: accessTokenHash(token),
    proofStructure: structure,
    proofHeader: header,
    proofClaims: claims,
    repeatedProofClaims: repeatedClaims,
    proofKey,
    proofSignature: key && (await verifyProof(proof, key)),
    nonce: 'absent',
    proofUse: { outcome: 'first' },
  }
}

test('the request of RFC 9449 §7.1 passes every check', async (t) => {
  const facts = await figure12()
  t.is(facts.tokenHash, 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo')
  t.deepEqual(
    runChecks(facts).filter(({ outcome }) => outcome !== 'passed'),
    [],
  )
})

test('the same request a year later, by another method, or for another token does not', async (t) => {
  const facts = await figure12()
  const ids = (changes: Partial<Facts>) =>
    runChecks({ ...facts, ...changes }).flatMap((one) => (one.outcome === 'failed' ? [one.id] : []))
  t.deepEqual(ids({ time: 1_593_798_618 }), ['dpop-iat-outside-window'])
  t.deepEqual(ids({ request: { method: 'POST', url: facts.request?.url ?? '' } }), [
    'dpop-proof-invalid',
  ])
  t.deepEqual(ids({ tokenHash: accessTokenHash('another') }), ['dpop-ath-mismatch'])
  t.deepEqual(ids({ proofUse: { outcome: 'repeated' } }), ['dpop-replay'])
})
