/**
 * The ordered list of everything a call to a protected API must pass, for the guard to stop at and
 * for others to run to its end.
 */
import type { RefusalId } from '../refusals/catalogue.ts'
import type { Evidence } from '../refusals/refusal.ts'
import {
  credentialsPresent,
  credentialsSyntax,
  knownScheme,
  onePlace,
  oneSetOfCredentials,
} from './credential-checks.ts'
import type { FactName, Facts, Wanted } from './facts.ts'
import { tokenScope } from './permission.ts'
import {
  criticalHeaders,
  introspectedClaims,
  introspectedType,
  requiredClaims,
  signingKey,
  tokenActive,
  tokenAlgorithm,
  tokenAudience,
  tokenIssuer,
  tokenSignature,
  tokenStanding,
  tokenStructure,
  tokenTime,
  tokenType,
} from './token-checks.ts'
import type { Verdict } from './verdict.ts'

export type Check = {
  readonly name: string
  /** Absent: for tokens of either format. */
  readonly format?: Wanted['format']
  /** The facts it judges by; it is never run without them. */
  readonly needs: readonly FactName[]
  /** Pure. */
  run(facts: Facts): Verdict
}

/** Order: what was sent, then the token from the outside in; nothing that a claim says counts before the signature. */
const checks: readonly Check[] = [
  check('one set of credentials', ['authorization'], oneSetOfCredentials),
  check('credentials syntax', ['authorization'], credentialsSyntax),
  check('known scheme', ['authorization'], knownScheme),
  check('one place', ['authorization', 'elsewhere'], onePlace),
  check('credentials present', ['authorization', 'elsewhere'], credentialsPresent),

  check('structure', ['structure'], tokenStructure, 'jwt'),
  check('algorithm', ['header'], tokenAlgorithm, 'jwt'),
  check('critical headers', ['header'], criticalHeaders, 'jwt'),
  check('issuer', ['claims'], tokenIssuer, 'jwt'),
  check('key', ['key', 'header'], signingKey, 'jwt'),
  check('signature', ['signature'], tokenSignature, 'jwt'),
  check('type', ['header'], tokenType, 'jwt'),

  check('active', ['introspection'], tokenActive, 'opaque'),
  check('introspected type', ['claims'], introspectedType, 'opaque'),

  check('audience', ['claims'], tokenAudience),
  check('time', ['claims', 'age'], tokenTime),
  check('claims', ['claims', 'repeatedClaims'], requiredClaims, 'jwt'),
  check('introspected claims', ['claims'], introspectedClaims, 'opaque'),
  check('standing', ['standing'], tokenStanding),
  check('scope', ['claims'], tokenScope),
]

const lists = {
  jwt: checks.filter(({ format }) => format !== 'opaque'),
  opaque: checks.filter(({ format }) => format !== 'jwt'),
} satisfies Record<Wanted['format'], readonly Check[]>

export const checksFor = (format: Wanted['format']): readonly Check[] => lists[format]

export type Finding =
  | { check: string; outcome: 'passed' }
  | { check: string; outcome: 'failed'; id: RefusalId; evidence: Evidence }
  /** A fact it needs is not there: it was not gathered, or an earlier failure leaves nothing to judge. */
  | { check: string; outcome: 'not judged'; lacks: readonly FactName[] }

/** Runs the list over facts as they stand. With `stopAtFirst` the last finding is the first failure. */
export function runChecks(facts: Facts, { stopAtFirst = false } = {}): Finding[] {
  const findings: Finding[] = []
  for (const check of checksFor(facts.wanted.format)) {
    const lacks = check.needs.filter((name) => facts[name] === undefined)
    if (lacks.length > 0) {
      findings.push({ check: check.name, outcome: 'not judged', lacks })
      continue
    }
    const verdict = check.run(facts)
    findings.push({ check: check.name, ...verdict })
    if (stopAtFirst && verdict.outcome === 'failed') break
  }
  return findings
}

/** A check as it is written: a function of exactly the facts it needs. */
function check<Name extends FactName>(
  name: string,
  needs: readonly Name[],
  run: (facts: Facts & { [N in Name]: Exclude<Facts[N], undefined> }) => Verdict,
  format?: Wanted['format'],
): Check {
  return { name, needs, run, ...(format && { format }) }
}
