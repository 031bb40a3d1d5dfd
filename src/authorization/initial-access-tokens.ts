/**
 * Initial access tokens (RFC 7591 §1.2, §3): each lets somebody register one client. Made here, apart from the engine,
 * in the rows that it reads; what is kept is a fingerprint. The storage uses one up (storage.ts).
 */
import { randomBytes } from 'node:crypto'
import type { Database } from '../db/client.ts'
import type { Clock } from '../lib/clock.ts'
import { fingerprint } from '../lib/secrets.ts'

/** The engine's name for them. */
const model = 'InitialAccessToken'

export type InitialAccessToken = {
  /** What to call it by: says nothing of the token. */
  id: string
  createdAt: Date
  expiresAt: Date
  /** The client that was registered with it. */
  usedFor?: string
}

export type InitialAccessTokens = {
  /** `expiresIn` in seconds. The token is told this once. */
  issue(expiresIn: number): Promise<InitialAccessToken & { token: string }>
  /** The oldest first; one that has expired is listed until it is swept. */
  list(): Promise<InitialAccessToken[]>
  /** False when there is none of that id that could still be used. A client that was registered with it stays. */
  revoke(id: string): Promise<boolean>
}

/** Hexadecimal digits of the fingerprint. */
const ID_LENGTH = 12

const idOf = (idHash: string): string =>
  Buffer.from(idHash, 'base64url').toString('hex').slice(0, ID_LENGTH)

export function createInitialAccessTokens({
  db,
  clock,
}: {
  db: Database
  clock: Clock
}): InitialAccessTokens {
  return {
    async issue(expiresIn) {
      const token = randomBytes(32).toString('base64url')
      const iat = clock.seconds()
      const idHash = fingerprint(token)
      const createdAt = new Date(iat * 1000)
      const expiresAt = new Date((iat + expiresIn) * 1000)
      const payload = JSON.stringify({ iat, exp: iat + expiresIn, kind: model })
      await db.artifact.create({ data: { model, idHash, payload, createdAt, expiresAt } })
      return { id: idOf(idHash), token, createdAt, expiresAt }
    },

    async list() {
      const rows = await db.artifact.findMany({ where: { model }, orderBy: { createdAt: 'asc' } })
      return rows.map(({ idHash, clientId, createdAt, expiresAt }) => ({
        id: idOf(idHash),
        createdAt,
        expiresAt,
        ...(clientId !== null && { usedFor: clientId }),
      }))
    },

    async revoke(id) {
      const unused = { model, consumedAt: null }
      const rows = await db.artifact.findMany({ where: unused, select: { idHash: true } })
      const idHashes = rows.map(({ idHash }) => idHash).filter((one) => idOf(one) === id)
      // It may be used in this moment; then it is too late.
      const { count } = await db.artifact.deleteMany({
        where: { ...unused, idHash: { in: idHashes } },
      })
      return count > 0
    },
  }
}
