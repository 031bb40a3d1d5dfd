/** The same rules on a server as it is started: its own nonces, its own store of proofs, its own ports. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import * as client from 'openid-client'
import { openSigningKeys } from '../../src/authorization/keys.ts'
import { readMasterSecret } from '../../src/config/data-dir.ts'
import { createRevision } from '../../src/db/revision.ts'
import { createMint } from '../../src/lab/mint.ts'
import type { Mint } from '../../src/lab/mint.ts'
import { createProofKey, proofFor } from '../../src/lab/proof.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createSecrets } from '../../src/lib/secrets.ts'
import { createNonces } from '../../src/resource/nonces.ts'
import { createPerson } from '../helpers/person.ts'
import { requestOf, sendRaw } from '../helpers/raw-http.ts'
import { start } from '../helpers/start.ts'
import type { TestOptions, TestServer } from '../helpers/start.ts'

const key = createProofKey()
const cnf = { jkt: key.thumbprint }

async function startWithMint(
  t: ExecutionContext,
  options?: TestOptions,
): Promise<{ server: TestServer; mint: Mint['mint']; bound: Bound }> {
  const server = await start(t, options)
  const { issuer, config, db } = server
  const secrets = createSecrets(readMasterSecret(config))
  const parts = { db, clock: systemClock, secrets, revision: createRevision(db) }
  const signingKeys = await openSigningKeys(parts)
  const signingKey = signingKeys.privateKeys().find(({ alg }) => alg === 'ES256')
  if (!signingKey) throw new Error('the server has a key for its tokens')
  const { mint } = createMint({ keys: () => signingKey, issuer, clock: systemClock })
  const bound: Bound = (path, token, more = {}) => {
    const url = server.url(path)
    const proof = proofFor({ method: 'GET', url, key, token, ...more })
    return fetch(url, { headers: { authorization: `DPoP ${token}`, dpop: proof } })
  }
  return { server, mint, bound }
}

type Bound = (
  path: string,
  token: string,
  more?: { nonce?: string; jti?: string },
) => Promise<Response>

test('a proof counts once', async (t) => {
  const { mint, bound } = await startWithMint(t)
  const token = await mint({ cnf, scope: 'notes:read' })
  t.is((await bound('/api/notes', token, { jti: 'one' })).status, 200)
  const again = await bound('/api/notes', token, { jti: 'one' })
  t.is(again.status, 401)
  t.regex(
    again.headers.get('www-authenticate') ?? '',
    /DPoP realm="api", error="invalid_dpop_proof"/,
  )
})

test('DPOP_NONCE=required asks every proof for a nonce of this server, and openid-client follows', async (t) => {
  const { server, mint, bound } = await startWithMint(t, { settings: { DPOP_NONCE: 'required' } })
  const token = await mint({ cnf })
  const refused = await bound('/api/whoami', token)
  t.is(refused.status, 401)
  const nonce = refused.headers.get('dpop-nonce') ?? ''
  t.is((await bound('/api/whoami', token, { nonce })).status, 200)
  const { config } = server
  const secrets = createSecrets(readMasterSecret(config))
  const own = secrets.key('dpop-nonce')
  const foreign = createNonces({ key: own, clock: systemClock }).current()
  t.is((await bound('/api/whoami', token, { nonce: foreign })).status, 401)

  const app = new client.Configuration({ issuer: server.issuer }, 'spa')
  client.allowInsecureRequests(app)
  const DPoP = client.getDPoPHandle(app, await client.randomDPoPKeyPair('ES256'))
  const theirs = await mint({ cnf: { jkt: await DPoP.calculateThumbprint() } })
  const url = new URL(server.url('/api/whoami'))
  const answer = await client.fetchProtectedResource(
    ...([app, theirs, url, 'GET', undefined, undefined, { DPoP }] as const),
  )
  t.is(answer.status, 200)
})

test('behind a proxy that ends TLS, a proof is for the address that clients see', async (t) => {
  const { server, mint } = await startWithMint(t, {
    settings: { ISSUER: 'https://id.example.com', TRUST_PROXY: '127.0.0.1' },
  })
  const token = await mint({ cnf })
  const call = async (htu: string) => {
    const proof = proofFor({ method: 'GET', url: htu, key, token })
    const answer = await sendRaw(
      server.port,
      requestOf([
        'GET /api/whoami HTTP/1.1',
        'Host: id.example.com',
        'X-Forwarded-Proto: https',
        `Authorization: DPoP ${token}`,
        `DPoP: ${proof}`,
        'Connection: close',
        '',
      ]),
    )
    return answer.status
  }
  t.is(await call('https://id.example.com/api/whoami'), 200)
  t.is(await call('https://ID.example.com:443/api/whoami?x'), 200)
  t.is(await call('http://id.example.com/api/whoami'), 401)
  t.is(await call('https://id.example.com:80/api/whoami'), 401)
  t.is(await call(`http://localhost:${server.port}/api/whoami`), 401)
})

test('an opaque token that is bound counts at the ledger with a proof alone', async (t) => {
  const { server, bound } = await startWithMint(t)
  const person = createPerson(server.issuer)
  const { access_token: token } = await person.tokens({ scope: 'ledger:read' })
  const call = (scheme: string) =>
    fetch(server.url('/ledger/entries'), { headers: { authorization: `${scheme} ${token}` } })
  t.is((await call('Bearer')).status, 200)
  t.is((await bound('/ledger/entries', token)).status, 401)

  // As if it had been asked for with a proof.
  const artifact = await server.db.artifact.findFirstOrThrow({ where: { model: 'AccessToken' } })
  const payload = JSON.stringify({ ...(JSON.parse(artifact.payload) as object), ...cnf })
  await server.db.artifact.updateMany({ where: { idHash: artifact.idHash }, data: { payload } })
  t.regex(
    (await call('Bearer')).headers.get('www-authenticate') ?? '',
    /^Bearer realm="ledger", error="invalid_token", .*use the DPoP scheme/,
  )
  const answer = await bound('/ledger/entries', token)
  t.is(answer.status, 200)
  t.like(await answer.json(), { entries: [{ id: 'entry-alice-1' }, { id: 'entry-alice-2' }] })
})

test('transfers and limited calls are there', async (t) => {
  const { server, mint } = await startWithMint(t)
  const authTime = systemClock.seconds()
  const token = await mint({ scope: 'transfers:write', acr: 'urn:countersign:mfa', authTime })
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ to: 'bob', amount: 5, currency: 'EUR' })
  const sent = await fetch(server.url('/api/transfers'), { method: 'POST', headers, body })
  t.is(sent.status, 201)
  const statuses: number[] = []
  for (let times = 0; times < 6; times++) {
    statuses.push((await fetch(server.url('/api/limited'), { headers })).status)
  }
  t.deepEqual(statuses, [200, 200, 200, 200, 200, 429])
})
