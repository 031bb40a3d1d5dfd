/** The signing keys as one process knows them: read, opened, and up to date with what other processes do. */
import type { JWK } from 'jose'
import type { Database } from '../db/client.ts'
import { createMirror } from '../db/mirror.ts'
import type { Revision } from '../db/revision.ts'
import type { Clock } from '../lib/clock.ts'
import type { Secrets } from '../lib/secrets.ts'
import { makeKey, openKey, publicHalf, type SigningKey } from './keys/key-pair.ts'
import { createKeyRotation, type KeyRotation } from './keys/rotation.ts'
import { SIGNING_ALGORITHMS, standingsAt, type KeyState, type KeyTimes } from './keys/standing.ts'

export type SigningKeys = {
  /** Catches up with the database. Rejects when that is out of reach. */
  refresh(): Promise<void>
  /**
   * All that are known, as of the last `refresh`; of each algorithm the one that signs comes first. The same list for
   * as long as nothing changes.
   */
  privateKeys(): readonly SigningKey[]
  /** The published set (RFC 7517 §5), as of the last `refresh`; the same object for as long as it does not change. */
  publicKeySet(): { keys: JWK[] }
  rotation: KeyRotation
}

type Known = KeyTimes & { key: SigningKey; published: JWK }

type View = {
  /** Milliseconds since the epoch: the times it holds for. */
  from: number
  before: number
  signing: readonly SigningKey[]
  published: { keys: JWK[] }
}

const PUBLISHED: ReadonlySet<KeyState> = new Set(['next', 'current', 'retired'])

/**
 * Makes a key for each algorithm that has none. Throws `StartFault` when the stored keys were sealed with another
 * master secret.
 */
export async function openSigningKeys(parts: {
  db: Database
  clock: Clock
  secrets: Secrets
  revision: Revision
  /** Days that a key signs, where it is not told otherwise; 0: until somebody asks. */
  rotationDays?: number
  /** How a key is made. */
  make?: typeof makeKey
}): Promise<SigningKeys> {
  const { db, clock, secrets, revision, rotationDays = 0, make = makeKey } = parts
  const rotation = createKeyRotation({ db, clock, secrets, revision, rotationDays, make })
  let view: View | undefined
  let known: ReadonlyMap<string, Known> = new Map()

  const caughtUp = createMirror<Map<string, Known>>({
    revision,
    empty: () => new Map(),
    async load(remembered) {
      const rows = await db.signingKey.findMany()
      const gone = new Set(remembered.keys())
      for (const { kid, alg, sealed, createdAt, signsFrom } of rows) {
        const before = remembered.get(kid)
        const key = before?.key ?? openKey(secrets, sealed)
        const published = before?.published ?? publicHalf(key)
        remembered.set(kid, { kid, alg, createdAt, signsFrom, key, published })
        gone.delete(kid)
      }
      for (const kid of gone) remembered.delete(kid)
      view = undefined
    },
  })

  let last: View | undefined
  function current(): View {
    const now = clock.now()
    if (view && view.from <= now && now < view.before) return view
    const standings = standingsAt(now, [...known.values()])
    const keys = (states?: ReadonlySet<KeyState>) =>
      standings.flatMap(({ kid, state }) => {
        const one = known.get(kid)
        return one && (!states || states.has(state)) ? [one] : []
      })
    const signing = keys().map(({ key }) => key)
    const published = keys(PUBLISHED).map((one) => one.published)
    const ends = standings.flatMap(({ until }) => (until === undefined ? [] : [until]))
    view = {
      from: now,
      before: Math.min(...ends.filter((until) => until > now), Infinity),
      // What is the same keeps its identity, and whoever remembers by it what they found remembers on.
      signing: last && sameMembers(last.signing, signing) ? last.signing : signing,
      published:
        last && sameMembers(last.published.keys, published) ? last.published : { keys: published },
    }
    last = view
    return view
  }

  const refresh = async (): Promise<void> => {
    known = await caughtUp()
  }

  // What is there is opened first: nothing is added under a master secret that cannot open the rest.
  await refresh()
  if (!SIGNING_ALGORITHMS.every((alg) => current().signing.some((key) => key.alg === alg))) {
    await rotation.fillIn()
    await refresh()
  }
  return {
    refresh,
    privateKeys: () => current().signing,
    publicKeySet: () => current().published,
    rotation,
  }
}

const sameMembers = (one: readonly unknown[], other: readonly unknown[]): boolean =>
  one.length === other.length && one.every((member, at) => member === other[at])
