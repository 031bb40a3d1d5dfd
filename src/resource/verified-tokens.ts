/**
 * Access tokens taken apart and verified once, then remembered, so that a token in use costs a
 * fingerprint and no signature (RFC 7515 §5.2).
 */
import { hash } from 'node:crypto'
import { compactVerify, errors } from 'jose'
import type { CryptoKey, JSONWebKeySet } from 'jose'
import { LRUCache } from 'lru-cache'
import { parseAccessToken } from '../lib/access-token.ts'
import type { TokenStructure } from '../lib/access-token.ts'
import { TOKEN_ALGORITHMS } from './signing-keys.ts'
import type { KeyFacts } from './signing-keys.ts'

/** Tokens remembered; the one used longest ago goes first. */
const MAX_GOOD = 5_000
/** Kept apart and fewer, so that a flood of forgeries cannot push the good ones out. */
const MAX_BAD = 500

/** What is remembered of a token: never its text, nor its signature. */
export type KnownToken = {
  /** Fingerprint of the text. The text of a parsed token is canonical: no other text is the same token. */
  readonly id: string
  readonly structure: TokenStructure
  /** Set once the signature was judged. */
  readonly judgement?: Judgement
}

export type Judgement = {
  /** The key set it was judged by: another set (by identity) asks for another judgement. */
  readonly set: JSONWebKeySet
  readonly key: KeyFacts
  readonly signature: 'valid' | 'invalid'
}

export function createVerifiedTokens() {
  const good = new LRUCache<string, KnownToken>({ max: MAX_GOOD })
  const bad = new LRUCache<string, KnownToken>({ max: MAX_BAD })

  return {
    /** Takes a token apart, or remembers it. Its judgement, if it has one, may be by a set no longer in force. */
    open(text: string): KnownToken {
      const id = hash('sha256', text, 'base64url')
      return good.get(id) ?? bad.get(id) ?? { id, structure: parseAccessToken(text) }
    },

    /** Proves the signature, and remembers the outcome. */
    async verify(
      text: string,
      { id, structure }: KnownToken,
      { key, set, facts }: { key: CryptoKey; set: JSONWebKeySet; facts: KeyFacts },
    ): Promise<'valid' | 'invalid'> {
      const signature = await verifySignature(text, key)
      const [cache, other] = signature === 'valid' ? [good, bad] : [bad, good]
      other.delete(id)
      cache.set(id, { id, structure, judgement: { set, key: facts, signature } })
      return signature
    },
  }
}

export type VerifiedTokens = ReturnType<typeof createVerifiedTokens>

async function verifySignature(text: string, key: CryptoKey): Promise<'valid' | 'invalid'> {
  try {
    await compactVerify(text, key, { algorithms: [...TOKEN_ALGORITHMS] })
    return 'valid'
  } catch (error) {
    if (error instanceof errors.JOSEError) return 'invalid'
    throw error
  }
}
