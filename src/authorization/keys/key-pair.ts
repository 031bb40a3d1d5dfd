/** One signing key pair: made, sealed for the database, and its public half (RFC 7517). */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import type { Clock } from '../../lib/clock.ts'
import { StartFault } from '../../lib/fault.ts'
import type { Secrets } from '../../lib/secrets.ts'
import type { SigningAlgorithm } from './standing.ts'

export type SigningKey = JWK & { kid: string; alg: string }

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** An RSA key serves one algorithm, never both: nobody can then play one off against the other (RFC 8725 §3.1). */
export async function makeKey(alg: SigningAlgorithm): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 })
  const jwk = await exportJWK(privateKey)
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg, use: 'sig' }
}

/** As it stands in the database; `signsFrom` is null for a key that waits. */
export const rowOf = (
  key: SigningKey,
  signsFrom: Date | null,
  { secrets, clock }: { secrets: Secrets; clock: Clock },
) => ({
  kid: key.kid,
  alg: key.alg,
  sealed: secrets.seal('signing-key', JSON.stringify(key)),
  createdAt: clock.date(),
  signsFrom,
})

/** Throws `StartFault` when it was sealed with another master secret. */
export function openKey(secrets: Secrets, sealed: string): SigningKey {
  try {
    return JSON.parse(secrets.open('signing-key', sealed)) as SigningKey
  } catch (cause) {
    throw new StartFault(
      [
        'The signing keys in this database were sealed with another master secret; start with that SECRET (or DATA_DIR), or with another database.',
      ],
      { cause },
    )
  }
}

export const publicHalf = (key: JWK): JWK =>
  Object.fromEntries(Object.entries(key).filter(([name]) => !PRIVATE_MEMBERS.includes(name)))
