/**
 * Remembers that a proof was used (RFC 9449 §11.1): the one step of the guard that has an effect, so
 * it comes after every check. Else a stranger could use up somebody's proofs, or fill the store.
 */
import type { Once } from '../db/once.ts'
import { fingerprint } from '../lib/secrets.ts'
import { faultName } from './fault-name.ts'
import type { Facts, ProofUseFacts } from './facts.ts'
import { windowWith } from './proof-checks.ts'

/** Seconds that a use is remembered longer than the proof counts: the clocks of several processes differ. */
const MARGIN = 60

/** For facts that passed every check. One statement decides, of any number of copies at once. */
export async function useProof(once: Pick<Once, 'use'>, facts: Facts): Promise<ProofUseFacts> {
  const { proofClaims, proofKey, nonce } = facts
  const { jti, iat } = proofClaims ?? {}
  const key = proofKey?.outcome === 'usable' ? proofKey.thumbprint : ''
  const end = Math.ceil(Number(iat)) + windowWith(nonce) + MARGIN
  try {
    // By key and jti: who holds another key may have chosen the same jti. A hash, as a jti may be long.
    const isFirst = await once.use(
      `dpop:${fingerprint(`${key}.${String(jti)}`)}`,
      new Date(end * 1000),
    )
    return { outcome: isFirst ? 'first' : 'repeated' }
  } catch (error) {
    return { outcome: 'unreachable', fault: faultName(error) }
  }
}
