/** Hostile input 47–53: proofs of possession (RFC 9449 §4.3, §9, §11.1). */
import { hash, randomUUID } from 'node:crypto'
import { createProofKey, proofFor } from '../../src/lab/proof.ts'
import type { ProofKey, ProofOptions } from '../../src/lab/proof.ts'
import { headerValue } from '../helpers/raw-http.ts'
import { wholeBench } from './bench.ts'
import type { Bench } from './bench.ts'
import { accepted, atTheEdge, send } from './input.ts'
import type { Answer, HostileRequest, Input } from './input.ts'

const ours = createProofKey()
const other = createProofKey()
const edwards = createProofKey('EdDSA')

const bound = ({ mint }: Bench, { thumbprint }: ProofKey = ours): Promise<string> =>
  mint.mint({ claims: { cnf: { jkt: thumbprint } } })

type Change = Partial<ProofOptions> | ((bench: Bench, token: string) => Partial<ProofOptions>)

/** `GET /api/whoami` with a bound token and its proof, but for what is changed. */
const whoami =
  (change: Change, key = ours) =>
  async (bench: Bench): Promise<HostileRequest> => {
    const token = await bound(bench, key)
    const url = `${bench.issuer}/api/whoami`
    const changed = typeof change === 'function' ? change(bench, token) : change
    return withProof(token, proofFor({ method: 'GET', url, key, token, ...changed }))
  }

const withProof = (token: string, proof: string, line = 'GET /api/whoami'): HostileRequest => ({
  line,
  fields: [`Authorization: DPoP ${token}`, `DPoP: ${proof}`],
})

const refusedProof = (id: NonNullable<Answer['id']>, detail: string): Answer => ({
  status: 401,
  id,
  detail,
  error: 'invalid_dpop_proof',
  challenge: 'error',
  on: 'DPoP',
})

const invalid = refusedProof('dpop-proof-invalid', 'The DPoP proof is not valid')
const replayed = refusedProof('dpop-replay', 'The proof was used before')
const otherToken = refusedProof('dpop-ath-mismatch', 'The DPoP proof was made for another token')

/** A proof for `first`, which is accepted there, and then for `second` with the same jti. */
const withTheSameJti =
  (second: Pick<ProofOptions, 'method'> & { path: string }, key = ours) =>
  async (bench: Bench): Promise<HostileRequest> => {
    const jti = randomUUID()
    const { issuer } = bench
    const first = await bound(bench)
    const proof = { method: 'GET', url: `${issuer}/api/whoami`, key: ours, token: first, jti }
    await mustPass(bench, withProof(first, proofFor(proof)))
    const token = await bound(bench, key)
    const { method, path } = second
    const again = proofFor({ method, url: issuer + path, key, token, jti })
    return withProof(token, again, `${method} ${path}`)
  }

async function mustPass(bench: Bench, request: HostileRequest): Promise<void> {
  const { status, body } = await send(bench, request)
  if (status !== 200) throw new Error(body)
}

/** A nonce as the authorization server gives it out to whoever brings a wrong one (RFC 9449 §8). */
async function nonceOfTheAuthorizationServer(bench: Bench): Promise<string> {
  const proof = proofFor({
    method: 'POST',
    url: `${bench.issuer}/oauth/token`,
    key: ours,
    nonce: 'made-up',
  })
  const response = await send(bench, {
    line: 'POST /oauth/token',
    fields: ['Content-Type: application/x-www-form-urlencoded', `DPoP: ${proof}`],
    body: 'grant_type=refresh_token&refresh_token=x&client_id=spa',
  })
  const nonce = headerValue(response, 'DPoP-Nonce')
  if (nonce === undefined) throw new Error(`no nonce: ${response.body}`)
  return nonce
}

/** The issuer has the port of its scheme; a proxy in front of it ends TLS. */
const behindTls = (t: Parameters<typeof wholeBench>[0]) =>
  wholeBench(t, { settings: { ISSUER: 'https://id.example', TRUST_PROXY: '127.0.0.1' } })

const throughProxy =
  (change: Change) =>
  async (bench: Bench): Promise<HostileRequest> => {
    const request = await whoami(change)(bench)
    const forwarded = ['X-Forwarded-Proto: https', 'X-Forwarded-Host: id.example']
    return { ...request, fields: [...request.fields, ...forwarded] }
  }

const htu = (change: (url: string) => string) =>
  whoami(({ issuer }) => ({ claims: { htu: change(`${issuer}/api/whoami`) } }))

export const proofs: readonly Input[] = [
  { number: 47, what: 'a proof used twice', request: usedTwice, answer: replayed },
  {
    number: 47,
    what: 'a jti used twice, for two addresses',
    request: withTheSameJti({ method: 'GET', path: '/api/nothing-is-here' }),
    answer: replayed,
  },
  {
    number: 47,
    what: 'the jti of somebody else',
    request: withTheSameJti({ method: 'GET', path: '/api/whoami' }, other),
    answer: accepted,
  },
  {
    number: 48,
    what: 'a jti of 1 MB',
    request: whoami({ jti: 'j'.repeat(1_000_000) }),
    answer: atTheEdge(
      431,
      'header-too-large',
      'The header fields are longer than 16 KiB together',
      { field: 'dpop' },
    ),
  },
  {
    number: 48,
    what: 'a jti of 8 kB',
    request: whoami({ jti: 'j'.repeat(8_000) }),
    answer: invalid,
  },
  {
    number: 48,
    what: 'a jti of 1 kB',
    request: whoami({ jti: 'j'.repeat(1_000) }),
    answer: accepted,
  },
  {
    number: 49,
    what: 'a query and a fragment in htu',
    request: htu((url) => `${url}?q=1#f`),
    answer: accepted,
  },
  {
    number: 49,
    what: 'htu in capitals',
    request: htu((url) => url.replace('http://localhost', 'HTTP://LOCALHOST')),
    answer: accepted,
  },
  {
    number: 49,
    what: 'escapes in htu that need not be',
    request: htu((url) => url.replace('whoami', '%77ho%61mi')),
    answer: accepted,
  },
  {
    number: 49,
    what: 'the port of https in htu',
    bench: behindTls,
    request: throughProxy({ claims: { htu: 'https://id.example:443/api/whoami' } }),
    answer: accepted,
  },
  {
    number: 50,
    what: 'htu as the server behind the proxy is reached',
    bench: behindTls,
    request: throughProxy(({ port }) => ({
      claims: { htu: `http://localhost:${port}/api/whoami` },
    })),
    answer: invalid,
  },
  {
    number: 50,
    what: 'https in htu',
    request: htu((url) => url.replace('http:', 'https:')),
    answer: invalid,
  },
  { number: 50, what: 'another path in htu', request: htu((url) => `${url}/x`), answer: invalid },
  {
    number: 50,
    what: 'dots in htu',
    request: htu((url) => url.replace('/api', '/api/../api')),
    answer: invalid,
  },
  {
    number: 50,
    what: 'dots in htu, escaped',
    request: htu((url) => url.replace('/api', '/api/%2e%2e/api')),
    answer: invalid,
  },
  {
    number: 50,
    what: 'a slash in htu, escaped',
    request: htu((url) => url.replace('/whoami', '%2Fwhoami')),
    answer: invalid,
  },
  {
    number: 50,
    what: 'a user in htu',
    request: htu((url) => url.replace('//', '//user@')),
    answer: invalid,
  },
  { number: 50, what: 'a path for htu', request: htu(() => '/api/whoami'), answer: invalid },
  {
    number: 50,
    what: 'another method in htm',
    request: whoami({ method: 'POST' }),
    answer: invalid,
  },
  {
    number: 50,
    what: 'the method in small letters',
    request: whoami({ method: 'get' }),
    answer: invalid,
  },
  {
    number: 51,
    what: 'no ath',
    request: whoami({ claims: { ath: undefined } }),
    answer: otherToken,
  },
  {
    number: 51,
    what: 'ath of another token',
    request: whoami({ token: 'another' }),
    answer: otherToken,
  },
  {
    number: 51,
    what: 'ath of the decoded token',
    request: whoami((_bench, token) => ({
      claims: { ath: hash('sha256', Buffer.from(token, 'base64url'), 'base64url') },
    })),
    answer: otherToken,
  },
  {
    number: 51,
    what: 'ath in plain base64',
    request: whoami((_bench, token) => ({ claims: { ath: hash('sha256', token, 'base64') } })),
    answer: otherToken,
  },
  {
    number: 52,
    what: 'a private key in jwk',
    request: whoami({
      header: { jwk: { ...ours.jwk, d: ours.privateKey.export({ format: 'jwk' }).d } },
    }),
    answer: invalid,
  },
  {
    number: 52,
    what: 'alg of another kind of key',
    request: whoami({ header: { alg: 'EdDSA' } }),
    answer: invalid,
  },
  {
    number: 52,
    what: 'a key of another kind than alg',
    request: whoami({ header: { jwk: edwards.jwk } }),
    answer: invalid,
  },
  {
    number: 52,
    what: 'alg none',
    request: whoami({ header: { alg: 'none' }, signer: 'nobody' }),
    answer: invalid,
  },
  {
    number: 52,
    what: 'a symmetric algorithm',
    request: whoami({ header: { alg: 'HS256', jwk: { kty: 'oct', k: 'AQ' } } }),
    answer: invalid,
  },
  {
    number: 52,
    what: 'kid in place of jwk',
    request: whoami({ header: { jwk: undefined, kid: ours.thumbprint } }),
    answer: invalid,
  },
  {
    number: 52,
    what: 'a signature by another key',
    request: whoami({ signer: other }),
    answer: invalid,
  },
  { number: 52, what: 'an Edwards key', request: whoami({}, edwards), answer: accepted },
  {
    number: 52,
    what: 'a good proof by another key',
    request: whoami({ key: other }),
    answer: {
      ...refusedProof('dpop-key-mismatch', 'Invalid DPoP key binding'),
      error: 'invalid_token',
    },
  },
  {
    number: 53,
    what: 'a nonce of the authorization server',
    async request(bench) {
      return whoami({ nonce: await nonceOfTheAuthorizationServer(bench) })(bench)
    },
    answer: {
      ...refusedProof('dpop-nonce-required', 'Resource server requires nonce in DPoP proof'),
      error: 'use_dpop_nonce',
      headers: { 'DPoP-Nonce': /^[\w-]{20,}$/ },
    },
  },
  {
    number: 53,
    what: 'a nonce of this server',
    async request(bench) {
      const answer = await send(bench, await whoami({ nonce: 'made-up' })(bench))
      return whoami({ nonce: headerValue(answer, 'DPoP-Nonce') ?? '' })(bench)
    },
    answer: accepted,
  },
]

async function usedTwice(bench: Bench): Promise<HostileRequest> {
  const request = await whoami({})(bench)
  await mustPass(bench, request)
  return request
}
