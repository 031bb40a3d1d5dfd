/** Token families: all that one authorization gave out, and the ways in which it ends (RFC 9700 §4.14). */
import type { Database } from '../db/client.ts'
import type { Denylist } from '../db/denylist.ts'
import { endIssued, lastTokenExpiry } from '../directory/endings.ts'
import type { Clock } from '../lib/clock.ts'

export type Families = {
  /** Ends families: their codes and tokens are deleted, and their JWTs are refused from the next call on. */
  end(grantIds: readonly string[], reason: EndReason): Promise<void>
  /** Ends what an opaque access token was exchanged for (RFC 8693), by the token's fingerprint. */
  endExchanged(tokenHash: string): Promise<void>
  /** Ends what was issued in one browser session, save what was asked to outlive it (offline_access). */
  endSession(sessionUid: string): Promise<void>
  /** Whether the session was signed out of; what is still under way in it must come to nothing. */
  sessionEnded(sessionUid: string): Promise<boolean>
  /** Ends all that was issued for a person, in whatever session and however long it was to last. */
  endEverything(sub: string): Promise<void>
  /** Whether the session ended with everything else, so that `offline_access` saves nothing of it. */
  everythingEnded(sessionUid: string): Promise<boolean>
  /** Ends what a person gave to one client, and forgets the consent. */
  withdrawConsent(sub: string, clientId: string): Promise<void>
}

export type EndReason = 'replayed' | 'revoked' | 'signed-out' | 'withdrawn'

type GrantPayload = { openid?: { scope?: string }; rejected?: { openid?: { scope?: string } } }

export function createFamilies(parts: {
  db: Database
  clock: Clock
  denylist: Denylist
}): Families {
  const { db, clock, denylist } = parts

  async function end(grantIds: readonly string[], reason: EndReason): Promise<void> {
    if (grantIds.length === 0) return
    const keys = grantIds.map((grantId) => `grant:${grantId}`)
    await db.$transaction(async (tx) => {
      await denylist.denyMany(keys, reason, lastTokenExpiry(clock), tx)
      await tx.artifact.deleteMany({ where: { grantId: { in: [...grantIds] } } })
    })
  }

  return {
    end,

    endExchanged: (tokenHash) =>
      denylist.deny(`jti:${tokenHash}`, 'revoked', lastTokenExpiry(clock)),

    async endSession(sessionUid) {
      // First of all: an authorization under way has either stored its Grant by now, so that it is found below, or
      // its code is refused when it is redeemed.
      await denylist.deny(`session:${sessionUid}`, 'signed-out', lastTokenExpiry(clock))
      const rows = await db.artifact.findMany({
        where: { model: 'Grant', sessionUid },
        select: { grantId: true, payload: true },
      })
      const bound = rows.filter(
        ({ payload }) => !outlivesSession(JSON.parse(payload) as GrantPayload),
      )
      await end(
        bound.flatMap(({ grantId }) => grantId ?? []),
        'signed-out',
      )
      await db.sessionClient.deleteMany({ where: { sessionUid } })
    },

    sessionEnded: async (sessionUid) =>
      (await denylist.find([`session:${sessionUid}`])) !== undefined,

    async endEverything(sub) {
      const sessions = await db.artifact.findMany({
        where: { model: 'Session', accountId: sub },
        select: { sessionUid: true },
      })
      const uids = sessions.flatMap(({ sessionUid }) => sessionUid ?? [])
      // First of all, as in endSession.
      await denylist.denyMany(
        uids.map((uid) => `session:${uid}`),
        'signed-out-everywhere',
        lastTokenExpiry(clock),
      )
      await db.$transaction(async (tx) => {
        await endIssued({ tx, denylist, clock }, { accountId: sub }, 'signed-out')
        await tx.sessionClient.deleteMany({ where: { sessionUid: { in: uids } } })
      })
    },

    everythingEnded: async (sessionUid) =>
      (await denylist.find([`session:${sessionUid}`]))?.reason === 'signed-out-everywhere',

    async withdrawConsent(sub, clientId) {
      await db.$transaction(async (tx) => {
        await endIssued({ tx, denylist, clock }, { accountId: sub, clientId }, 'withdrawn')
        await tx.consent.deleteMany({ where: { sub, clientId } })
      })
    },
  }
}

function outlivesSession(grant: GrantPayload): boolean {
  const has = (scope: string | undefined) => scope?.split(' ').includes('offline_access') ?? false
  return has(grant.openid?.scope) && !has(grant.rejected?.openid?.scope)
}
