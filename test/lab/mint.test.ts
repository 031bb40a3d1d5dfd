import test from 'ava'
import { compactVerify, decodeJwt, decodeProtectedHeader, importJWK } from 'jose'
import { createMint } from '../../src/lab/mint.ts'
import type { Signer } from '../../src/lab/mint.ts'
import { fixedClock } from '../../src/lib/clock.ts'
import { publicKey, signingKey } from '../resource/api.ts'

const issuer = 'http://localhost:4010'
const clock = fixedClock(Date.UTC(2026, 0, 2))
const { mint, compose } = createMint({ keys: () => signingKey, issuer, clock })

test('a minted token is an access token of RFC 9068', async (t) => {
  const token = await mint({ sub: 'bob', clientId: 'spa', scope: 'notes:read' })
  t.deepEqual(decodeProtectedHeader(token), { alg: 'ES256', typ: 'at+jwt', kid: 'es-1' })
  const { jti, ...claims } = decodeJwt(token)
  t.regex(String(jti), /^[0-9a-f-]{36}$/)
  t.deepEqual(claims, {
    iss: issuer,
    sub: 'bob',
    aud: `${issuer}/api`,
    client_id: 'spa',
    scope: 'notes:read',
    iat: clock.seconds(),
    exp: clock.seconds() + 300,
  })
  await t.notThrowsAsync(compactVerify(token, await importJWK(publicKey, 'ES256')))
})

test('no two minted tokens have the same jti', async (t) => {
  const ids = await Promise.all([mint(), mint()].map(async (token) => decodeJwt(await token).jti))
  t.is(new Set(ids).size, 2)
})

test('a token says how the person signed in, what it is bound to and what it allows', async (t) => {
  const authorizationDetails = [{ type: 'transfer', amount: 1, payee: 'bob' }]
  const token = await mint({ acr: 'a', authTime: 7, cnf: { jkt: 'x' }, authorizationDetails })
  t.like(decodeJwt(token), {
    acr: 'a',
    auth_time: 7,
    cnf: { jkt: 'x' },
    authorization_details: authorizationDetails,
  })
})

test('claims and header can be replaced and taken away', async (t) => {
  const token = await mint({
    audience: ['a', 'b'],
    issuedAt: 100,
    expiresIn: 7,
    claims: { jti: undefined, extra: { deep: true } },
    header: { kid: undefined, typ: 'JWT' },
  })
  t.deepEqual(decodeProtectedHeader(token), { alg: 'ES256', typ: 'JWT' })
  t.deepEqual(decodeJwt(token), {
    iss: issuer,
    sub: 'alice',
    aud: ['a', 'b'],
    client_id: 'web',
    iat: 100,
    exp: 107,
    extra: { deep: true },
  })
})

for (const signer of ['stranger', 'nobody', 'public key as secret'] as const satisfies Signer[]) {
  test(`signed by ${signer}, a token does not verify with the issuer’s key`, async (t) => {
    const token = await mint({ signer })
    await t.throwsAsync(compactVerify(token, await importJWK(publicKey, 'ES256')))
  })
}

test('any text can be signed, byte for byte', async (t) => {
  const header = '{"alg":"ES256",\n"alg":"ES256"}'
  const token = await compose({ header, payload: new Uint8Array([255, 0]) })
  const [first = '', second = ''] = token.split('.')
  t.is(Buffer.from(first, 'base64url').toString(), header)
  t.deepEqual([...Buffer.from(second, 'base64url')], [255, 0])
})
