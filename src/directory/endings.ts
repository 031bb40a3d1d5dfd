/** What was issued ends with the person or the client it was issued for. */
import type { Transaction } from '../db/client.ts'
import type { Denylist } from '../db/denylist.ts'
import type { Clock } from '../lib/clock.ts'
import { MAX_ACCESS_TOKEN_LIFE } from './resources.ts'

export type EndingParts = { tx: Transaction; denylist: Denylist; clock: Clock }

/** When the last token that exists now will have expired. */
export const lastTokenExpiry = (clock: Clock): Date =>
  new Date(clock.now() + MAX_ACCESS_TOKEN_LIFE * 1000)

/** Deletes codes, tokens and sessions, and denies their families, so that JWTs are refused from the next call on. */
export async function endIssued(
  { tx, denylist, clock }: EndingParts,
  where: { accountId?: string; clientId?: string },
  reason: string,
): Promise<void> {
  const grants = await tx.artifact.findMany({
    where: { model: 'Grant', ...where },
    select: { grantId: true },
  })
  const keys = grants.flatMap(({ grantId }) => (grantId === null ? [] : [`grant:${grantId}`]))
  if (keys.length > 0) await denylist.denyMany(keys, reason, lastTokenExpiry(clock), tx)
  await tx.artifact.deleteMany({ where })
}

/** The same for a client that is no more: what it got for itself has no family, so it is denied by name. */
export async function endClient(parts: EndingParts, clientId: string): Promise<void> {
  const { tx, denylist, clock } = parts
  await denylist.deny(`client:${clientId}`, 'removed', lastTokenExpiry(clock), tx)
  await endIssued(parts, { clientId }, 'removed')
  await tx.sessionClient.deleteMany({ where: { clientId } })
  await tx.consent.deleteMany({ where: { clientId } })
}
