/** A refusal that was answered, as the journal keeps it. */
import { rowOf } from '../../refusals/catalogue.ts'
import type { RefusalReport } from '../../refusals/respond.ts'
import type { JournalRecord } from '../journal.ts'
import type { Judged } from '../lists.ts'

export function recordOf(report: RefusalReport): JournalRecord {
  const { requestId, id, evidence, method, path, headers, state } = report
  const retryAfter = headers['Retry-After'] ?? rowOf(id).headers?.['Retry-After']
  return {
    requestId,
    id,
    evidence,
    method,
    path,
    judged: state['judged'] as Judged | undefined,
    retryAfter: retryAfter === undefined ? undefined : Number(retryAfter),
  }
}
