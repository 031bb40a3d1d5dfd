/** What the doctor says: the checks in their order, what failed, and what to do next. */
import { rowOf, type RefusalId } from '../refusals/catalogue.ts'
import type { Evidence } from '../refusals/refusal.ts'
import { briefly } from './words.ts'

export type CheckResult = {
  name: string
  outcome: 'passed' | 'failed' | 'not-reached'
  /** What is wrong, in a plain sentence. */
  says?: string
  expected?: unknown
  found?: unknown
  refusal?: RefusalId
  fix?: string
}

/** Something to do, and the command, or the address, to copy for it. */
export type Advice = { says: string; command: string }

/** A parameter of a challenge, explained (RFC 9110 §11.2). */
export type ExplainedParameter = {
  name: string
  value: string
  meaning: string
  /** What the client does with it. */
  client: string
  source: string
}

export type ExplainedChallenge = {
  scheme: string
  meaning: string
  source: string
  parameters: ExplainedParameter[]
}

export type Diagnosis = {
  /** One sentence on what was looked at. */
  subject: string
  checks: CheckResult[]
  /** Of the first check that failed. */
  refusal?: RefusalId
  /** The commands of `advice`. */
  next: string[]
  advice: Advice[]
  /** Where a challenge was looked at. */
  challenges?: ExplainedChallenge[]
}

export const passed = (name: string, seen: Evidence = {}): CheckResult => ({
  name,
  outcome: 'passed',
  ...shown(seen),
})

export const notReached = (name: string): CheckResult => ({ name, outcome: 'not-reached' })

/** A check that a refusal of the catalogue came of. `says` and `fix` are the catalogue's unless given. */
export function refused(
  name: string,
  id: RefusalId,
  evidence: Evidence,
  remark: { says?: string; fix?: string; expected?: string; found?: string } = {},
): CheckResult {
  const row = rowOf(id)
  const { says, fix, ...readable } = remark
  return {
    name,
    outcome: 'failed',
    says: says ?? row.cause,
    ...shown(evidence),
    ...readable,
    refusal: id,
    fix: fix ?? row.fix,
  }
}

/** A mistake that no refusal of this server stands for. */
export const wrong = (
  name: string,
  says: string,
  fix: string,
  evidence: Evidence = {},
): CheckResult => ({ name, outcome: 'failed', says, ...shown(evidence), fix })

/** Evidence is `expected` and `found`, and of which claim; where it has neither, all there is counts as found. */
function shown(evidence: Evidence): Pick<CheckResult, 'expected' | 'found'> {
  const { check, claim, expected, found, ...others } = evidence
  const seen = found ?? (expected === undefined ? others : 'nothing')
  const named = typeof claim === 'string' ? { [claim]: seen } : seen
  const isEmpty = typeof seen === 'object' && Object.keys(seen).length === 0
  return {
    ...(expected !== undefined && { expected: briefly(expected) }),
    ...(!(isEmpty && found === undefined) && { found: briefly(named) }),
  }
}

export function diagnosis(
  subject: string,
  checks: CheckResult[],
  advice: Advice[],
  challenges?: ExplainedChallenge[],
): Diagnosis {
  const refusal = firstRefusal(checks)
  return {
    subject,
    checks,
    ...(refusal !== undefined && { refusal }),
    next: advice.map(({ command }) => command),
    advice,
    ...(challenges && { challenges }),
  }
}

export const firstFailed = (checks: readonly CheckResult[]): CheckResult | undefined =>
  checks.find(({ outcome }) => outcome === 'failed')

export const firstRefusal = (checks: readonly CheckResult[]): RefusalId | undefined =>
  checks.find(({ outcome, refusal }) => outcome === 'failed' && refusal !== undefined)?.refusal
