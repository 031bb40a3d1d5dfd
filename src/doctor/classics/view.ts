/** What a classic mistake is recognised by, and what is said of it. */
import type { Finding } from '../../resource/checks.ts'
import type { Facts } from '../../resource/facts.ts'

export type FailedFinding = Extract<Finding, { outcome: 'failed' }>

export type View = {
  facts: Facts
  issuer: string
  /** In the order of the list. */
  failed: readonly FailedFinding[]
  /** Identifiers of the protected APIs here. */
  resources: readonly string[]
  /** What the authorization server says a text without dots is; known only of what was pasted. */
  kind?: string | undefined
  /** A pasted command or request goes through a proxy. */
  proxied?: boolean | undefined
}

export type Remark = {
  says: string
  /** The catalogue's unless given. */
  fix?: string
  /** In the place of the evidence, where that is a number nobody can read. */
  expected?: string
  found?: string
}

export type Classic = {
  /** Names of the checks it may explain; absent: whichever failed first. */
  readonly on?: readonly string[]
  readonly look: (view: View) => Remark | undefined
}
