/** What the seed file asks of the database, decided entry by entry; changes made by hand win. */
import type { Transaction } from '../../db/client.ts'
import type { Secrets } from '../../lib/secrets.ts'
import type { SeedFile } from './file.ts'
import {
  canonicalJson,
  clients,
  ledger,
  notes,
  people,
  resources,
  rowFingerprint,
} from './kinds.ts'
import type { SeedKind } from './kinds.ts'

/** In the order in which they are written. */
export const seedKinds = {
  resource: { ...resources, section: 'resources', inProduction: true },
  person: { ...people, section: 'people', inProduction: false },
  client: { ...clients, section: 'clients', inProduction: false },
  note: { ...notes, section: 'notes', inProduction: false },
  'ledger entry': { ...ledger, section: 'ledger', inProduction: false },
} as const satisfies Record<
  string,
  // Each kind understands its own section's entries.
  SeedKind<never> & { section: keyof SeedFile; inProduction: boolean }
>

export type SeedKindName = keyof typeof seedKinds

export const seedKindNames = Object.keys(seedKinds) as SeedKindName[]

export type Step = {
  kind: SeedKindName
  id: string
  /** write: (over)write the row · keep: changed by hand · remove: gone from the file · forget: gone from both */
  action: 'write' | 'keep' | 'remove' | 'disown' | 'forget'
  entry?: object
  /** The entry's fingerprint. */
  mark?: string
  /** The entry says what it said; only more is made of it. */
  sameEntry?: boolean
}

/** The fingerprints of one entry when it was loaded: as it stood in the file, and the row it made. */
export type Loaded = { kind: string; id: string; entry: string; row: string }

export type EntryMark = {
  kind: SeedKindName
  id: string
  entry: object
  mark: string
  /** What `mark` was for the same entry in earlier formats of its kind. */
  olderMarks: readonly string[]
}

/**
 * The entries of the file with their fingerprints. These are keyed: an entry holds a password, and a plain hash
 * of it would be quicker to guess from than the password's own. With another master secret all entries
 * look new, which is right: clients' secrets have to be written again.
 */
export function markEntries(
  seed: SeedFile,
  profile: 'local' | 'production',
  secrets: Secrets,
): EntryMark[] {
  return seedKindNames.flatMap((kind) => {
    const { section, inProduction, idOf } = seedKinds[kind]
    if (profile === 'production' && !inProduction) return []
    return seed[section].map((entry) => {
      const [mark = '', ...olderMarks] = formats(kind).map((format) =>
        secrets.mac('seed-entry', `${format}${canonicalJson(entry)}`),
      )
      return { kind, id: idOf(entry as never), entry, mark, olderMarks }
    })
  })
}

/** Newest first. The first format had no name. */
function formats(kind: SeedKindName): string[] {
  const { format = 1 }: SeedKind<never> = seedKinds[kind]
  return Array.from({ length: format }, (_, at) => (at === 0 ? '' : `${at + 1} `)).reverse()
}

const keyOf = ({ kind, id }: { kind: string; id: string }) => `${kind} ${id}`

/** What there is to do; reads rows only where the file and what was loaded from it differ. */
export async function planSeed(
  tx: Transaction,
  marks: readonly EntryMark[],
  loaded: readonly Loaded[],
  profile: 'local' | 'production',
): Promise<Step[]> {
  const loadedBy = new Map(loaded.map((row) => [keyOf(row), row]))
  const inFile = new Set(marks.map(keyOf))
  const steps: Step[] = []

  for (const kind of seedKindNames) {
    const differing = marks.filter(
      (entry) => entry.kind === kind && loadedBy.get(keyOf(entry))?.entry !== entry.mark,
    )
    const gone = loaded.filter((row) => row.kind === kind && !inFile.has(keyOf(row)))
    if (differing.length + gone.length === 0) continue

    const rows = await seedKinds[kind].rows(
      tx,
      [...differing, ...gone].map(({ id }) => id),
    )
    const isUntouched = (id: string, before: Loaded | undefined) => {
      const row = rows.get(id)
      return before ? row !== undefined && rowFingerprint(row) === before.row : row === undefined
    }
    for (const { id, entry, mark, olderMarks } of differing) {
      const before = loadedBy.get(keyOf({ kind, id }))
      const untouched = isUntouched(id, before)
      const sameEntry = before !== undefined && olderMarks.includes(before.entry)
      // A row changed by hand is named when the file asks for something else now, and here it does not.
      if (sameEntry && !untouched) continue
      steps.push({ kind, id, action: untouched ? 'write' : 'keep', entry, mark, sameEntry })
    }
    for (const before of gone) {
      const { id } = before
      // Nobody whose password is public stays in production, whatever else was changed about them.
      const must = profile === 'production' && !seedKinds[kind].inProduction
      if (!rows.has(id)) steps.push({ kind, id, action: 'forget' })
      else steps.push({ kind, id, action: must || isUntouched(id, before) ? 'remove' : 'disown' })
    }
  }
  return steps
}
