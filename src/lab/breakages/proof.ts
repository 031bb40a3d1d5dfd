/** Breakages of proof of possession (RFC 9449): the token, the proof, and what binds one to the other. */
import { createProofKey, proofFor } from '../proof.ts'
import type { ProofKey, ProofOptions } from '../proof.ts'
import { withAuthorization } from './breakage.ts'
import { valueOf } from '../send.ts'
import type { Breakage, GoodRequest, Workshop } from './breakage.ts'
import type { Header, RequestParts } from '../request.ts'

type Bound = { key: ProofKey; token: string }

/** A token that is bound to a new key. */
async function bind(good: GoodRequest): Promise<Bound> {
  const key = createProofKey()
  const { sub, mint } = good
  const claims = { cnf: { jkt: key.thumbprint } }
  const token = await mint.mint({ sub, scope: 'notes:read notes:write', claims })
  return { key, token }
}

const prove = (good: GoodRequest, { key, token }: Bound, changes: Partial<ProofOptions> = {}) =>
  proofFor({
    method: good.method,
    url: good.issuer + good.target,
    key,
    token,
    iat: good.now(),
    ...changes,
  })

function withProofs(good: GoodRequest, token: string, ...proofs: string[]): RequestParts {
  const request = withAuthorization(good, `DPoP ${token}`)
  const lines = proofs.map((proof): Header => ['DPoP', proof])
  return { ...request, headers: [...request.headers, ...lines] }
}

/** A bound token with a proof that has these changes. */
const proving =
  (changes: (good: GoodRequest) => Partial<ProofOptions>): Breakage['request'] =>
  async (good) => {
    const bound = await bind(good)
    return withProofs(good, bound.token, prove(good, bound, changes(good)))
  }

/** What a server that always wants a nonce asks for first. The others take it as well. */
async function nonceOf(good: GoodRequest, bound: Bound, { exchange }: Workshop): Promise<string> {
  const proof = prove(good, bound, { nonce: 'a-nonce-of-another-server' })
  const { headers } = await exchange(withProofs(good, bound.token, proof))
  return valueOf(headers, 'dpop-nonce') ?? ''
}

const protection = { usedScheme: 'DPoP' } as const

export const proofBreakages = {
  'dpop-proof-missing': {
    protection,
    request: async (good) => withProofs(good, (await bind(good)).token),
  },
  'dpop-proof-multiple': {
    protection,
    async request(good) {
      const bound = await bind(good)
      return withProofs(good, bound.token, prove(good, bound), prove(good, bound))
    },
  },
  'dpop-proof-invalid': { protection, request: proving(() => ({ method: 'DELETE' })) },
  'dpop-ath-mismatch': { protection, request: proving(({ token }) => ({ token })) },
  'dpop-iat-outside-window': {
    protection,
    async request(good, workshop) {
      const bound = await bind(good)
      const changes = { iat: good.now() - 3_600, nonce: await nonceOf(good, bound, workshop) }
      return withProofs(good, bound.token, prove(good, bound, changes))
    },
  },
  'dpop-replay': {
    protection,
    async request(good, workshop) {
      const bound = await bind(good)
      const proof = prove(good, bound, { nonce: await nonceOf(good, bound, workshop) })
      const request = withProofs(good, bound.token, proof)
      await workshop.exchange(request)
      return request
    },
  },
  'dpop-nonce-required': {
    protection,
    headers: { 'DPoP-Nonce': '<nonce>' },
    // Unless the server is set to want one always, only a nonce that is not its own is refused.
    request: proving(() => ({ nonce: 'a-nonce-of-another-server' })),
  },
  'dpop-key-mismatch': {
    protection,
    request: proving(() => ({ key: createProofKey() })),
  },
  'dpop-token-as-bearer': {
    request: async (good) => withAuthorization(good, `Bearer ${(await bind(good)).token}`),
  },
  'dpop-unbound-token': {
    protection,
    request(good) {
      const { token } = good
      return withProofs(good, token, prove(good, { key: createProofKey(), token }))
    },
  },
} satisfies Record<string, Breakage>
