/** An error about the database that is told to the person who starts the server. */

export type DatabaseFaultKind =
  'address' | 'unreachable' | 'unreadable' | 'foreign' | 'damaged' | 'migration'

/** The message is meant to be shown as it is, without the stack; it never holds a password. */
export class DatabaseFault extends Error {
  override readonly name: string = 'DatabaseFault'
  readonly kind: DatabaseFaultKind

  constructor(kind: DatabaseFaultKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

/** The migrations on disk and those in the database do not go together, or one of them failed. */
export class MigrationFault extends DatabaseFault {
  override readonly name = 'MigrationFault'

  constructor(message: string, options?: ErrorOptions) {
    super('migration', message, options)
  }
}
