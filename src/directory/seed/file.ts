/** The seed file: people, clients, resources, notes and ledger entries, read with all faults at once, each with its line. */
import { readFile } from 'node:fs/promises'
import type { Document, LineCounter } from 'yaml'
import * as z from 'zod'
import { StartFault } from '../../lib/fault.ts'
import { ClientFault, createClientMetadataParser, hasSecret } from '../client-metadata.ts'
import type { ClientMetadata } from '../client-metadata.ts'
import { identityFaults } from '../clients.ts'
import { findingsOf, pathInWords } from '../findings.ts'
import { MAX_ACCESS_TOKEN_LIFE } from '../resources.ts'

const id = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/, 'must be letters, digits, ".", "_", "@" or "-"')
// NUL ends a text in SQLite and is refused by PostgreSQL.
const text = z
  .string()
  .min(1)
  .regex(/^[^\0]*$/, 'has a NUL character')
const about = text.optional()
const moment = z.iso.datetime({ error: 'must be a time such as 2026-01-05T09:00:00Z' })

/** At least the 160 bits that RFC 4226 §4 recommends; whole groups, so that there is no padding to disagree about. */
const base32Key = z.string().regex(/^(?:[A-Z2-7]{8}){4,}$/, {
  error: 'must be base32 (RFC 4648 §6): 32 or more of A to Z and 2 to 7, a multiple of 8',
})

const person = z.strictObject({
  login: id,
  password: text,
  totp_secret: base32Key.optional(),
  about,
  name: text.optional(),
  given_name: text.optional(),
  family_name: text.optional(),
  email: z.email({ error: 'must be an e-mail address' }).optional(),
  email_verified: z.boolean().default(false),
  picture: text.optional(),
  roles: z.array(id).default([]),
  disabled: z.boolean().default(false),
})

const resource = z.strictObject({
  identifier: z.string().regex(/^(<issuer>|https?:\/\/[^/#?]+)(\/[^#?]*)?$/, {
    error: 'must begin with <issuer> or be an absolute URL, without query and fragment',
  }),
  name: text,
  format: z.enum(['jwt', 'opaque']),
  access_token_ttl: z.int().min(1).max(MAX_ACCESS_TOKEN_LIFE),
  scopes: z.record(
    z.string().regex(/^[\x21\x23-\x5B\x5D-\x7E]+$/, 'must be a scope (RFC 6749 §3.3)'),
    text,
  ),
})

const note = z.strictObject({
  id,
  owner: id,
  text,
  shared_with: z.array(id).default([]),
  created_at: moment,
})

const ledgerEntry = z.strictObject({
  id,
  owner: id,
  text,
  /** In the currency's smallest unit. */
  amount: z.int().min(-2_147_483_648).max(2_147_483_647),
  currency: z.string().regex(/^[A-Z]{3}$/, 'must be three capital letters (ISO 4217)'),
  booked_at: moment,
})

/** The metadata beside these three is judged by the same rules as any client's. */
const client = z.looseObject({
  client_id: z.string(),
  client_secret: z.string().optional(),
  about,
})

const schema = z.strictObject({
  people: z.array(person).default([]),
  clients: z.array(client).default([]),
  resources: z.array(resource).default([]),
  notes: z.array(note).default([]),
  ledger: z.array(ledgerEntry).default([]),
})

type Parsed = z.output<typeof schema>
export type SeedPerson = Parsed['people'][number]
export type SeedResource = Parsed['resources'][number]
export type SeedNote = Parsed['notes'][number]
export type SeedLedgerEntry = Parsed['ledger'][number]
export type SeedClient = {
  client_id: string
  client_secret?: string
  about?: string
  metadata: ClientMetadata
}
export type SeedFile = Omit<Parsed, 'clients'> & { clients: SeedClient[] }

type Found = { path: readonly PropertyKey[]; says: string }

/** Throws `StartFault`, one sentence a fault. */
export async function readSeedFile(file: string, issuer: string): Promise<SeedFile> {
  let source: string
  try {
    source = await readFile(file, 'utf8')
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new StartFault([`SEED_FILE ${file} cannot be read (${why}).`])
  }
  const { LineCounter, parseDocument } = await import('yaml')
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false })
  const at = (line: number, says: string) => `${file}, line ${line}: ${says}`

  if (document.errors.length > 0) {
    throw new StartFault(
      document.errors.map((fault) =>
        at(lines.linePos(fault.pos[0]).line, `${fault.message.replace(/\.$/, '')}.`),
      ),
    )
  }
  const { seed, found } = checkSeed(document.toJS() ?? {}, issuer)
  if (seed) return seed
  throw new StartFault(
    found.map(({ path, says }) =>
      at(lineOf(document, lines, path), `${pathInWords(path) || 'the file'} ${says}.`),
    ),
  )
}

/** The line of the value, or of what should hold it. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as { range?: [number] } | undefined
    if (node?.range) return lines.linePos(node.range[0]).line
  }
  return 1
}

function checkSeed(input: unknown, issuer: string): { seed?: SeedFile; found: Found[] } {
  const result = schema.safeParse(input, { reportInput: true })
  if (!result.success) return { found: findingsOf(result.error) }
  const parsed = result.data
  const found: Found[] = [...twice(parsed), ...mistakable(parsed), ...strangers(parsed)]
  const parseMetadata = createClientMetadataParser(issuer)

  const clients = parsed.clients.flatMap((entry, index): SeedClient[] => {
    const { client_id, client_secret, about: words, ...rest } = entry
    const path = ['clients', index]
    try {
      const metadata = parseMetadata(rest)
      const faults = identityFaults(client_id, client_secret, metadata)
      if (hasSecret(metadata) && client_secret === undefined) {
        faults.push(
          'client_secret is missing; leave it out only with token_endpoint_auth_method "none".',
        )
      }
      found.push(...faults.map((fault) => ({ path, says: `(${client_id}): ${bare(fault)}` })))
      return [
        {
          client_id,
          ...(client_secret !== undefined && { client_secret }),
          ...(words !== undefined && { about: words }),
          metadata,
        },
      ]
    } catch (error) {
      if (!(error instanceof ClientFault)) throw error
      found.push(...error.faults.map((fault) => ({ path, says: `(${client_id}): ${bare(fault)}` })))
      return []
    }
  })
  return found.length > 0 ? { found } : { seed: { ...parsed, clients }, found }
}

const bare = (sentence: string) => sentence.replace(/\.$/, '')

/** Entries with one name: the second would overwrite the first. */
function twice(seed: Parsed): Found[] {
  const names: Record<keyof Parsed, string[]> = {
    people: seed.people.map(({ login }) => login),
    clients: seed.clients.map(({ client_id }) => client_id),
    resources: seed.resources.map(({ identifier }) => identifier),
    notes: seed.notes.map((entry) => entry.id),
    ledger: seed.ledger.map((entry) => entry.id),
  }
  return Object.entries(names).flatMap(([section, list]) =>
    list.flatMap((name, index) =>
      list.indexOf(name) < index
        ? [{ path: [section, index], says: `is "${name}" for the second time` }]
        : [],
    ),
  )
}

/** A client's own tokens carry its id as `sub`, so it must not be a person's (RFC 9068 §5). */
function mistakable(seed: Parsed): Found[] {
  const people = new Set(seed.people.map(({ login }) => login))
  return seed.clients.flatMap(({ client_id }, index) =>
    people.has(client_id)
      ? [{ path: ['clients', index], says: `is "${client_id}", and that is a person` }]
      : [],
  )
}

/** References to people, resources and scopes that the file does not have: a slip of the pen, most likely. */
function strangers(seed: Parsed): Found[] {
  const people = new Set(seed.people.map(({ login }) => login))
  const resources = new Set(seed.resources.map(({ identifier }) => identifier))
  const scopes = new Set(seed.resources.flatMap((entry) => Object.keys(entry.scopes)))
  const nobody = (path: PropertyKey[], login: string): Found[] =>
    people.has(login) ? [] : [{ path, says: `is "${login}", and there is no such person` }]

  return [
    ...seed.notes.flatMap((entry, index) => [
      ...nobody(['notes', index, 'owner'], entry.owner),
      ...entry.shared_with.flatMap((sub, at) => nobody(['notes', index, 'shared_with', at], sub)),
    ]),
    ...seed.ledger.flatMap((entry, index) => nobody(['ledger', index, 'owner'], entry.owner)),
    ...seed.clients.flatMap((entry, index) => {
      const listed = (part: unknown, name: string): unknown[] => {
        const value = (part as Record<string, unknown> | undefined)?.[name]
        return Array.isArray(value) ? value : []
      }
      const named = (list: unknown[], path: PropertyKey[]): Found[] =>
        list.flatMap((name, at) =>
          typeof name !== 'string' || resources.has(name)
            ? []
            : [
                {
                  path: ['clients', index, ...path, at],
                  says: `is "${name}", and there is no such resource`,
                },
              ],
        )
      const wanted = entry['resource_scopes']
      const unknown = (typeof wanted === 'string' ? wanted.split(' ') : []).filter(
        (scope) => !scopes.has(scope),
      )
      return [
        ...named(listed(entry, 'audiences'), ['audiences']),
        ...named(listed(entry['token_exchange'], 'audiences'), ['token_exchange', 'audiences']),
        ...unknown.map((scope): Found => ({
          path: ['clients', index, 'resource_scopes'],
          says: `has "${scope}", and no resource has this scope`,
        })),
      ]
    }),
  ]
}
