/** Signing keys of a server that a test started: made old, and rotated as a person would. */
import { basicCredentials, formRequest } from '../../scripts/kit/client.ts'
import type { Database } from '../../src/db/client.ts'
import { createRevision } from '../../src/db/revision.ts'

const HOUR = 3_600_000

/** As if the keys had been published an hour ago, so that the next ones may sign. */
export async function publishedLongAgo(db: Database): Promise<void> {
  await db.signingKey.updateMany({ data: { createdAt: new Date(Date.now() - HOUR) } })
  await createRevision(db).bump()
}

/** As if the keys that sign had begun to so many seconds ago: those before them stopped then. */
export async function signingSince(db: Database, seconds: number): Promise<void> {
  const rows = await db.signingKey.findMany({ orderBy: { signsFrom: 'asc' } })
  for (const { kid, signsFrom } of rows) {
    if (!signsFrom) continue
    const earlier = new Date(signsFrom.getTime() - seconds * 1000)
    await db.signingKey.update({ where: { kid }, data: { signsFrom: earlier } })
  }
  await createRevision(db).bump()
}

/** A token for the API, of the seeded client `service`. Throws when there is none. */
export async function serviceToken(origin: string): Promise<string> {
  const headers = { authorization: basicCredentials('service', 'service-secret') }
  const request = formRequest({ grant_type: 'client_credentials', scope: 'notes:read' }, headers)
  const response = await fetch(new URL('/oauth/token', origin), request)
  const body = (await response.json()) as { access_token?: string }
  if (body.access_token === undefined)
    throw new Error(`${response.status}: ${JSON.stringify(body)}`)
  return body.access_token
}

/** The kids published, by algorithm. */
export async function publishedKids(origin: string, alg: string): Promise<string[]> {
  const response = await fetch(new URL('/oauth/jwks', origin))
  const { keys } = (await response.json()) as { keys: { kid: string; alg: string }[] }
  return keys.filter((key) => key.alg === alg).map(({ kid }) => kid)
}
