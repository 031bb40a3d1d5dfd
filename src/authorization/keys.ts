/** Signing keys: made at first start, kept sealed, published as a JWK Set (RFC 7517). */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import type { Database, Transaction } from '../db/client.ts'
import type { Revision } from '../db/revision.ts'
import type { Clock } from '../lib/clock.ts'
import { StartFault } from '../lib/fault.ts'
import type { Secrets } from '../lib/secrets.ts'

/** ES256 signs access tokens, RS256 the ID tokens of clients that did not ask for another (OIDC Core §15.1). */
export const SIGNING_ALGORITHMS = ['ES256', 'RS256'] as const

export type SigningKey = JWK & { kid: string; alg: string }

export type SigningKeys = {
  /** Private keys, newest first for each algorithm. */
  privateKeys(): SigningKey[]
  /** The published set; the same object for as long as it does not change. */
  publicKeySet(): { keys: JWK[] }
}

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** Throws `StartFault` when the stored keys were sealed with another master secret. */
export async function openSigningKeys(parts: {
  db: Database
  clock: Clock
  secrets: Secrets
  revision: Revision
}): Promise<SigningKeys> {
  const { db, clock, secrets, revision } = parts
  const read = (tx: Transaction) => tx.signingKey.findMany({ orderBy: { createdAt: 'desc' } })
  let rows = await read(db)
  if (missingIn(rows).length > 0) {
    // Made before the lock is taken: an RSA key takes its time.
    const made = await Promise.all(missingIn(rows).map((alg) => makeKey(alg)))
    rows = await db.$transaction(async (tx) => {
      // Holds back another process that starts at the same moment; the keys of the first are everybody's.
      await revision.bump(tx)
      const missing = missingIn(await read(tx))
      await tx.signingKey.createMany({
        data: made
          .filter(({ alg }) => missing.includes(alg))
          .map((key) => ({
            kid: key.kid,
            alg: key.alg,
            sealed: secrets.seal('signing-key', JSON.stringify(key)),
            createdAt: clock.date(),
          })),
      })
      return read(tx)
    })
  }
  const keys = rows.map(({ sealed }) => openKey(secrets, sealed))
  const published = { keys: keys.map(publicHalf) }
  return {
    // The engine freezes what it is given, so everybody gets a copy.
    privateKeys: () => keys.map((key) => ({ ...key })),
    publicKeySet: () => published,
  }
}

function openKey(secrets: Secrets, sealed: string): SigningKey {
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

const missingIn = (rows: readonly { alg: string }[]): string[] =>
  SIGNING_ALGORITHMS.filter((alg) => !rows.some((row) => row.alg === alg))

async function makeKey(alg: string): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 })
  const jwk = await exportJWK(privateKey)
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg, use: 'sig' }
}

const publicHalf = (key: JWK): JWK =>
  Object.fromEntries(Object.entries(key).filter(([name]) => !PRIVATE_MEMBERS.includes(name)))
