/** A command that was called wrongly. */

/** One sentence; the exit code is 2. */
export class UsageFault extends Error {
  override readonly name = 'UsageFault'
}
