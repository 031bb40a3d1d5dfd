/**
 * Browser sessions. The engine reads, changes and rewrites a session as one value, so two requests at the same time
 * would lose each other's sign-ins; what belongs to a client is therefore a row of its own (SessionClient).
 */
import type { Adapter, AdapterPayload } from 'oidc-provider'
import type { Ageing, SecondsFor } from '../db/ageing.ts'
import type { Database } from '../db/client.ts'
import type { Clock } from '../lib/clock.ts'
import { fingerprint } from '../lib/secrets.ts'
import { Provider } from './engine.ts'
import type { Families } from './families.ts'
import { makeOlder, secondsOlder } from './older.ts'

/** A session ends this long after the sign-in, however much it is used. Seconds. */
export const SESSION_LIFE = 30 * 86_400

/** A session that did not change is written again only when its end has moved by this much. Seconds. */
const WORTH_WRITING = 600

/** How long a replaced identifier still finds its session: for what another tab had sent before it heard. Seconds. */
const REPLACED_LIFE = 10

const LONGEST_USER_AGENT = 300

type ClientEntry = { sid?: string; persistsLogout?: boolean; grantId?: string }
type SessionPayload = AdapterPayload & { authorizations?: Record<string, ClientEntry> }
type Row = { payload: string; createdAt: Date }
type Loaded = { id: string; text: string; exp: number; clients: Map<string, string> }

/** What this request has read, to tell what it changed. */
const loadedByRequest = new WeakMap<object, Map<string, Loaded>>()

export function createSessionStorage(parts: {
  db: Database
  clock: Clock
  ageing: Ageing
  families: Families
}): Pick<Adapter, 'find' | 'findByUid' | 'upsert' | 'destroy'> {
  const { db, clock, ageing, families } = parts

  async function load(row: Row, secondsFor: SecondsFor, id?: string): Promise<SessionPayload> {
    const stored = JSON.parse(row.payload) as SessionPayload
    const payload = makeOlder(stored, secondsOlder({ ...row, consumedAt: null }, secondsFor))
    const text = withoutExpiry(JSON.stringify(payload))
    const entries = await db.sessionClient.findMany({ where: { sessionUid: payload.uid ?? '' } })
    if (entries.length > 0) {
      payload.authorizations = Object.fromEntries(
        entries.map((entry) => [entry.clientId, JSON.parse(entry.payload) as ClientEntry]),
      )
    }
    if (id === undefined) return payload
    payload.jti = id
    remember(payload.uid ?? '', {
      id,
      text,
      exp: payload.exp ?? 0,
      clients: new Map(entries.map((entry) => [entry.clientId, entry.payload])),
    })
    return payload
  }

  async function saveClients(uid: string, payload: SessionPayload, seen?: Loaded): Promise<void> {
    const entries = Object.entries(payload.authorizations ?? {})
    for (const [clientId, entry] of entries) {
      if (!seen?.clients.has(clientId) && !wasGivenSomething(clientId)) continue
      const text = JSON.stringify(entryToKeep(entry))
      if (seen?.clients.get(clientId) === text) continue
      const key = { sessionUid: uid, clientId }
      await db.sessionClient.upsert({
        where: { sessionUid_clientId: key },
        create: { ...key, payload: text, expiresAt: new Date(clock.now() + SESSION_LIFE * 1000) },
        update: { payload: text },
      })
    }
    // Never fewer: the engine takes the app out that asked for a sign-out which the person did not want.
  }

  const removeAll = (uid: string) =>
    db.artifact.deleteMany({ where: { model: 'Session', sessionUid: uid } })

  return {
    async find(id) {
      const [row, secondsFor] = await Promise.all([
        db.artifact.findUnique({
          where: { model_idHash: { model: 'Session', idHash: fingerprint(id) } },
        }),
        ageing.current(),
      ])
      if (!row?.sessionUid || row.expiresAt <= clock.date()) return undefined
      if (await families.sessionEnded(row.sessionUid)) return undefined
      return load(row, secondsFor, id)
    },

    // Not unique: a replaced identifier stays for a moment.
    async findByUid(uid) {
      const [row, secondsFor] = await Promise.all([
        db.artifact.findFirst({
          where: { model: 'Session', sessionUid: uid },
          orderBy: { createdAt: 'desc' },
        }),
        ageing.current(),
      ])
      return row ? load(row, secondsFor) : undefined
    },

    async upsert(id, payload: SessionPayload, expiresIn = 0) {
      const uid = payload.uid ?? ''
      const seen = loaded(uid)
      await saveClients(uid, payload, seen)
      const { authorizations, jti, ...kept } = payload
      const text = JSON.stringify({ ...kept, ...browserOf(payload) })
      const moved = (payload.exp ?? 0) - (seen?.exp ?? 0)
      if (seen?.id === id && seen.text === withoutExpiry(text) && moved < WORTH_WRITING) return
      const key = { model: 'Session', idHash: fingerprint(id) }
      const row = {
        payload: text,
        accountId: payload.accountId ?? null,
        sessionUid: uid,
        // Also of an update: the payload is as of now, with all ageings until here.
        createdAt: clock.date(),
        expiresAt: new Date(clock.now() + expiresIn * 1000),
      }
      await db.artifact.upsert({
        where: { model_idHash: key },
        create: { ...key, ...row },
        update: row,
      })
      // Signed out of meanwhile, by another request: what ended must not stand there again.
      if (await families.sessionEnded(uid)) await removeAll(uid)
    },

    async destroy(id) {
      // Replacing the identifier also comes here; only a confirmed sign-out ends the session.
      const oidc = Provider.ctx?.oidc
      if (oidc?.route === 'end_session_confirm' && oidc.params?.['logout'] && oidc.session) {
        await families.endSession(oidc.session.uid)
        await removeAll(oidc.session.uid)
        return
      }
      // Before the sign-in anybody may know the identifier (session fixation); after it, two tabs share it.
      const key = { model: 'Session', idHash: fingerprint(id) }
      await db.artifact.deleteMany({ where: { ...key, accountId: null } })
      await db.artifact.updateMany({
        where: { ...key, consumedAt: null },
        data: {
          consumedAt: clock.date(),
          expiresAt: new Date(clock.now() + REPLACED_LIFE * 1000),
        },
      })
    },
  }
}

/** The grant changes with every authorization and the engine has no use for an old one: not worth a write. */
function entryToKeep(entry: ClientEntry): ClientEntry {
  const { grantId, ...kept } = entry
  return kept
}

/**
 * Whether this request let the app have a code, or its device sign in. The engine enters an app that merely asks, and at
 * sign-out it would be told who signed out: anybody can have a browser ask.
 */
function wasGivenSomething(clientId: string): boolean {
  const { AuthorizationCode, DeviceCode } = Provider.ctx?.oidc.entities ?? {}
  return [AuthorizationCode, DeviceCode].some(
    (code) => code?.clientId === clientId && code.accountId !== undefined,
  )
}

/** For the person, who tells her sessions apart by it (`/account`). The engine drops what it does not know. */
function browserOf({ accountId }: SessionPayload): { userAgent?: string } {
  const userAgent = accountId === undefined ? '' : (Provider.ctx?.get('user-agent') ?? '')
  return userAgent === '' ? {} : { userAgent: userAgent.slice(0, LONGEST_USER_AGENT) }
}

function remember(uid: string, what: Loaded): void {
  const { ctx } = Provider
  if (!ctx) return
  let byUid = loadedByRequest.get(ctx)
  if (!byUid) loadedByRequest.set(ctx, (byUid = new Map<string, Loaded>()))
  byUid.set(uid, what)
}

/** Whether the app had been given something in this session before the request at hand. */
export const wasUsedFor = (sessionUid: string, clientId: string): boolean =>
  loaded(sessionUid)?.clients.has(clientId) ?? false

const loaded = (uid: string): Loaded | undefined =>
  Provider.ctx && loadedByRequest.get(Provider.ctx)?.get(uid)

const withoutExpiry = (payload: string): string => payload.replace(/"exp":\d+,?/, '')
