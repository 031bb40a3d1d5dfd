/** Passwords at rest: scrypt (RFC 7914), written so that each stored value carries its own cost. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/**
 * scrypt's work factor N, a power of two. With r = 8 and p = 3 this one takes 32 MiB and about a quarter of a
 * second: the figures of the OWASP Password Storage Cheat Sheet.
 */
export const DEFAULT_COST = 2 ** 15

type Cost = { N: number; r: number; p: number }

export type PasswordHashing = {
  hash(password: string): Promise<string>
  /** False also for a stored value that makes no sense. */
  verify(password: string, stored: string): Promise<boolean>
  /** A stored value that no password fits and that takes as long to verify: for people who do not exist. */
  readonly unmatchable: string
}

const KEY_LENGTH = 32
const SALT_LENGTH = 16

/** Refuses stored costs that would take gigabytes or minutes. */
const MOST_WORK = 2 ** 26

/** Throws a RangeError when the cost is no power of two from 2 on. */
export function createPasswordHashing({ cost: N = DEFAULT_COST } = {}): PasswordHashing {
  if (N < 2 || !Number.isInteger(Math.log2(N))) throw new RangeError(`no scrypt cost: ${N}`)
  const cost: Cost = { N, r: 8, p: 3 }

  return {
    async hash(password) {
      const salt = randomBytes(SALT_LENGTH)
      return format(cost, salt, await derive(password, salt, cost))
    },
    async verify(password, stored) {
      const parsed = parse(stored)
      if (!parsed) return false
      const key = await derive(password, parsed.salt, parsed.cost)
      return timingSafeEqual(key, parsed.key)
    },
    unmatchable: format(cost, randomBytes(SALT_LENGTH), randomBytes(KEY_LENGTH)),
  }
}

/** Runs in Node's thread pool. Letters with accents count the same however a keyboard composes them. */
function derive(password: string, salt: Buffer, cost: Cost): Promise<Buffer> {
  const options = { ...cost, maxmem: 256 * cost.N * cost.r + 1024 * 1024 }
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, KEY_LENGTH, options, (error, key) => {
      if (error) reject(error)
      else resolve(key)
    })
  })
}

const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')

/** The PHC string format: `$scrypt$ln=15,r=8,p=3$<salt>$<key>`. */
const format = ({ N, r, p }: Cost, salt: Buffer, key: Buffer) =>
  `$scrypt$ln=${Math.log2(N)},r=${r},p=${p}$${base64(salt)}$${base64(key)}`

function parse(stored: string): { cost: Cost; salt: Buffer; key: Buffer } | undefined {
  const pattern = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([\w+/-]+)\$([\w+/-]+)$/
  const match = pattern.exec(stored)
  if (!match) return undefined
  const [, ln, r, p, salt = '', key = ''] = match
  const cost = { N: 2 ** Number(ln), r: Number(r), p: Number(p) }
  const work = cost.N * cost.r * cost.p
  const bytes = Buffer.from(key, 'base64')
  if (cost.N < 2 || work === 0 || work > MOST_WORK || bytes.length !== KEY_LENGTH) return undefined
  return { cost, salt: Buffer.from(salt, 'base64'), key: bytes }
}
