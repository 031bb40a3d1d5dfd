/** A refusal on its way: an id of the catalogue, and the evidence. */
import type { RefusalId } from './catalogue.ts'

/** Usually `{ check, expected, found }`. For the developer: never on the wire, and never a secret in it. */
export type Evidence = Readonly<Record<string, unknown>>

export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly id: RefusalId
  readonly evidence: Evidence
  /** Fields of this answer besides those of the row, such as `Allow`. */
  readonly headers: Readonly<Record<string, string>>
  /** Members of the problem besides those that each has (RFC 9457 §3.2). These do go on the wire. */
  readonly members: Readonly<Record<string, unknown>>

  constructor(
    id: RefusalId,
    evidence: Evidence = {},
    headers: Record<string, string> = {},
    members: Record<string, unknown> = {},
  ) {
    // A refusal is an answer, not a fault: the evidence says why, and a stack costs more than all checks together.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(id)
    Error.stackTraceLimit = stackTraceLimit
    this.id = id
    this.evidence = evidence
    this.headers = headers
    this.members = members
  }
}

/** Throws `Refusal`. Status, code, challenge and texts come from the catalogue. */
export function refuse(
  id: RefusalId,
  evidence?: Evidence,
  headers?: Record<string, string>,
  members?: Record<string, unknown>,
): never {
  throw new Refusal(id, evidence, headers, members)
}
