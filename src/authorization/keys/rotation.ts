/** Changes of the signing keys: made, put in the place of another, withdrawn. By whichever process is first. */
import type { Database, Transaction } from '../../db/client.ts'
import type { Revision } from '../../db/revision.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Secrets } from '../../lib/secrets.ts'
import { rowOf, type makeKey, type SigningKey } from './key-pair.ts'
import {
  PUBLISH_AHEAD,
  SIGNING_ALGORITHMS,
  standingsAt,
  type KeyTimes,
  type SigningAlgorithm,
  type Standing,
} from './standing.ts'

export type KeyRotation = {
  /** All keys that are known, as the database has them now. */
  list(): Promise<Standing[]>
  /**
   * Lets the next key of each algorithm sign, as soon as it has been published for `PUBLISH_AHEAD` seconds, and
   * publishes another one. Where that is decided already, nothing happens. Returns the algorithms it was done for.
   */
  rotate(algorithms?: readonly SigningAlgorithm[]): Promise<SigningAlgorithm[]>
  /**
   * Drops every key of these algorithms at once, those that wait too, and has new ones sign: what the old ones
   * signed is refused from the next call on. For keys that somebody else may have. Returns the kids dropped.
   */
  withdraw(algorithms?: readonly SigningAlgorithm[]): Promise<string[]>
  /** Makes a key for each algorithm that has none to sign with. */
  fillIn(): Promise<void>
  /**
   * What time asks for: a next key where there is none, a rotation that is due, and away with keys that are over.
   * Returns the algorithms that were rotated.
   */
  maintain(): Promise<SigningAlgorithm[]>
}

type Pair = { [Part in 'now' | 'next']: SigningKey }

const DAY = 86_400_000

const TIMES = { kid: true, alg: true, createdAt: true, signsFrom: true } as const

export function createKeyRotation(parts: {
  db: Database
  clock: Clock
  secrets: Secrets
  revision: Revision
  rotationDays: number
  make: typeof makeKey
}): KeyRotation {
  const { db, clock, revision, rotationDays, make } = parts

  const read = (tx: Transaction = db): Promise<KeyTimes[]> =>
    tx.signingKey.findMany({ select: TIMES, orderBy: { createdAt: 'asc' } })

  const add = (tx: Transaction, key: SigningKey, signsFrom: Date | null) =>
    tx.signingKey.create({ data: rowOf(key, signsFrom, parts) })

  /**
   * `wants` is asked before, so that keys are made only for what needs some and before the lock is taken, as an RSA
   * key takes its time; and again behind the lock, as another process may have been first.
   */
  async function change(
    algorithms: readonly SigningAlgorithm[],
    wants: (alg: SigningAlgorithm, keys: readonly KeyTimes[]) => boolean,
    work: (
      tx: Transaction,
      alg: SigningAlgorithm,
      made: SigningKey,
      keys: KeyTimes[],
    ) => Promise<unknown>,
  ): Promise<SigningAlgorithm[]> {
    const before = await read()
    const wanted = algorithms.filter((alg) => wants(alg, of(alg, before)))
    if (wanted.length === 0) return []
    const made = await Promise.all(wanted.map(async (alg) => ({ alg, key: await make(alg) })))
    return db.$transaction(async (tx) => {
      await revision.bump(tx)
      const keys = await read(tx)
      const still = made.filter(({ alg }) => wants(alg, of(alg, keys)))
      for (const { alg, key } of still) await work(tx, alg, key, of(alg, keys))
      return still.map(({ alg }) => alg)
    })
  }

  /** The next key takes the place, and the one just made becomes the next. */
  async function turn(
    tx: Transaction,
    _alg: SigningAlgorithm,
    made: SigningKey,
    keys: readonly KeyTimes[],
  ): Promise<void> {
    const next = keys.find(({ signsFrom }) => !signsFrom)
    const ready = (next?.createdAt.getTime() ?? clock.now()) + PUBLISH_AHEAD * 1000
    const signsFrom = new Date(Math.max(clock.now(), ready))
    if (!next) {
      await add(tx, made, signsFrom)
      return
    }
    await tx.signingKey.updateMany({
      where: { kid: next.kid, signsFrom: null },
      data: { signsFrom },
    })
    await add(tx, made, null)
  }

  const isPending = (keys: readonly KeyTimes[]): boolean =>
    keys.some(({ signsFrom }) => signsFrom && signsFrom.getTime() > clock.now())

  const isDue = (keys: readonly KeyTimes[]): boolean => {
    const latest = Math.max(...keys.map(({ signsFrom }) => signsFrom?.getTime() ?? -Infinity))
    return rotationDays > 0 && latest + rotationDays * DAY <= clock.now()
  }

  async function removeOver(): Promise<void> {
    const keys = await read()
    const known = new Set(standingsAt(clock.now(), keys).map(({ kid }) => kid))
    const over = keys.flatMap(({ kid }) => (known.has(kid) ? [] : [kid]))
    if (over.length === 0) return
    await db.$transaction(async (tx) => {
      await revision.bump(tx)
      await tx.signingKey.deleteMany({ where: { kid: { in: over } } })
    })
  }

  return {
    list: async () => standingsAt(clock.now(), await read()),

    rotate: (algorithms = SIGNING_ALGORITHMS) =>
      change(algorithms, (_alg, keys) => !isPending(keys), turn),

    async withdraw(algorithms = SIGNING_ALGORITHMS) {
      const made = await Promise.all(
        algorithms.map(async (alg): Promise<Pair> => {
          const [now, next] = await Promise.all([make(alg), make(alg)])
          return { now, next }
        }),
      )
      return db.$transaction(async (tx) => {
        await revision.bump(tx)
        const where = { alg: { in: [...algorithms] } }
        const dropped = await tx.signingKey.findMany({ where, select: { kid: true } })
        await tx.signingKey.deleteMany({ where })
        for (const { now, next } of made) {
          await add(tx, now, clock.date())
          await add(tx, next, null)
        }
        return dropped.map(({ kid }) => kid)
      })
    },

    async fillIn() {
      await change(
        SIGNING_ALGORITHMS,
        (_alg, keys) => !keys.some(({ signsFrom }) => signsFrom),
        (tx, _alg, made) => add(tx, made, clock.date()),
      )
    },

    async maintain() {
      await change(
        SIGNING_ALGORITHMS,
        (_alg, keys) => !keys.some(({ signsFrom }) => !signsFrom),
        (tx, _alg, made) => add(tx, made, null),
      )
      const rotated = await change(
        SIGNING_ALGORITHMS,
        (_alg, keys) => !isPending(keys) && isDue(keys),
        turn,
      )
      await removeOver()
      return rotated
    },
  }
}

const of = (alg: string, keys: readonly KeyTimes[]): KeyTimes[] =>
  keys.filter((key) => key.alg === alg)
