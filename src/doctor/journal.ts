/** The last refusals by request id, with their evidence and never a usable token: what the doctor judges later. */
import type { RefusalId } from '../refusals/catalogue.ts'
import type { Evidence } from '../refusals/refusal.ts'
import type { Facts } from '../resource/facts.ts'
import type { PasswordFacts } from '../resource/password-guard.ts'

export type JournalEntry = {
  requestId: string
  /** Milliseconds since the epoch. */
  at: number
  method: string
  /** Without the query. */
  path: string
  id: RefusalId
  evidence: Evidence
  /** What the API's checks judged by, where the API's list refused. */
  facts?: Facts
  /** The same where the list of Basic or Digest refused; its `scheme` tells which. */
  passwordFacts?: PasswordFacts
}

export type Journal = {
  /** Keeps an entry, or adds to the one of the same request. */
  record(entry: Omit<JournalEntry, 'at'>): void
  find(requestId: string): JournalEntry | undefined
}

/** So many refusals are kept; the oldest go first. */
export const JOURNAL_LENGTH = 1000

export function createJournal({ clock }: { clock: { now(): number } }): Journal {
  const entries = new Map<string, JournalEntry>()
  return {
    record(entry) {
      const before = entries.get(entry.requestId)
      entries.set(entry.requestId, { at: clock.now(), ...before, ...entry })
      if (entries.size <= JOURNAL_LENGTH) return
      const [oldest] = entries.keys()
      if (oldest !== undefined) entries.delete(oldest)
    },
    find: (requestId) => entries.get(requestId),
  }
}
