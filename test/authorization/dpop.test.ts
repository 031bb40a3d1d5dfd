/** DPoP at the authorization server (RFC 9449 §5, §8, §10): codes bound to a key, and nonces of its own. */
import test from 'ava'
import { basicCredentials, formRequest } from '../../scripts/kit/client.ts'
import { createProofKey, proofFor, type ProofKey } from '../../src/lab/proof.ts'
import { assertRefused } from '../helpers/device.ts'
import { claimsOf, createPerson, WEB, type Answered } from '../helpers/person.ts'
import { start, type TestServer } from '../helpers/start.ts'

type Proof = { key: ProofKey; nonce?: string }

/** A form of `web`, with a proof where one is given. */
async function send(
  server: TestServer,
  path: string,
  params: Record<string, string>,
  proof?: Proof,
): Promise<Answered> {
  const url = server.url(path)
  const response = await fetch(
    url,
    formRequest(params, {
      authorization: basicCredentials(WEB.id, WEB.secret ?? ''),
      ...(proof && { dpop: proofFor({ method: 'POST', url, ...proof }) }),
    }),
  )
  const body = (await response.json()) as Answered['body']
  return { status: response.status, headers: response.headers, body }
}

const redemption = (code: string, verifier: string) => ({
  grant_type: 'authorization_code',
  redirect_uri: WEB.redirectUri,
  code,
  code_verifier: verifier,
})

test('a code that was asked for with dpop_jkt is redeemed with that key alone', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const key = createProofKey()
  const redeem = async (proof?: Proof) => {
    const { code, pkce } = await person.code({ dpop_jkt: key.thumbprint })
    return send(server, '/oauth/token', redemption(code, pkce.verifier), proof)
  }
  assertRefused(t, server, await redeem({ key: createProofKey() }), 'grant-code-invalid')
  assertRefused(t, server, await redeem(), 'token-dpop-invalid')
  const { status, body } = await redeem({ key })
  t.deepEqual([status, body.token_type], [200, 'DPoP'])
  t.deepEqual(claimsOf(body.access_token ?? '')['cnf'], { jkt: key.thumbprint })
})

test('a pushed request is bound by its proof as by dpop_jkt, and the two must agree', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const key = createProofKey()
  const push = async (more: Record<string, string>, proof?: Proof) => {
    const { url, pkce } = person.request(more)
    const pushed = await send(server, '/oauth/par', Object.fromEntries(url.searchParams), proof)
    return { pushed, pkce }
  }
  const other = { key: createProofKey() }
  const { pushed: torn } = await push({ dpop_jkt: key.thumbprint }, other)
  assertRefused(t, server, torn, 'par-refused')
  for (const [more, proof] of [
    [{ dpop_jkt: key.thumbprint }, undefined],
    [{}, { key }],
    [{ dpop_jkt: key.thumbprint }, { key }],
  ] as const) {
    const redeem = async (by: Proof) => {
      const { pushed, pkce } = await push(more, proof)
      t.is(pushed.status, 201)
      const target = new URL(server.url('/oauth/authorize'))
      target.searchParams.set('client_id', WEB.id)
      target.searchParams.set('request_uri', String(pushed.body['request_uri']))
      const landed = await person.answerPages(await person.browser.open(target))
      const code = landed.searchParams.get('code') ?? ''
      return send(server, '/oauth/token', redemption(code, pkce.verifier), by)
    }
    assertRefused(t, server, await redeem(other), 'grant-code-invalid')
    t.is((await redeem({ key })).status, 200)
  }
})

test('with DPOP_NONCE=required a proof needs a nonce of this server, at each of its endpoints', async (t) => {
  const server = await start(t, { settings: { DPOP_NONCE: 'required' } })
  const person = createPerson(server.issuer)
  const key = createProofKey()
  const ofApi = await fetch(server.url('/api/whoami'), {
    headers: {
      authorization: `DPoP ${(await person.tokens()).access_token}`,
      dpop: proofFor({ method: 'GET', url: server.url('/api/whoami'), key }),
    },
  })
  const foreign = ofApi.headers.get('dpop-nonce') ?? 'none'
  const { code, pkce } = await person.code()
  const { url } = person.request()
  for (const [path, params, good] of [
    ['/oauth/par', Object.fromEntries(url.searchParams), 201],
    ['/oauth/token', redemption(code, pkce.verifier), 200],
  ] as const) {
    let nonce = ''
    for (const wrong of [undefined, 'made-up', foreign]) {
      const proof = { key, ...(wrong !== undefined && { nonce: wrong }) }
      const refused = await send(server, path, params, proof)
      assertRefused(t, server, refused, 'token-dpop-nonce')
      nonce = refused.headers.get('dpop-nonce') ?? ''
      t.not(nonce, foreign)
    }
    // The code was not used up by what was told to come again.
    t.is((await send(server, path, params, { key, nonce })).status, good, path)
    const used = await send(server, path, params, { key, nonce: 'made-up' })
    assertRefused(t, server, used, 'token-dpop-nonce')
  }
})
