/**
 * Which of the issuer's published keys should have signed a token; what a token says of keys but
 * `kid` is never looked at (RFC 7515 §4.1.4, RFC 9068 §4).
 */
import { importJWK } from 'jose'
import type { CryptoKey, JSONWebKeySet, JWK } from 'jose'
import type { Clock } from '../lib/clock.ts'
import type { JsonObject } from '../lib/access-token.ts'

/**
 * The algorithms an access token may be signed with: an agreed list, never the header's word. Ours are signed with
 * ES256; RS256 every resource server must know (RFC 9068 §2.1); and all that an ID token of ours may be signed with
 * is here, so that it can be told from a forgery.
 */
export const TOKEN_ALGORITHMS: readonly string[] = ['ES256', 'RS256', 'PS256', 'EdDSA']

/** Seconds between two fetches that tokens with an unknown `kid` can cause. */
const REFETCH_COOLDOWN = 30

/** `refetch` asks a port that keeps a copy to renew it first. Throws when the keys are out of reach. */
export type KeysPort = (options?: { refetch: boolean }) => Promise<JSONWebKeySet>

export type KeyFacts = {
  verdict: 'found' | 'unknown' | 'ambiguous' | 'unreachable' | 'unusable'
  /** The `kid` of every key that is published for the token's algorithm. */
  published: readonly string[]
}

const OUT_OF_REACH = Symbol('out of reach')

/** What the port gave, which need not be a key set; or that it gave nothing. */
export type Published = JSONWebKeySet | typeof OUT_OF_REACH

export type FoundKey = { facts: KeyFacts; set?: JSONWebKeySet; key?: CryptoKey }

export function createSigningKeys({ keys, clock }: { keys: KeysPort; clock: Clock }) {
  /** For one algorithm each: what is imported for one cannot be used for another. */
  const imported = new Map(
    TOKEN_ALGORITHMS.map((alg) => [alg, new WeakMap<JWK, Promise<CryptoKey | undefined>>()]),
  )
  let refetchedAt = Number.NEGATIVE_INFINITY
  let succeeded: Promise<boolean> = Promise.resolve(true)

  const fetchKeys = async (refetch: boolean): Promise<Published> => {
    try {
      return await keys(refetch ? { refetch } : undefined)
    } catch {
      return OUT_OF_REACH
    }
  }

  /**
   * Once in a cool-down; all who ask meanwhile share it, and its outcome: an outage stays an outage.
   * Not the set itself, as a key in it may have been withdrawn since.
   */
  const refetch = (): Promise<boolean> => {
    if (clock.seconds() - refetchedAt >= REFETCH_COOLDOWN) {
      refetchedAt = clock.seconds()
      succeeded = fetchKeys(true).then((published) => published !== OUT_OF_REACH)
    }
    return succeeded
  }

  const importKey = (jwk: JWK, alg: string): Promise<CryptoKey | undefined> => {
    let key = imported.get(alg)?.get(jwk)
    if (!key) {
      key = importPublicKey(jwk, alg)
      imported.get(alg)?.set(jwk, key)
    }
    return key
  }

  async function findIn(set: Published, header: JsonObject): Promise<FoundKey> {
    if (set === OUT_OF_REACH) return { facts: { verdict: 'unreachable', published: [] } }
    if (!isKeySet(set)) return { facts: { verdict: 'unusable', published: [] } }
    const alg = String(header.alg)
    const fit = set.keys.filter((key) => isFor(alg, key))
    const published = fit.map((key) => key.kid ?? '')
    const named = header.kid === undefined ? fit : fit.filter((key) => key.kid === header.kid)
    const [only, ...others] = named
    if (!only) return { facts: { verdict: 'unknown', published }, set }
    if (others.length > 0) return { facts: { verdict: 'ambiguous', published }, set }
    const key = await importKey(only, alg)
    if (!key) return { facts: { verdict: 'unusable', published }, set }
    return { facts: { verdict: 'found', published }, set, key }
  }

  return {
    /** What is published now: the same object while unchanged. */
    current: (): Promise<Published> => fetchKeys(false),

    /** Never throws: an outage is a verdict. */
    async find(set: Published, header: JsonObject): Promise<FoundKey> {
      const found = await findIn(set, header)
      // Without a string for a `kid` there is nothing a newer set could know.
      if (found.facts.verdict !== 'unknown' || typeof header.kid !== 'string') return found
      return findIn((await refetch()) ? await fetchKeys(false) : OUT_OF_REACH, header)
    },
  }
}

export type SigningKeys = ReturnType<typeof createSigningKeys>

function isKeySet(set: unknown): set is JSONWebKeySet {
  const keys = (set as Partial<JSONWebKeySet> | null)?.keys
  return (
    Array.isArray(keys) && keys.every((key: unknown) => typeof key === 'object' && key !== null)
  )
}

/** What tells the keys for an algorithm from others; a key that names its algorithm is for that one only. */
const KINDS: ReadonlyMap<string, Partial<JWK>> = new Map([
  ['ES256', { kty: 'EC', crv: 'P-256' }],
  ['RS256', { kty: 'RSA' }],
  ['PS256', { kty: 'RSA' }],
  ['EdDSA', { kty: 'OKP', crv: 'Ed25519' }],
])

function isFor(alg: string, key: JWK): boolean {
  const kind = KINDS.get(alg)
  return (
    kind !== undefined &&
    key.kty === kind.kty &&
    (kind.crv === undefined || key.crv === kind.crv) &&
    (key.alg === undefined || key.alg === alg) &&
    (key.use === undefined || key.use === 'sig')
  )
}

/** RFC 7518 §3.3. */
const SHORTEST_MODULUS = 2048

/** Undefined when the key is no public key of its kind, or too weak for it. */
async function importPublicKey(jwk: JWK, alg: string): Promise<CryptoKey | undefined> {
  try {
    const key = await importJWK(jwk, alg)
    if (key instanceof Uint8Array || key.type !== 'public') return undefined
    const { modulusLength = SHORTEST_MODULUS } = key.algorithm as Partial<RsaKeyAlgorithm>
    return modulusLength >= SHORTEST_MODULUS ? key : undefined
  } catch {
    return undefined
  }
}
