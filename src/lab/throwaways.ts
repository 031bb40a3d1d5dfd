/**
 * People and clients made up for one trial. They are kept in memory, beside those of the directory; what the
 * servers store about them is removed with them, after use or after ten minutes.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import type { Database } from '../db/client.ts'
import type { Account, Accounts } from '../directory/accounts.ts'
import { createClientMetadataParser, hasSecret } from '../directory/client-metadata.ts'
import type { ClientMetadataInput } from '../directory/client-metadata.ts'
import { secretFingerprint } from '../directory/clients.ts'
import type { ClientRecord, Clients } from '../directory/clients.ts'
import { PASSWORD_REALM } from '../directory/digest-secret.ts'
import type { Clock } from '../lib/clock.ts'
import { digestSecretOf } from '../lib/digest-auth.ts'
import { equalInConstantTime, fingerprint } from '../lib/secrets.ts'
import type { Secrets } from '../lib/secrets.ts'

export type ThrowawayPerson = {
  sub: string
  login: string
  password: string
  /** The key of the person’s one-time codes, in base32. */
  totpSecret: string
}

export type ThrowawayClient = { id: string; secret: string | undefined; redirectUri: string }

/** What dynamic registration keeps of a client besides what the directory knows, such as keys. */
type FurtherMetadata = Readonly<Record<string, unknown>>

/** What was made for one trial, and goes together. */
export type Batch = {
  person(): ThrowawayPerson
  /** Confidential, for code and refresh tokens, unless told otherwise. */
  client(metadata?: ClientMetadataInput, further?: FurtherMetadata): ThrowawayClient
  /** A note of somebody made up, shared with these people; its id. */
  note(sharedWith?: readonly string[]): Promise<string>
  /** Something the authorization server stores that names neither its person nor its client. */
  artifact(model: string, id: string): void
  /** Makes what the authorization server handed out look as if its time had just passed. */
  expire(model: string, id: string): Promise<void>
  remove(): Promise<void>
}

type Directory = { accounts: Accounts; clients: Clients }

export type Throwaways = {
  open(): Batch
  /** Whether a person or a client of this name was made up here; what they guess may be named after it. */
  has: (name: string) => boolean
  /** The directory with the made-up people and clients in it. They are on no list. */
  around(directory: Directory): Directory
  /** Removes what a server that was killed has left. */
  removeLeftovers(): Promise<void>
  /** Removes everything. */
  close(): Promise<void>
}

/** Milliseconds. */
const LIFE = 10 * 60_000

const PERSON = 'lab-person-'
const CLIENT = 'lab-client-'
const NOTE = 'lab-note-'

export function createThrowaways(parts: {
  db: Database
  clock: Clock
  secrets: Secrets
  issuer: string
}): Throwaways {
  const { db, clock, secrets, issuer } = parts
  const parse = createClientMetadataParser(issuer)
  const people = new Map<string, { account: Account; password: string; totpSecret: string }>()
  const clients = new Map<string, ClientRecord>()
  const batches = new Set<Batch>()

  function open(): Batch {
    const subs: string[] = []
    const clientIds: string[] = []
    const noteIds: string[] = []
    const artifacts: { model: string; idHash: string }[] = []

    async function remove(): Promise<void> {
      clearTimeout(timer)
      batches.delete(batch)
      for (const sub of subs) people.delete(sub)
      for (const id of clientIds) clients.delete(id)
      const byName = [{ accountId: { in: subs } }, { clientId: { in: clientIds } }]
      await db.artifact.deleteMany({ where: { OR: [...byName, ...artifacts] } })
      await db.sessionClient.deleteMany({ where: { clientId: { in: clientIds } } })
      await db.consent.deleteMany({
        where: { OR: [{ sub: { in: subs } }, { clientId: { in: clientIds } }] },
      })
      if (noteIds.length > 0) await db.note.deleteMany({ where: { id: { in: noteIds } } })
    }

    const batch: Batch = {
      person() {
        const sub = PERSON + randomBytes(6).toString('hex')
        const password = randomBytes(12).toString('base64url')
        const totpSecret = base32(randomBytes(20))
        people.set(sub, { account: accountOf(sub, clock), password, totpSecret })
        subs.push(sub)
        return { sub, login: sub, password, totpSecret }
      },

      client(metadata = {}, further = {}) {
        const clientId = CLIENT + randomBytes(6).toString('hex')
        const redirectUri = `${issuer}/demo/callback`
        const parsed = parse({
          client_name: 'An app of the lab',
          redirect_uris: [redirectUri],
          grant_types: ['authorization_code', 'refresh_token'],
          ...metadata,
        })
        const secret = hasSecret(parsed) ? randomBytes(12).toString('base64url') : undefined
        const record: ClientRecord = Object.freeze({
          clientId,
          metadata: Object.freeze({ ...parsed, ...further }),
          ...(secret !== undefined && { secretFingerprint: secretFingerprint(secrets, secret) }),
          seeded: false,
        })
        clients.set(clientId, record)
        clientIds.push(clientId)
        return { id: clientId, secret, redirectUri }
      },

      async note(sharedWith = []) {
        const id = NOTE + randomUUID()
        const shares = { create: sharedWith.map((sub) => ({ sub })) }
        const owner = `${PERSON}of-notes`
        const text = 'A note of the lab.'
        await db.note.create({ data: { id, owner, text, createdAt: clock.date(), shares } })
        noteIds.push(id)
        return id
      },

      artifact: (model, id) => void artifacts.push({ model, idHash: fingerprint(id) }),

      async expire(model, id) {
        const where = { model_idHash: { model, idHash: fingerprint(id) } }
        const { payload } = await db.artifact.findUniqueOrThrow({ where })
        const issued = JSON.parse(payload) as { exp: number }
        const over = JSON.stringify({ ...issued, exp: clock.seconds() - 1 })
        await db.artifact.update({ where, data: { payload: over } })
      },

      remove,
    }
    const timer = setTimeout(() => void remove().catch(() => undefined), LIFE)
    timer.unref()
    batches.add(batch)
    return batch
  }

  return {
    open,
    has(name) {
      const [first = ''] = name.split(' ')
      return people.has(first) || clients.has(first)
    },

    around: ({ accounts, clients: registered }) => ({
      accounts: {
        ...accounts,
        byId: async (sub) => people.get(sub)?.account ?? accounts.byId(sub),
        byLogin: async (login) => people.get(login)?.account ?? accounts.byLogin(login),
        async verify(login, password) {
          const person = people.get(login)
          if (!person) return accounts.verify(login, password)
          return equalInConstantTime(person.password, password)
            ? { outcome: 'verified', account: person.account }
            : { outcome: 'rejected' }
        },
        async digestOf(user) {
          const person = 'login' in user ? people.get(user.login) : undefined
          if (!person) return accounts.digestOf(user)
          const { account, password } = person
          return { account, secret: digestSecretOf(account.login, PASSWORD_REALM, password) }
        },
        totpSecretOf: async (sub) => people.get(sub)?.totpSecret ?? accounts.totpSecretOf(sub),
      },
      clients: {
        ...registered,
        find: async (clientId) => clients.get(clientId) ?? registered.find(clientId),
      },
    }),

    async removeLeftovers() {
      await db.note.deleteMany({ where: { id: { startsWith: NOTE } } })
      await db.artifact.deleteMany({ where: { accountId: { startsWith: PERSON } } })
      await db.artifact.deleteMany({ where: { clientId: { startsWith: CLIENT } } })
      await db.sessionClient.deleteMany({ where: { clientId: { startsWith: CLIENT } } })
      await db.consent.deleteMany({ where: { clientId: { startsWith: CLIENT } } })
    },

    async close() {
      for (const batch of batches) await batch.remove()
    },
  }
}

/** RFC 4648 §6, of whole groups of five bytes. */
function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  return bits.replace(/.{5}/g, (five) => letters[Number.parseInt(five, 2)] ?? '')
}

const accountOf = (sub: string, clock: Clock): Account => ({
  sub,
  login: sub,
  name: 'Somebody of the lab',
  emailVerified: false,
  roles: [],
  disabled: false,
  seeded: false,
  updatedAt: clock.seconds(),
})
