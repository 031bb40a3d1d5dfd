/** Signing keys: made at first start, kept sealed, published as a JWK Set (RFC 7517). */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import type { Database } from '../db/client.ts'
import type { Clock } from '../lib/clock.ts'
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

/** Throws when the stored keys were sealed with another master secret. */
export async function openSigningKeys(parts: {
  db: Database
  clock: Clock
  secrets: Secrets
}): Promise<SigningKeys> {
  const { db, clock, secrets } = parts
  let rows = await db.signingKey.findMany({ orderBy: { createdAt: 'desc' } })
  const missing = SIGNING_ALGORITHMS.filter((alg) => !rows.some((row) => row.alg === alg))
  if (missing.length > 0) {
    const made = await Promise.all(missing.map((alg) => makeKey(alg)))
    await db.signingKey.createMany({
      data: made.map((key) => ({
        kid: key.kid,
        alg: key.alg,
        sealed: secrets.seal('signing-key', JSON.stringify(key)),
        createdAt: clock.date(),
      })),
    })
    // Read again: another process may have started at the same moment, and its keys are as good as ours.
    rows = await db.signingKey.findMany({ orderBy: { createdAt: 'desc' } })
  }
  const keys = rows.map((row) => JSON.parse(secrets.open('signing-key', row.sealed)) as SigningKey)
  const published = { keys: keys.map(publicHalf) }
  return {
    // The engine freezes what it is given, so everybody gets a copy.
    privateKeys: () => keys.map((key) => ({ ...key })),
    publicKeySet: () => published,
  }
}

async function makeKey(alg: string): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 })
  const jwk = await exportJWK(privateKey)
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg, use: 'sig' }
}

const publicHalf = (key: JWK): JWK =>
  Object.fromEntries(Object.entries(key).filter(([name]) => !PRIVATE_MEMBERS.includes(name)))
