/** The facts of a call with the scheme DPoP: how each is gathered (RFC 9449 §4.3). */
import type { Call, Gather } from './call.ts'
import {
  accessTokenHash,
  parseProof,
  readProofKey,
  readProofs,
  verifyProof,
  type ParsedProof,
} from './dpop.ts'
import type { Nonces } from './nonces.ts'

type Ports = {
  /** An origin: where this server is reached, whatever `Host` says. */
  issuer: string
  nonces: Nonces
}

type ProofFact =
  | 'proofs'
  | 'request'
  | 'tokenHash'
  | 'proofStructure'
  | 'proofHeader'
  | 'proofClaims'
  | 'repeatedProofClaims'
  | 'proofKey'
  | 'proofSignature'
  | 'nonce'

export function createProofGather({ issuer, nonces }: Ports): Pick<Gather, ProofFact> {
  return {
    proofs(call) {
      const { facts, proof } = readProofs(call.ctx.req.headersDistinct.dpop ?? [])
      if (proof !== undefined) call.proof = { text: proof }
      return facts
    },

    request: ({ ctx: { method, path } }) => ({ method, url: `${issuer}${path}` }),
    tokenHash: ({ token }) => (token === undefined ? undefined : accessTokenHash(token)),

    proofStructure: (call) => parsed(call)?.structure,
    proofHeader: (call) => parsed(call)?.header,
    proofClaims(call) {
      const claims = parsed(call)?.claims
      // A mistake that must not be kept, as it could be used.
      const isToken = claims?.ath !== undefined && claims.ath === call.token
      return isToken ? { ...claims, ath: 'the token itself' } : claims
    },
    repeatedProofClaims: (call) => parsed(call)?.repeatedClaims,

    async proofKey({ facts, proof }) {
      if (!facts.proofHeader || !proof) return undefined
      const { facts: found, key } = await readProofKey(facts.proofHeader)
      proof.key = key
      return found
    },

    proofSignature: ({ proof }) => (proof?.key ? verifyProof(proof.text, proof.key) : undefined),

    nonce(call) {
      const claims = parsed(call)?.claims
      if (!claims) return undefined
      const { nonce } = claims
      return nonce === undefined || typeof nonce === 'string' ? nonces.judge(nonce) : 'unknown'
    },
  }
}

function parsed({ proof }: Call): ParsedProof | undefined {
  if (proof) proof.parsed ??= parseProof(proof.text)
  return proof?.parsed
}
