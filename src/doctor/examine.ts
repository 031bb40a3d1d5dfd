/** A remembered refusal explained: the list it came of, run to its end, or the steps up to the one that failed. */
import { rowOf, type RefusalId } from '../refusals/catalogue.ts'
import type { Finding } from '../resource/checks.ts'
import type { Facts } from '../resource/facts.ts'
import { remarksOn } from './classics.ts'
import type { FailedFinding, View } from './classics/view.ts'
import { diagnosis, notReached, passed, refused } from './diagnosis.ts'
import type { CheckResult, Diagnosis } from './diagnosis.ts'
import type { JournalEntry } from './journal.ts'
import { runList } from './lists.ts'
import { adviceFor } from './next.ts'
import type { Kit } from './next/kit.ts'
import { seenBy } from './seen.ts'
import { stepsFor } from './steps.ts'
import { dateInWords } from './words.ts'

export type ExamineParts = {
  issuer: string
  /** Identifiers of the protected APIs. */
  resources: readonly string[]
  kit: Kit
}

export async function examine(entry: JournalEntry, parts: ExamineParts): Promise<Diagnosis> {
  const { id, method, path, evidence, judged, retryAfter } = entry
  const { issuer, resources, kit } = parts
  const checks = judged
    ? judgedChecks(entry, runList(judged), { issuer, resources })
    : stepChecks(entry)
  const facts = judged?.list === 'token' ? judged.facts : undefined
  const clientId = typeof evidence.client_id === 'string' ? evidence.client_id : undefined
  const advice = await adviceFor({ id, method, path, retryAfter, clientId, ...knownOf(facts) }, kit)
  return diagnosis(subjectOf(entry, facts), checks, advice)
}

/** What advice needs of the facts. What a token says counts only where its signature does. */
export function knownOf(facts: Facts | undefined) {
  if (!facts) return {}
  const { wanted } = facts
  const { acr, maxAge } = wanted
  return {
    claims: isProven(facts) ? facts.claims : undefined,
    scopes: wanted.scopes,
    audience: wanted.audience,
    acr,
    maxAge,
  }
}

export const isProven = ({ signature, introspection }: Facts): boolean =>
  signature === 'valid' || introspection?.outcome === 'active'

/** The findings of a list as checks. */
export function checksOf(
  findings: readonly Finding[],
  facts: Facts | undefined,
  view: Omit<View, 'facts' | 'failed'>,
): CheckResult[] {
  const failed = findings.filter((one): one is FailedFinding => one.outcome === 'failed')
  const remarks = facts ? remarksOn({ ...view, facts, failed }) : new Map<string, never>()
  return findings.map((finding) => {
    const { check } = finding
    switch (finding.outcome) {
      case 'passed':
        return passed(check, facts && seenBy(check, facts))
      case 'not judged':
        return notReached(check)
      case 'failed':
        return refused(check, finding.id, finding.evidence, remarks.get(check))
    }
  })
}

/**
 * What the guard found is always the first that failed. A refusal from outside of the list stands at its end; where
 * the kept facts would have led to another one first, before that.
 */
function judgedChecks(
  { id, evidence, judged }: JournalEntry,
  findings: readonly Finding[],
  view: Omit<View, 'facts' | 'failed'>,
): CheckResult[] {
  const facts = judged?.list === 'token' ? judged.facts : undefined
  const checks = checksOf(findings, facts, view)
  const at = checks.findIndex(({ outcome }) => outcome === 'failed')
  if (checks[at]?.refusal === id) return checks
  const own = refused(nameOf(evidence, id), id, evidence)
  return at === -1 ? [...checks, own] : checks.toSpliced(at, 0, own)
}

/** The steps of whoever refuses so, up to the one that failed. */
export function stepChecks({
  id,
  path,
  evidence,
}: Pick<JournalEntry, 'id' | 'path' | 'evidence'>): CheckResult[] {
  const steps = stepsFor(id, path)
  const at = steps.findIndex(({ refuses }) => refuses.includes(id))
  if (at === -1) return [refused(nameOf(evidence, id), id, evidence)]
  return steps.map(({ name }, index) => {
    if (index < at) return passed(name)
    return index === at ? refused(name, id, evidence) : notReached(name)
  })
}

const nameOf = ({ check }: JournalEntry['evidence'], id: RefusalId): string =>
  typeof check === 'string' ? check : id

function subjectOf({ id, method, path, at }: JournalEntry, facts: Facts | undefined): string {
  const request = method === '' ? 'A request that could not be read' : `${method} ${path}`
  const { client_id, sub } = (facts && isProven(facts) && facts.claims) || {}
  const whose = typeof client_id === 'string' ? `, with a token of ${client_id}` : ''
  const forWhom = whose !== '' && typeof sub === 'string' && sub !== client_id ? ` for ${sub}` : ''
  return `${request}${whose}${forWhom}${whose === '' ? '' : ','} ${answeredWith(id)} at ${dateInWords(at / 1000)}.`
}

function answeredWith(id: RefusalId): string {
  const { status, error } = rowOf(id)
  if (status === 303) return `was sent back to the app with the error ${error ?? id}`
  return status < 300 ? `was answered with ${status}` : `was refused with ${status}`
}
