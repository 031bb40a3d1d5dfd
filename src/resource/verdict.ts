/** What a check says: passed, or failed with the id of a refusal and its evidence. */
import type { RefusalId } from '../refusals/catalogue.ts'
import type { Evidence } from '../refusals/refusal.ts'

export type Passed = { readonly outcome: 'passed' }
export type Failed = {
  readonly outcome: 'failed'
  readonly id: RefusalId
  readonly evidence: Evidence
}
export type Verdict = Passed | Failed

export const passed: Passed = Object.freeze({ outcome: 'passed' })

export const failed = (id: RefusalId, evidence: Evidence): Failed => ({
  outcome: 'failed',
  id,
  evidence,
})
