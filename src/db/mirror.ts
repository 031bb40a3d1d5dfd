/** Rows that a process remembers, and catches up with whenever the revision says that something has changed. */
import type { Revision } from './revision.ts'

/**
 * Returns a function that resolves with what is remembered, as committed at some moment after the call; it rejects
 * when the database is out of reach. While nothing changes, that costs the read of the revision and no more.
 *
 * `load` takes up what was written after revision `since`. It runs once at a time, and after a failure again with
 * the same `since`, so it may meet a row twice.
 */
export function createMirror<T>(parts: {
  revision: Pick<Revision, 'current'>
  empty: () => T
  load: (remembered: T, since: number) => Promise<void>
}): () => Promise<T> {
  const { revision, empty, load } = parts
  const nothing = (): Memory<T> => ({ revision: -1, remembered: empty() })
  let memory = nothing()

  async function catchUp(known: Memory<T>, current: number): Promise<void> {
    await load(known.remembered, known.revision)
    // Not the highest revision among the rows: one more may have been committed meanwhile, to be loaded next time.
    known.revision = current
  }

  return async function caughtUp() {
    const current = await revision.current()
    // Counted backwards: the database was replaced, and what is remembered belongs to another one.
    if (current < memory.revision) memory = nothing()
    const known = memory
    while (known.revision < current) {
      known.loading ??= catchUp(known, current).finally(() => (known.loading = undefined))
      await known.loading
    }
    return known.remembered
  }
}

type Memory<T> = { revision: number; remembered: T; loading?: Promise<void> | undefined }
