/** People who can sign in. */
import type { Database, Transaction } from '../db/client.ts'
import type { Denylist } from '../db/denylist.ts'
import type { Clock } from '../lib/clock.ts'
import type { Secrets } from '../lib/secrets.ts'
import { openDigestSecret, openSealed } from './digest-secret.ts'
import { endIssued } from './endings.ts'
import type { PasswordHashing } from './password-hashing.ts'

export type Account = {
  readonly sub: string
  readonly login: string
  readonly name?: string
  readonly givenName?: string
  readonly familyName?: string
  readonly email?: string
  readonly emailVerified: boolean
  readonly picture?: string
  readonly roles: readonly string[]
  readonly disabled: boolean
  /** Made by the seed file: everybody may know the password. */
  readonly seeded: boolean
  /** Seconds since the epoch. */
  readonly updatedAt: number
}

export type Verification =
  | { outcome: 'verified'; account: Account }
  | { outcome: 'rejected' }
  /** Told only to somebody who knew the password. */
  | { outcome: 'disabled' }

export type DigestUser = { login: string } | { userhash: string }

export type Accounts = {
  byId(sub: string): Promise<Account | undefined>
  byLogin(login: string): Promise<Account | undefined>
  /** Takes as long for people who do not exist. Does not count attempts. */
  verify(login: string, password: string): Promise<Verification>
  /**
   * For Digest: the person with this name, or with this H(user:realm), and H(A1) where it may be used, which is only for
   * people of the seed file. For whom it is undefined the caller computes a response all the same.
   */
  digestOf(user: DigestUser): Promise<{ account?: Account; secret?: string }>
  /** The key of the person's one-time codes (RFC 6238), in base32; undefined without a second step. */
  totpSecretOf(sub: string): Promise<string | undefined>
  /** No sign-in, no session and no token from the next call on. False when there is no such person. */
  disable(sub: string): Promise<boolean>
  /** Tokens from before stay refused. False when there is no such person. */
  enable(sub: string): Promise<boolean>
  list(): Promise<Account[]>
}

type Row = NonNullable<Awaited<ReturnType<Database['account']['findUnique']>>>

/** The standing of a disabled person, see `denylist`. */
export const DISABLED = 'disabled'

/** What the keys of one-time codes are sealed for. */
export const TOTP_PURPOSE = 'totp'

const NUL = '\0'

export function createAccounts(parts: {
  db: Database
  clock: Clock
  secrets: Secrets
  hashing: PasswordHashing
  denylist: Denylist
}): Accounts {
  const { db, clock, secrets, hashing, denylist } = parts

  /** SQLite cuts a text at NUL and PostgreSQL refuses it: nobody is called that. */
  const rowOf = async (where: { sub: string } | { login: string }): Promise<Row | null> =>
    Object.values(where).some((value) => value.includes(NUL))
      ? null
      : db.account.findUnique({ where })

  async function find(where: { sub: string } | { login: string }) {
    const row = await rowOf(where)
    return row ? accountOf(row) : undefined
  }

  /** The standing first: its revision is what keeps concurrent changes in order. */
  const change = (
    sub: string,
    disabledAt: Date | null,
    settle: (tx: Transaction) => Promise<void>,
  ) =>
    db.$transaction(async (tx) => {
      if (sub.includes(NUL) || (await tx.account.count({ where: { sub } })) === 0) return false
      await settle(tx)
      const data = { disabledAt, updatedAt: clock.date() }
      await tx.account.updateMany({ where: { sub }, data })
      return true
    })

  return {
    byId: (sub) => find({ sub }),
    byLogin: (login) => find({ login }),

    async verify(login, password) {
      const row = await rowOf({ login: login.normalize('NFC') })
      const isRight = await hashing.verify(password, row?.passwordHash ?? hashing.unmatchable)
      if (!row || !isRight) return { outcome: 'rejected' }
      const account = accountOf(row)
      return account.disabled ? { outcome: 'disabled' } : { outcome: 'verified', account }
    },

    async digestOf(user) {
      const row =
        'login' in user
          ? await rowOf({ login: user.login.normalize('NFC') })
          : await db.account.findFirst({ where: { digestUser: user.userhash, seeded: true } })
      if (!row) return {}
      const secret = row.seeded ? openDigestSecret(secrets, row) : undefined
      return { account: accountOf(row), ...(secret !== undefined && { secret }) }
    },

    async totpSecretOf(sub) {
      const sealed = (await rowOf({ sub }))?.totpSecret
      return sealed ? openSealed(secrets, TOTP_PURPOSE, sealed) : undefined
    },

    disable: (sub) =>
      change(sub, clock.date(), async (tx) => {
        await denylist.deny(`account:${sub}`, DISABLED, undefined, tx)
        await endIssued({ tx, denylist, clock }, { accountId: sub }, DISABLED)
      }),

    enable: (sub) => change(sub, null, (tx) => denylist.lift(`account:${sub}`, tx)),

    async list() {
      const rows = await db.account.findMany({ orderBy: { login: 'asc' } })
      return rows.map(accountOf)
    },
  }
}

function accountOf(row: Row): Account {
  const { name, givenName, familyName, email, picture } = row
  return {
    sub: row.sub,
    login: row.login,
    ...(name !== null && { name }),
    ...(givenName !== null && { givenName }),
    ...(familyName !== null && { familyName }),
    ...(email !== null && { email }),
    emailVerified: row.emailVerified,
    ...(picture !== null && { picture }),
    roles: row.roles.split(' ').filter((role) => role !== ''),
    disabled: row.disabledAt !== null,
    seeded: row.seeded,
    updatedAt: Math.floor(row.updatedAt.getTime() / 1000),
  }
}
