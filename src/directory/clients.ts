/** Applications: registered with RFC 7591's metadata, kept in memory until the revision changes. */
import { randomBytes } from 'node:crypto'
import { isUniqueViolation } from '../db/client.ts'
import type { Database, Transaction } from '../db/client.ts'
import type { Denylist } from '../db/denylist.ts'
import type { Revision } from '../db/revision.ts'
import type { Clock } from '../lib/clock.ts'
import { equalInConstantTime } from '../lib/secrets.ts'
import type { Secrets } from '../lib/secrets.ts'
import { ClientFault, createClientMetadataParser, hasSecret } from './client-metadata.ts'
import type { ClientMetadata, ClientMetadataInput } from './client-metadata.ts'
import { endClient } from './endings.ts'
import { expandIssuerIn } from './issuer-placeholder.ts'

export type ClientRecord = {
  readonly clientId: string
  /** With `<issuer>` expanded. */
  readonly metadata: ClientMetadata
  readonly secretFingerprint?: string
  readonly seeded: boolean
}

export type ClientInput = ClientMetadataInput & { client_id?: string; client_secret?: string }

type RegisteredMetadata = Readonly<Record<string, unknown>>

export type Clients = {
  /** The same object for as long as no client has changed. */
  find(clientId: string): Promise<ClientRecord | undefined>
  list(): Promise<ClientRecord[]>
  /** Whether a public client is registered for pages of this origin. */
  hasPageOn(origin: string): Promise<boolean>
  /**
   * Registers a client; an id and, if it is to have one, a secret are made where none is given. The secret is
   * told this once. Throws `ClientFault`.
   */
  add(input: ClientInput): Promise<{ clientId: string; clientSecret?: string }>
  /**
   * Keeps what was registered dynamically (RFC 7591), in metadata that the caller has checked. What `alongside` writes
   * is written with it, or nothing is.
   */
  register(
    clientId: string,
    metadata: RegisteredMetadata,
    alongside?: (tx: Transaction) => Promise<void>,
  ): Promise<void>
  /**
   * The same of a client that is there (RFC 7592 §2.2). Its secret stays as it is: what the caller knows of it is the
   * fingerprint. False when there is no such client, which then stays so.
   */
  update(clientId: string, metadata: RegisteredMetadata): Promise<boolean>
  /** Takes all that was issued to it along. False when there is no such client. */
  remove(clientId: string): Promise<boolean>
  verifySecret(fingerprint: string, secret: string): boolean
}

type ClientRow = {
  clientId: string
  metadata: string
  secretFingerprint: string | null
  seeded: boolean
}

/** Client ids stand in URLs and in Basic credentials, so they are kept to what needs no escaping there. */
export const CLIENT_ID = /^[A-Za-z0-9][A-Za-z0-9._~-]{0,127}$/

/** The fingerprint kept for a client's secret. */
export const secretFingerprint = (secrets: Secrets, secret: string): string =>
  secrets.mac('client-secret', secret)

export function createClients(parts: {
  db: Database
  clock: Clock
  secrets: Secrets
  issuer: string
  revision: Revision
  denylist: Denylist
}): Clients {
  const { db, clock, secrets, issuer, revision, denylist } = parts
  const parse = createClientMetadataParser(issuer)
  let known = new Map<string, Promise<ClientRecord | undefined>>()
  let pageOrigins: Promise<Set<string>> | undefined
  let knownAt: number | undefined

  function recordOf(row: ClientRow): ClientRecord {
    const metadata = JSON.parse(row.metadata) as ClientMetadata
    return Object.freeze({
      clientId: row.clientId,
      metadata: Object.freeze(expandIssuerIn(metadata, issuer)),
      ...(row.secretFingerprint === null ? {} : { secretFingerprint: row.secretFingerprint }),
      seeded: row.seeded,
    })
  }

  async function read(clientId: string): Promise<ClientRecord | undefined> {
    const row = await db.client.findUnique({ where: { clientId } })
    return row ? recordOf(row) : undefined
  }

  async function readAll(): Promise<ClientRecord[]> {
    const rows = await db.client.findMany({ orderBy: { clientId: 'asc' } })
    return rows.map(recordOf)
  }

  async function forgetWhatChanged(): Promise<void> {
    const now = await revision.current()
    if (now === knownAt) return
    known = new Map()
    pageOrigins = undefined
    knownAt = now
  }

  return {
    async find(clientId) {
      await forgetWhatChanged()
      // Ids that nobody registered are asked for by strangers: no memory is spent on them.
      const memory = known
      let found = memory.get(clientId)
      if (!found) {
        if (!CLIENT_ID.test(clientId)) return undefined
        found = read(clientId)
        memory.set(clientId, found)
        const forget = () => memory.delete(clientId)
        found.then((record) => record ?? forget(), forget)
      }
      return found
    },

    list: readAll,

    async hasPageOn(origin) {
      await forgetWhatChanged()
      if (!pageOrigins) {
        const reading = readAll().then(pageOriginsOf)
        pageOrigins = reading
        // A read that failed is made again by the next call.
        reading.catch(() => (pageOrigins = undefined))
      }
      return (await pageOrigins).has(origin)
    },

    async add(input) {
      const { client_id, client_secret, ...rest } = input
      const metadata = parse(rest)
      const clientId = client_id ?? `app-${randomBytes(9).toString('base64url').toLowerCase()}`
      const faults = identityFaults(clientId, client_secret, metadata)
      if (faults.length > 0) throw new ClientFault(faults)
      const clientSecret = hasSecret(metadata)
        ? (client_secret ?? randomBytes(32).toString('base64url'))
        : undefined

      const now = clock.date()
      const data = {
        clientId,
        metadata: JSON.stringify(metadata),
        secretFingerprint:
          clientSecret === undefined ? null : secretFingerprint(secrets, clientSecret),
        createdAt: now,
        updatedAt: now,
      }
      try {
        await db.$transaction(async (tx) => {
          await revision.bump(tx)
          // A client's own tokens carry its id as `sub`; it must not pass for a person (RFC 9068 §5).
          if ((await tx.account.count({ where: { sub: clientId } })) > 0) {
            throw new ClientFault([`client_id is "${clientId}", and that is the id of a person.`])
          }
          // An earlier client of this name may have been removed; what it still holds stays denied.
          await denylist.onlyOlder(`client:${clientId}`, tx)
          await tx.client.create({ data })
        })
      } catch (error) {
        if (!isUniqueViolation(error)) throw error
        throw new ClientFault([`client_id is "${clientId}", and there is such a client already.`])
      }
      return { clientId, ...(clientSecret === undefined ? {} : { clientSecret }) }
    },

    async register(clientId, { client_id, client_secret, ...metadata }, alongside) {
      const now = clock.date()
      const secret = typeof client_secret === 'string' ? client_secret : undefined
      const data = {
        clientId,
        metadata: JSON.stringify(metadata),
        secretFingerprint: secret === undefined ? null : secretFingerprint(secrets, secret),
        createdAt: now,
        updatedAt: now,
      }
      await db.$transaction(async (tx) => {
        await revision.bump(tx)
        await alongside?.(tx)
        await tx.client.create({ data })
      })
    },

    async update(clientId, { client_id, client_secret, ...metadata }) {
      const data = { metadata: JSON.stringify(metadata), updatedAt: clock.date() }
      return db.$transaction(async (tx) => {
        await revision.bump(tx)
        const { count } = await tx.client.updateMany({ where: { clientId }, data })
        return count > 0
      })
    },

    async remove(clientId) {
      if (!CLIENT_ID.test(clientId)) return false
      return db.$transaction(async (tx) => {
        await revision.bump(tx)
        const removed = await tx.client.deleteMany({ where: { clientId } })
        if (removed.count === 0) return false
        await endClient({ tx, denylist, clock }, clientId)
        return true
      })
    },

    verifySecret: (fingerprint, secret) =>
      equalInConstantTime(fingerprint, secretFingerprint(secrets, secret)),
  }
}

/** Where the pages of public clients are: the origins they return to. */
function pageOriginsOf(clients: readonly ClientRecord[]): Set<string> {
  const uris = clients
    .filter(({ metadata }) => metadata.token_endpoint_auth_method === 'none')
    .flatMap(({ metadata }) => metadata.redirect_uris)
  return new Set(uris.flatMap((uri) => URL.parse(uri)?.origin ?? []))
}

/** Also what the seed asks of its clients. */
export function identityFaults(
  clientId: string,
  secret: string | undefined,
  metadata: ClientMetadata,
): string[] {
  const faults: string[] = []
  if (!CLIENT_ID.test(clientId)) {
    faults.push(
      'client_id must be 1 to 128 letters, digits, dots, hyphens, underscores or tildes, and begin with a letter or digit.',
    )
  }
  if (!hasSecret(metadata) && secret !== undefined) {
    faults.push(
      metadata.token_endpoint_auth_method === 'none'
        ? 'client_secret must be left out for a client without authentication ("none").'
        : 'client_secret must be left out for a client that authenticates with a key.',
    )
  }
  if (secret !== undefined && !/^[\x21-\x7E]{1,256}$/.test(secret)) {
    faults.push('client_secret must be 1 to 256 printable ASCII characters without spaces.')
  }
  return faults
}
