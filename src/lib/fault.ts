/** What stops a start: clear sentences for the person who started it, all of them at once. */

/** Carries one sentence a fault. The command line prints them without a stack and exits with 1. */
export class StartFault extends Error {
  readonly faults: readonly string[]

  constructor(faults: readonly string[], options?: ErrorOptions) {
    super(faults.join('\n'), options)
    this.name = new.target.name
    this.faults = faults
  }
}
