import test from 'ava'
import { decodeJwt } from 'jose'
import { createProofKey, proofFor } from '../../src/lab/proof.ts'
import type { MintedToken } from '../../src/lab/mint.ts'
import { callApi } from '../helpers/person.ts'
import { start, type TestServer } from '../helpers/start.ts'

async function post(server: TestServer, wish: unknown) {
  const response = await fetch(server.url('/lab/mint'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(wish),
  })
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as unknown,
  }
}

async function mint(server: TestServer, wish: unknown): Promise<MintedToken> {
  const { status, body } = await post(server, wish)
  if (status !== 200) throw new Error(JSON.stringify(body))
  return body as MintedToken
}

const whoami = (server: TestServer, { access_token: token }: MintedToken) =>
  callApi(server.url('/api/whoami'), token)

test('a token is minted for any person, client, scope, life and kind of sign-in', async (t) => {
  const server = await start(t)
  const wish = {
    sub: 'bob',
    client_id: 'spa',
    scope: 'notes:read',
    expires_in: 77,
    acr: 'urn:countersign:mfa',
    auth_time: 1_700_000_000,
    claims: { roles: ['tester'] },
  }
  const minted = await mint(server, wish)
  t.like(minted, { token_type: 'Bearer', expires_in: 77 })
  t.deepEqual(decodeJwt(minted.access_token), minted.claims)
  const { status, body } = await whoami(server, minted)
  t.is(status, 200)
  t.like(body, {
    sub: 'bob',
    client_id: 'spa',
    scope: 'notes:read',
    aud: `${server.issuer}/api`,
    acr: 'urn:countersign:mfa',
    auth_time: 1_700_000_000,
  })
  t.deepEqual(minted.claims['roles'], ['tester'])
})

test('what is not told is chosen, so that nothing need be told', async (t) => {
  const server = await start(t)
  const minted = await mint(server, {})
  t.like(minted, { token_type: 'Bearer', expires_in: 300 })
  t.like(minted.claims, {
    sub: 'alice',
    client_id: 'web',
    scope: 'notes:read notes:write transfers:write',
    acr: 'urn:countersign:pwd',
  })
  t.is((await whoami(server, minted)).status, 200)
})

test('a token for a key is good with a proof by it, and with nothing else', async (t) => {
  const server = await start(t)
  const key = createProofKey()
  const minted = await mint(server, { cnf: { jkt: key.thumbprint } })
  const { access_token: token, token_type: type } = minted
  t.is(type, 'DPoP')
  t.is((await whoami(server, minted)).status, 401)
  const url = server.url('/api/whoami')
  const proof = proofFor({ method: 'GET', url, key, token })
  const response = await fetch(url, { headers: { authorization: `DPoP ${token}`, dpop: proof } })
  t.is(response.status, 200)
})

test('an opaque token is bound to a key as well', async (t) => {
  const server = await start(t)
  const key = createProofKey()
  const audience = `${server.issuer}/ledger`
  const minted = await mint(server, { audience, cnf: { jkt: key.thumbprint } })
  const { access_token: token, token_type: type } = minted
  t.is(type, 'DPoP')
  const url = server.url('/ledger/entries')
  t.is((await callApi(url, token)).status, 401)
  const proof = proofFor({ method: 'GET', url, key, token })
  const response = await fetch(url, { headers: { authorization: `DPoP ${token}`, dpop: proof } })
  t.is(response.status, 200)
})

test('a program gets a token of its own', async (t) => {
  const server = await start(t)
  const minted = await mint(server, { sub: 'service', client_id: 'service', scope: 'notes:read' })
  t.false('acr' in minted.claims || 'auth_time' in minted.claims)
  t.like((await whoami(server, minted)).body, { sub: 'service', client_id: 'service' })
})

test('an API that takes opaque tokens takes a minted one, until it is revoked', async (t) => {
  const server = await start(t)
  const wish = { sub: 'alice', client_id: 'spa', audience: `${server.issuer}/ledger` }
  const minted = await mint(server, wish)
  t.like(minted.claims, { sub: 'alice', client_id: 'spa', scope: 'ledger:read' })
  t.false(minted.access_token.includes('.'))
  const entries = () => callApi(server.url('/ledger/entries'), minted.access_token)
  const { status, body } = await entries()
  t.is(status, 200)
  t.is((body['entries'] as unknown[]).length, 2, 'those of Alice')
  const body2 = new URLSearchParams({ token: minted.access_token, client_id: 'spa' })
  await fetch(server.url('/oauth/revoke'), { method: 'POST', body: body2 })
  t.is((await entries()).status, 401)

  const program = { ...wish, sub: 'service', client_id: 'service' }
  const own = await mint(server, program)
  t.is((await callApi(server.url('/ledger/entries'), own.access_token)).status, 200)
})

test('a token can be meant for an API that this server does not know', async (t) => {
  const server = await start(t)
  const audience = 'https://api.example/orders'
  const minted = await mint(server, { audience, scope: 'orders:read' })
  t.like(minted.claims, { aud: audience, scope: 'orders:read' })
  const { status, body } = await whoami(server, minted)
  t.is(status, 401)
  t.is(body['type'], `${server.issuer}/refusals/token-wrong-audience`)
})

test('every fault is named, in the answer and for the doctor', async (t) => {
  const server = await start(t)
  for (const [wish, faults] of [
    [
      { sub: 'nobody', client_id: 'none', scope: 'notes:read fly' },
      [
        'sub is "nobody", and nobody has this id or name.',
        'client_id is "none", and no client has it.',
        `scope has "fly"; ${server.issuer}/api knows notes:read, notes:write, transfers:write.`,
      ],
    ],
    [
      { expires_in: 'long', cnf: { jkt: 'short' }, colour: 'red' },
      [
        'expires_in must be a number.',
        'cnf.jkt must be a SHA-256 thumbprint in base64url (RFC 7638).',
        'It has "colour", which is not known here.',
      ],
    ],
    [
      { claims: { exp: 1, acr: 'x' } },
      [
        'claims.exp is made by the server, so that the token is valid.',
        'claims.acr has a member of its own, beside claims.',
      ],
    ],
    [
      { sub: 'carol' },
      ['sub is "carol", whose account is switched off: no token for it is valid.'],
    ],
    [
      { audience: `${server.issuer}/ledger`, acr: 'x', claims: {} },
      [
        'acr cannot be had: the tokens of this audience are opaque.',
        'claims cannot be had: the tokens of this audience are opaque.',
      ],
    ],
    [{ audience: 'no uri' }, ['audience must be an absolute URI without a fragment.']],
    [[], ['It must be a table of names and values.']],
  ] as const) {
    const { status, headers, body } = await post(server, wish)
    t.is(status, 422)
    t.is(headers.get('content-type'), 'application/problem+json')
    t.like(body, { type: `${server.issuer}/refusals/invalid-input`, faults })
  }
})

test('nothing of a fault is stored, and a minted JWT is not either', async (t) => {
  const server = await start(t)
  await post(server, { sub: 'nobody' })
  await mint(server, {})
  t.is(await server.db.artifact.count(), 0)
})
