/**
 * Device codes in storage (RFC 8628): found by what a person types, decided once, used once. Neither code can be read
 * from a row: the device's is kept as a fingerprint, the person's under a key, as it is short enough to try them all.
 */
import type { Adapter, AdapterPayload } from 'oidc-provider'
import type { Ageing } from '../db/ageing.ts'
import type { Database } from '../db/client.ts'
import type { GuessLimit } from '../db/guess-limit.ts'
import type { Clock } from '../lib/clock.ts'
import type { Secrets } from '../lib/secrets.ts'
import { refuse } from '../refusals/refusal.ts'
import { payloadOf, withoutIdentifiers } from './artifact-payload.ts'
import { deviceHashOf, handleOf, isHandle } from './device-handle.ts'
import { errors, Provider } from './engine.ts'
import type { EngineContext } from './engine-context.ts'
import type { Families } from './families.ts'

export type DeviceStorageParts = {
  db: Database
  clock: Clock
  ageing: Ageing
  secrets: Secrets
  guessLimit: GuessLimit
  families: Families
  /** Runs before a yes is stored: the Grant it refers to must exist first. */
  beforeYes: (ctx: EngineContext) => Promise<void>
}

/** As the engine makes them (charset base-20). Whatever else is typed is a slip of the finger, and no guess. */
const USER_CODE = /^[BCDFGHJKLMNPQRSTVWXZ]{8}$/

export type DeviceStorage = Required<
  Pick<Adapter, 'find' | 'findByUserCode' | 'upsert' | 'consume'>
>

export function createDeviceStorage(parts: DeviceStorageParts): DeviceStorage {
  const { db, clock, secrets, guessLimit, families, beforeYes } = parts
  const model = 'DeviceCode'
  const keyOf = (id: string) => ({ model, idHash: deviceHashOf(secrets, id) })
  const currentContext = () => Provider.ctx as EngineContext | undefined

  async function lookUp(userCode: string): Promise<AdapterPayload | undefined> {
    const row = await db.artifact.findFirst({
      where: { model, userCodeHash: secrets.mac('user-code', userCode) },
      orderBy: { createdAt: 'desc' },
    })
    if (!row || row.consumedAt) return undefined
    // The engine compares it once more.
    return { ...(await payloadOf(parts, row, handleOf(secrets, row.idHash))), userCode }
  }

  /** Of a yes and a no at once, from any number of browsers, the first counts. */
  async function decide(id: string, decision: object): Promise<void> {
    const { count } = await db.artifact.updateMany({
      where: { ...keyOf(id), consumedAt: null, sessionUid: null },
      data: decision,
    })
    if (count === 1) return
    const expected = 'a code nobody has answered yet'
    refuse('user-code-unknown', { check: 'user code', expected, found: 'answered meanwhile' })
  }

  return {
    async find(id) {
      const row = await db.artifact.findUnique({ where: { model_idHash: keyOf(id) } })
      // A second use is no replay as with a code: a device that polled twice keeps what it was given.
      if (!row || row.consumedAt) return undefined
      const payload = await payloadOf(parts, row, id)
      if (!payload.sessionUid || payload.accountId === undefined) return payload
      const outlives = payload.scope?.split(' ').includes('offline_access') ?? false
      return !outlives && (await families.sessionEnded(payload.sessionUid)) ? undefined : payload
    },

    async findByUserCode(userCode) {
      if (!USER_CODE.test(userCode)) return undefined
      let found: AdapterPayload | undefined
      // RFC 8628 §5.1. Counted by where it comes from: a code has no name that could be tried.
      const guesser = { kind: 'user-code', name: '', address: currentContext()?.ip ?? '' } as const
      await guessLimit.attempt(guesser, async () => {
        found = await lookUp(userCode)
        return found !== undefined
      })
      return found
    },

    async upsert(id, payload, expiresIn = 0) {
      const ctx = currentContext()
      const { userCode, inFlight: _inFlight, ...kept } = payload
      const { accountId, error } = kept as { accountId?: string; error?: string }
      const row = {
        payload: JSON.stringify(withoutIdentifiers(secrets, id, kept)),
        grantId: kept.grantId ?? null,
        accountId: accountId ?? null,
        clientId: kept.clientId ?? null,
        createdAt: clock.date(),
        expiresAt: new Date(clock.now() + expiresIn * 1000),
      }
      if (!isHandle(id)) {
        const userCodeHash = userCode === undefined ? null : secrets.mac('user-code', userCode)
        await db.artifact.create({ data: { ...keyOf(id), ...row, userCodeHash } })
        return
      }
      // A page that failed, or was left, decides nothing: the person may type the code again.
      if (accountId === undefined && error !== 'access_denied') return
      if (error !== undefined && error !== 'access_denied') return
      if (accountId !== undefined && ctx) await beforeYes(ctx)
      await decide(id, { ...row, sessionUid: ctx?.oidc.session?.uid ?? 'unknown' })
    },

    async consume(id) {
      const where = keyOf(id)
      const { count } = await db.artifact.updateMany({
        where: { ...where, consumedAt: null, accountId: { not: null } },
        data: { consumedAt: clock.date() },
      })
      if (count === 1) return
      const row = await db.artifact.findUnique({ where: { model_idHash: where } })
      // After a no there is nothing to use up, and every poll is told so.
      if (row && row.accountId === null) return
      throw new errors.InvalidGrant('device code already used')
    },
  }
}
