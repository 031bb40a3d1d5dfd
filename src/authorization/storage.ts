/**
 * The engine's adapter over our database: identifiers as fingerprints, atomic single use, sessions that two tabs
 * cannot overwrite. Rows are described in prisma/schema.prisma (Artifact, SessionClient).
 */
import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider'
import type { Ageing } from '../db/ageing.ts'
import type { Database, Transaction } from '../db/client.ts'
import type { GuessLimit } from '../db/guess-limit.ts'
import type { Clients } from '../directory/clients.ts'
import type { Clock } from '../lib/clock.ts'
import { fingerprint } from '../lib/secrets.ts'
import type { Secrets } from '../lib/secrets.ts'
import { openHint, payloadOf, withoutIdentifiers } from './artifact-payload.ts'
import { clientPayload } from './client-payload.ts'
import { createDeviceStorage } from './device-storage.ts'
import { rememberCode } from './edge/code-at-hand.ts'
import { errors, Provider } from './engine.ts'
import type { EngineContext } from './engine-context.ts'
import type { Families } from './families.ts'
import { createSessionStorage } from './session-storage.ts'

export type StorageParts = {
  db: Database
  clock: Clock
  ageing: Ageing
  clients: Clients
  families: Families
  secrets: Secrets
  guessLimit: GuessLimit
  /** Runs before an authorization code is stored: what the code refers to must exist first. */
  beforeCode: (ctx: EngineContext) => Promise<void>
  /** Called before anything is done for a model but Client. */
  interfere?: () => void
}

/** These are written once and never again, so a plain INSERT will do. */
const WRITTEN_ONCE = new Set([
  'AuthorizationCode',
  'AccessToken',
  'RefreshToken',
  'ClientCredentials',
  'Grant',
])

/** To the engine these are gone once they were used: it does not look for it. */
const GONE_WHEN_USED = new Set(['Interaction', 'InitialAccessToken'])

/** When a registration access token expires: it lives as long as its client (RFC 7592 §3). */
const NEVER = new Date(Date.UTC(9999, 11, 31))

type ArtifactInput = Parameters<Database['artifact']['create']>[0]['data']

export function createStorage(parts: StorageParts): AdapterFactory {
  const { db, clock, ageing, clients, families, secrets, beforeCode } = parts
  const sessions = createSessionStorage({ db, clock, ageing, families })
  const deviceCodes = createDeviceStorage({ ...parts, beforeYes: beforeCode })

  async function find(model: string, id: string): Promise<AdapterPayload | undefined> {
    const payload = await findArtifact(parts, model, id)
    if (model !== 'AuthorizationCode' || !payload) return payload
    const ctx = currentContext()
    if (ctx) {
      const hasChallenge = payload['codeChallenge'] !== undefined
      const burn = async () => {
        const unused = await useUp(db, model, id)
        // It came twice, and who came second did not even have the verifier.
        if (!unused && payload.grantId) await endFamilyOnce(families, payload.grantId)
        return unused
      }
      rememberCode(ctx, { hasChallenge, burn })
    }
    if (!payload.sessionUid) return payload
    const outlives = payload.scope?.split(' ').includes('offline_access') ?? false
    const ended = outlives
      ? await families.everythingEnded(payload.sessionUid)
      : await families.sessionEnded(payload.sessionUid)
    return ended ? undefined : payload
  }

  async function upsert(
    model: string,
    id: string,
    payload: AdapterPayload,
    expiresIn: number | undefined,
  ): Promise<void> {
    const ctx = currentContext()
    if (model === 'AuthorizationCode' && ctx) await beforeCode(ctx)
    const row = {
      payload: JSON.stringify(withoutIdentifiers(secrets, id, payload)),
      grantId: model === 'Grant' ? id : (payload.grantId ?? null),
      accountId: payload.accountId ?? null,
      clientId: payload.clientId ?? null,
      sessionUid:
        model === 'Grant' ? (ctx?.oidc.session?.uid ?? null) : (payload.sessionUid ?? null),
      // Also of an update: the payload is as of now, with all ageings until here.
      createdAt: clock.date(),
      expiresAt: expiresIn === undefined ? NEVER : new Date(clock.now() + expiresIn * 1000),
    }
    const key = { model, idHash: fingerprint(id) }
    const create = { ...key, ...row }
    const rotated = ctx && model === 'RefreshToken' ? rotations.get(ctx) : undefined
    if (rotated !== undefined) return rotate(rotated, create)
    const registering = ctx && model === 'RegistrationAccessToken' && registrations.get(ctx)
    if (registering) return register(ctx, registering, create)
    if (WRITTEN_ONCE.has(model)) {
      await db.artifact.create({ data: create })
    } else {
      // The update leaves consumedAt alone: what was used stays used.
      await db.artifact.upsert({ where: { model_idHash: key }, create, update: row })
    }
  }

  /** One conditional statement: of any number of uses at once, one gets true. */
  async function useUp(
    tx: Transaction,
    model: string,
    id: string,
    by: { clientId?: string } = {},
  ): Promise<boolean> {
    const { count } = await tx.artifact.updateMany({
      where: { model, idHash: fingerprint(id), consumedAt: null },
      data: { consumedAt: clock.date(), ...by },
    })
    return count === 1
  }

  /** RFC 6749 §4.1.2, RFC 9700 §4.14.2: whoever comes second is a replay, and the family ends. */
  async function refuseReplay(model: string, id: string): Promise<never> {
    if (model === 'PushedAuthorizationRequest') {
      throw new errors.InvalidRequestUri('request_uri is invalid, expired, or was already used')
    }
    const row = await db.artifact.findUnique({
      where: { model_idHash: { model, idHash: fingerprint(id) } },
    })
    if (row?.grantId) await endFamilyOnce(families, row.grantId)
    throw new errors.InvalidGrant(`${model} already used`)
  }

  async function consume(model: string, id: string): Promise<void> {
    const ctx = currentContext()
    // The engine stores the next refresh token right after this one was used: both or neither (`rotate`).
    if (ctx && model === 'RefreshToken') rotations.set(ctx, id)
    else if (!(await useUp(db, model, id))) await refuseReplay(model, id)
  }

  /** A database that goes away in between must not cost the client both tokens: it is told to try again. */
  async function rotate(used: string, create: ArtifactInput) {
    const rotated = await db.$transaction(async (tx) => {
      if (!(await useUp(tx, 'RefreshToken', used))) return false
      await tx.artifact.create({ data: create })
      return true
    })
    if (!rotated) await refuseReplay('RefreshToken', used)
  }

  /**
   * The client, its registration access token and the use of the initial access token: all or nothing. So whatever
   * fails leaves a token to try again with, and of ten registrations at once one wins (RFC 7591 §3).
   */
  async function register(
    ctx: EngineContext,
    { id, metadata }: { id: string; metadata: AdapterPayload },
    create: ArtifactInput,
  ): Promise<void> {
    const initial = ctx.oidc.entities.InitialAccessToken
    await clients.register(id, metadata, async (tx) => {
      const unused =
        !initial || (await useUp(tx, 'InitialAccessToken', initial.jti, { clientId: id }))
      if (!unused) throw new errors.InvalidToken('initial access token already used')
      await tx.artifact.create({ data: create })
    })
  }

  async function destroy(model: string, id: string): Promise<void> {
    const key = { model, idHash: fingerprint(id) }
    if (model === 'Grant') return endFamilyOnce(families, id)
    if (model === 'Interaction') {
      // Kept, as used, until it is swept: the back button may ask to start the same request again.
      // Of two resumes at once, one goes on; the other would give a second code for one yes.
      if (!(await useUp(db, model, id))) throw new errors.SessionNotFound('already resumed')
      return
    }
    if (model === 'AccessToken') await families.endExchanged(key.idHash)
    await db.artifact.deleteMany({ where: key })
  }

  const artifacts = (model: string): Adapter => ({
    find: (id) => find(model, id),
    upsert: (id, payload, expiresIn) => upsert(model, id, payload, expiresIn),
    consume: (id) => consume(model, id),
    destroy: (id) => destroy(model, id),
    async revokeByGrantId(grantId) {
      // Revoking one access token (RFC 7009 §2.1) ends that token; the family lives on.
      const oidc = currentContext()?.oidc
      if (oidc?.route === 'revocation' && oidc.entities.AccessToken) return
      await endFamilyOnce(families, grantId)
    },
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
  })

  return (model) => {
    if (model === 'Session') return interfered({ ...artifacts(model), ...sessions }, parts)
    if (model === 'DeviceCode') return interfered({ ...artifacts(model), ...deviceCodes }, parts)
    if (model !== 'Client') return interfered(artifacts(model), parts)
    return {
      ...artifacts(model),
      async find(id) {
        const client = await clients.find(id)
        return client && clientPayload(client)
      },
      async upsert(id, metadata) {
        const ctx = currentContext()
        // The engine stores the registration access token right after the client (`register`).
        if (ctx?.oidc.route === 'registration') registrations.set(ctx, { id, metadata })
        // Its end may have come after the token was looked at, and what has ended must not come back.
        else if (!(await clients.update(id, metadata))) throw registrationGone()
      },
      async destroy(id) {
        // Of two at once, one ends the registration and the other comes too late (RFC 7592 §2.3).
        if (!(await clients.remove(id))) throw registrationGone()
      },
    }
  }
}

const registrationGone = () => new errors.InvalidToken('no such client any more')

/** The same, failing first whenever somebody makes it fail. */
function interfered(adapter: Adapter, { interfere }: Pick<StorageParts, 'interfere'>): Adapter {
  if (!interfere) return adapter
  const after = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    interfere()
    return work()
  }
  return {
    find: (id) => after(() => adapter.find(id)),
    findByUid: (uid) => after(() => adapter.findByUid(uid)),
    findByUserCode: (code) => after(() => adapter.findByUserCode(code)),
    upsert: (...args) => after(() => adapter.upsert(...args)),
    consume: (id) => after(() => adapter.consume(id)),
    destroy: (id) => after(() => adapter.destroy(id)),
    revokeByGrantId: (grantId) => after(() => adapter.revokeByGrantId(grantId)),
  }
}

/**
 * The authorization request that an interaction belonged to, also when it is over or has expired; `device` where a
 * device made it (RFC 8628).
 */
export async function findInteractionRequest(
  { db, secrets }: Pick<StorageParts, 'db' | 'secrets'>,
  uid: string,
): Promise<{ params: Record<string, unknown> | undefined; device: boolean } | undefined> {
  const row = await db.artifact.findUnique({
    where: { model_idHash: { model: 'Interaction', idHash: fingerprint(uid) } },
  })
  if (!row) return undefined
  const payload = JSON.parse(row.payload) as AdapterPayload
  openHint(secrets, payload)
  return { params: payload.params, device: payload['deviceCode'] !== undefined }
}

async function findArtifact(
  { db, ageing, secrets }: Pick<StorageParts, 'db' | 'ageing' | 'secrets'>,
  model: string,
  id: string,
): Promise<AdapterPayload | undefined> {
  const row = await db.artifact.findUnique({
    where: { model_idHash: { model, idHash: fingerprint(id) } },
  })
  if (!row || (GONE_WHEN_USED.has(model) && row.consumedAt)) return undefined
  return payloadOf({ ageing, secrets }, row, id)
}

/** The refresh token that a request is about to replace. */
const rotations = new WeakMap<object, string>()

/** The client that a request is about to register. */
const registrations = new WeakMap<object, { id: string; metadata: AdapterPayload }>()

const endings = new WeakMap<object, Map<string, Promise<void>>>()

/** The engine asks once a model, all at the same time; one statement serves them all. */
function endFamilyOnce(families: Families, grantId: string): Promise<void> {
  const ctx = currentContext()
  if (!ctx) return families.end([grantId], 'revoked')
  const reason = ctx.oidc.route === 'token' ? 'replayed' : 'revoked'
  let begun = endings.get(ctx)
  if (!begun) endings.set(ctx, (begun = new Map<string, Promise<void>>()))
  let ending = begun.get(grantId)
  if (!ending) begun.set(grantId, (ending = families.end([grantId], reason)))
  return ending
}

const currentContext = (): EngineContext | undefined => Provider.ctx as EngineContext | undefined
