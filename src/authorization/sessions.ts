/** A person's sign-ins: in which browsers there are any, and how they end with all that they gave out. */
import type { Ageing } from '../db/ageing.ts'
import type { Database } from '../db/client.ts'
import type { Clock } from '../lib/clock.ts'
import type { Backchannel, SignedOutApp } from './backchannel.ts'
import type { Families } from './families.ts'
import { makeOlder, secondsOlder } from './older.ts'

export type BrowserSession = {
  /** Names the session; the cookie is something else. */
  uid: string
  signedInAt: Date
  /** Of the browser's last request that changed the session. */
  userAgent: string | undefined
  /** The apps it was used for. */
  clientIds: readonly string[]
}

export type Sessions = {
  /** Those that are alive, the latest sign-in first. */
  list(sub: string): Promise<BrowserSession[]>
  /** Ends one of this person's sessions and what it gave out. False when she has no such session. */
  end(sub: string, uid: string): Promise<boolean>
  /** Ends all of them, and also what was to outlive them. */
  endAll(sub: string): Promise<void>
}

type Payload = { loginTs?: number; exp?: number; userAgent?: string }

export function createSessions(parts: {
  db: Database
  clock: Clock
  ageing: Ageing
  families: Families
  /** Told which apps a session was used for when it ends. */
  backchannel: Pick<Backchannel, 'tell'>
}): Sessions {
  const { db, clock, ageing, families, backchannel } = parts

  /** One row a session: while a browser's cookie is replaced there can be two. */
  async function rowsOf(sub: string) {
    const rows = await db.artifact.findMany({
      where: { model: 'Session', accountId: sub, expiresAt: { gt: clock.date() } },
      orderBy: { createdAt: 'desc' },
    })
    const byUid = Map.groupBy(rows, ({ sessionUid }) => sessionUid ?? '')
    return [...byUid].flatMap(([uid, [row]]) => (uid === '' || !row ? [] : { ...row, uid }))
  }

  /** Asked before the end, which takes the rows along. */
  async function appsOf(sessionUids: string[]): Promise<SignedOutApp[]> {
    const rows = await db.sessionClient.findMany({ where: { sessionUid: { in: sessionUids } } })
    return rows.map(({ clientId, payload }) => {
      const { sid } = JSON.parse(payload) as { sid?: string }
      return { clientId, sid }
    })
  }

  return {
    async list(sub) {
      const [rows, secondsFor] = await Promise.all([rowsOf(sub), ageing.current()])
      const used = await db.sessionClient.findMany({
        where: { sessionUid: { in: rows.map(({ uid }) => uid) } },
        orderBy: { clientId: 'asc' },
      })
      const sessions: BrowserSession[] = []
      for (const row of rows) {
        const stored = JSON.parse(row.payload) as Payload
        const payload = makeOlder(stored, secondsOlder(row, secondsFor))
        const over = (payload.exp ?? 0) <= clock.seconds()
        if (over || (await families.sessionEnded(row.uid))) continue
        sessions.push({
          uid: row.uid,
          signedInAt: new Date((payload.loginTs ?? 0) * 1000),
          userAgent: payload.userAgent,
          clientIds: used.flatMap((one) => (one.sessionUid === row.uid ? one.clientId : [])),
        })
      }
      return sessions.sort((a, b) => b.signedInAt.getTime() - a.signedInAt.getTime())
    },

    async end(sub, uid) {
      const where = { model: 'Session', accountId: sub, sessionUid: uid }
      if ((await db.artifact.count({ where })) === 0) return false
      const apps = await appsOf([uid])
      await families.endSession(uid)
      await db.artifact.deleteMany({ where })
      await backchannel.tell(sub, apps)
      return true
    },

    async endAll(sub) {
      const rows = await rowsOf(sub)
      const apps = await appsOf(rows.map(({ uid }) => uid))
      await families.endEverything(sub)
      await backchannel.tell(sub, apps)
    },
  }
}
