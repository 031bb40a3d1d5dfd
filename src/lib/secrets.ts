/** One master secret, many keys: HKDF (RFC 5869), sealed values (AES-256-GCM), fingerprints, constant-time compare. */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

export type Secrets = {
  /** A key for one purpose, 32 bytes, always the same for the same master secret. */
  key(purpose: string): Buffer
  /** Encrypts for storage; the purpose is bound to the value, so it cannot be moved elsewhere. */
  seal(purpose: string, plaintext: string): string
  /** Throws when the value was made with another master secret or purpose, or was altered. */
  open(purpose: string, sealed: string): string
  /** A keyed fingerprint for values that people choose or type, which a plain hash would not protect. */
  mac(purpose: string, value: string): string
}

/** At least this many characters are asked of a master secret that a person sets. */
export const MASTER_SECRET_LENGTH = 32

export const createMasterSecret = (): string => randomBytes(32).toString('base64url')

export function createSecrets(master: string): Secrets {
  const keys = new Map<string, Buffer>()
  const key = (purpose: string): Buffer => {
    let found = keys.get(purpose)
    if (!found) {
      found = Buffer.from(hkdfSync('sha256', master, 'countersign', purpose, 32))
      keys.set(purpose, found)
    }
    return found
  }
  return {
    key,
    seal(purpose, plaintext) {
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key(`seal:${purpose}`), iv)
      const body = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')
    },
    open(purpose, sealed) {
      const bytes = Buffer.from(sealed, 'base64url')
      const decipher = createDecipheriv(
        'aes-256-gcm',
        key(`seal:${purpose}`),
        bytes.subarray(0, 12),
      )
      decipher.setAuthTag(bytes.subarray(12, 28))
      return decipher.update(bytes.subarray(28), undefined, 'utf8') + decipher.final('utf8')
    },
    mac: (purpose, value) =>
      createHmac('sha256', key(`mac:${purpose}`))
        .update(value)
        .digest('base64url'),
  }
}

/** A plain fingerprint (SHA-256, base64url) for random values of 128 bits and more. */
export const fingerprint = (value: string): string =>
  createHash('sha256').update(value).digest('base64url')

/** Compares in a time that does not depend on where two strings differ, nor on their lengths. */
export function equalInConstantTime(a: string, b: string): boolean {
  const digest = (value: string) => createHash('sha256').update(value).digest()
  return timingSafeEqual(digest(a), digest(b))
}
