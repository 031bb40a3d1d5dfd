/** What migrating asks of a provider. */
import type { AppliedMigration, Migration } from './history.ts'

/** A connection of its own, used by nobody else. */
export type MigrationConnection = {
  /** The book-keeping, or undefined when there is none. */
  history(): Promise<AppliedMigration[] | undefined>
  hasTables(): Promise<boolean>
  /** Begins a transaction that holds every other process back from migrating. */
  begin(): Promise<void>
  rollback(): Promise<void>
  /** Runs the migration in the transaction that was begun, enters it in the book-keeping, and commits. */
  apply(migration: Migration): Promise<void>
  close(): Promise<void>
}
