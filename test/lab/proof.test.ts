import test from 'ava'
import {
  EmbeddedJWK,
  calculateJwkThumbprint,
  decodeJwt,
  decodeProtectedHeader,
  jwtVerify,
} from 'jose'
import { createProofKey, proofFor } from '../../src/lab/proof.ts'
import type { ProofAlgorithm } from '../../src/lab/proof.ts'
import { systemClock } from '../../src/lib/clock.ts'

const url = 'https://api.example/notes?limit=1#top'

for (const alg of ['ES256', 'EdDSA'] as const satisfies ProofAlgorithm[]) {
  test(`a proof by a key for ${alg} is one of RFC 9449, as jose reads it`, async (t) => {
    const key = createProofKey(alg)
    const proof = proofFor({ method: 'POST', url, key, token: 'abc', nonce: 'n', iat: 100 })
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: [alg],
    })
    t.deepEqual(protectedHeader, { typ: 'dpop+jwt', alg, jwk: key.jwk })
    const { jti, ...claims } = payload
    t.regex(String(jti), /^[0-9a-f-]{36}$/)
    t.deepEqual(claims, {
      htm: 'POST',
      htu: 'https://api.example/notes',
      iat: 100,
      // printf abc | openssl dgst -sha256 -binary | basenc --base64url
      ath: 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0',
      nonce: 'n',
    })
    t.is(key.thumbprint, await calculateJwkThumbprint(key.jwk))
  })
}

test('a proof is made now, has a jti of its own, and says nothing of what it was not told', (t) => {
  const key = createProofKey()
  const [one, two] = [proofFor({ method: 'GET', url, key }), proofFor({ method: 'GET', url, key })]
  t.not(decodeJwt(one).jti, decodeJwt(two).jti)
  t.true(Math.abs(Number(decodeJwt(one).iat) - systemClock.seconds()) <= 1)
  t.deepEqual(Object.keys(decodeJwt(one)), ['jti', 'htm', 'htu', 'iat'])
})

test('any part of a proof can be wrong', async (t) => {
  const key = createProofKey()
  const good = { method: 'GET', url, key }
  const changed = proofFor({
    ...good,
    header: { typ: 'JWT', kid: 'x' },
    claims: { htu: undefined },
  })
  t.like(decodeProtectedHeader(changed), { typ: 'JWT', kid: 'x', alg: 'ES256' })
  t.false('htu' in decodeJwt(changed))
  const text = '{"alg":"ES256",\n"alg":"ES256"}'
  const [header = ''] = proofFor({ ...good, header: text }).split('.')
  t.is(Buffer.from(header, 'base64url').toString(), text)
  for (const signer of [createProofKey(), 'nobody'] as const) {
    await t.throwsAsync(jwtVerify(proofFor({ ...good, signer }), EmbeddedJWK))
  }
})
