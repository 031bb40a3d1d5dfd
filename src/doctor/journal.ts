/** The last refusals by request id, with their evidence and never a usable token: what the doctor judges later. */
import type { RefusalId } from '../refusals/catalogue.ts'
import type { Evidence } from '../refusals/refusal.ts'
import { keepable } from './journal/keepable.ts'
import type { Judged } from './lists.ts'

export type JournalEntry = {
  requestId: string
  /** Milliseconds since the epoch. */
  at: number
  /** Empty where the request could not be read. */
  method: string
  /** Without the query. */
  path: string
  id: RefusalId
  evidence: Evidence
  /** What the API's checks judged by, where they were asked. */
  judged?: Judged
  /** Seconds, where the answer named them. */
  retryAfter?: number
}

export type JournalRecord = Omit<JournalEntry, 'at' | 'judged' | 'retryAfter'> & {
  judged?: Judged | undefined
  retryAfter?: number | undefined
}

export type Journal = {
  /** Keeps an entry, or adds to the one of the same request: the newest refusal counts, and nothing known is lost. */
  record(entry: JournalRecord): void
  find(requestId: string): JournalEntry | undefined
}

/** So many refusals are kept; the oldest go first. */
export const JOURNAL_LENGTH = 1000

export function createJournal({ clock }: { clock: { now(): number } }): Journal {
  const entries = new Map<string, JournalEntry>()
  return {
    record(entry) {
      const before = entries.get(entry.requestId)
      const added = keepable(entry)
      entries.set(
        entry.requestId,
        before ? merge(before, added) : { at: clock.now(), ...known(added) },
      )
      if (entries.size <= JOURNAL_LENGTH) return
      const [oldest] = entries.keys()
      if (oldest !== undefined) entries.delete(oldest)
    },
    find: (requestId) => entries.get(requestId),
  }
}

function merge(before: JournalEntry, added: JournalRecord): JournalEntry {
  const { method, path, id, evidence, ...rest } = known(added)
  return {
    ...before,
    ...rest,
    id,
    method: method || before.method,
    path: path || before.path,
    // Evidence for another refusal would only mislead.
    evidence: id === before.id ? { ...before.evidence, ...evidence } : evidence,
  }
}

/** Without the members that are undefined. */
function known({ judged, retryAfter, ...rest }: JournalRecord): Omit<JournalEntry, 'at'> {
  return {
    ...rest,
    ...(judged !== undefined && { judged }),
    ...(retryAfter !== undefined && { retryAfter }),
  }
}
