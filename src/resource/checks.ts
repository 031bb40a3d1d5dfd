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
import { isDpop } from './credentials.ts'
import { authenticationAge, authenticationLevel, tokenScope } from './permission.ts'
import {
  oneProof,
  proofAddress,
  proofClaims,
  proofHeader,
  proofKey,
  proofMethod,
  proofNonce,
  proofSignature,
  proofStructure,
  proofTime,
  proofToken,
  proofUsedOnce,
  tokenBinding,
} from './proof-checks.ts'
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
  /** Undefined: for tokens of either format. */
  readonly format: Wanted['format'] | undefined
  /** Only for calls with the scheme DPoP. */
  readonly withProof: boolean
  /** The facts it judges by; it is never run without them. */
  readonly needs: readonly FactName[]
  /** Pure. */
  run(facts: Facts): Verdict
}

/**
 * Order: what was sent, then the token from the outside in, then its proof, then what it allows. Nothing that a claim
 * says counts before the signature. Where token and proof are both bad the token is told, as a new token needs a
 * new proof anyway.
 */
const checks: readonly Check[] = [
  check('one set of credentials', ['authorization'], oneSetOfCredentials),
  check('credentials syntax', ['authorization'], credentialsSyntax),
  check('known scheme', ['authorization'], knownScheme),
  check('one place', ['authorization', 'elsewhere'], onePlace),
  check('credentials present', ['authorization', 'elsewhere'], credentialsPresent),
  proofCheck('one proof', ['proofs'], oneProof),

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
  check('binding', ['claims', 'authorization', 'certificate'], tokenBinding),
  check('claims', ['claims', 'repeatedClaims'], requiredClaims, 'jwt'),
  check('introspected claims', ['claims'], introspectedClaims, 'opaque'),
  check('standing', ['standing'], tokenStanding),

  proofCheck('proof structure', ['proofStructure'], proofStructure),
  proofCheck('proof header', ['proofHeader', 'proofKey'], proofHeader),
  proofCheck('proof signature', ['proofSignature'], proofSignature),
  proofCheck('proof claims', ['proofClaims', 'repeatedProofClaims'], proofClaims),
  proofCheck('proof method', ['proofClaims', 'request'], proofMethod),
  proofCheck('proof address', ['proofClaims', 'request'], proofAddress),
  proofCheck('proof of this token', ['proofClaims', 'tokenHash'], proofToken),
  proofCheck('proof key', ['proofKey', 'claims'], proofKey),
  proofCheck('proof nonce', ['nonce'], proofNonce),
  proofCheck('proof time', ['proofClaims', 'nonce'], proofTime),

  check('authentication level', ['claims'], authenticationLevel),
  check('authentication age', ['claims', 'age'], authenticationAge),
  check('scope', ['claims'], tokenScope),
]

/**
 * Judges what the guard did when all of the list had passed: it remembered the proof. Beside the list, as to gather this
 * fact has an effect; once it is a fact it is judged like any other.
 */
export const afterwards: Check = proofCheck(
  'proof used once',
  ['proofUse', 'proofClaims'],
  proofUsedOnce,
)

const lists = {
  jwt: checks.filter(({ format }) => format !== 'opaque'),
  opaque: checks.filter(({ format }) => format !== 'jwt'),
} satisfies Record<Wanted['format'], readonly Check[]>

/** What is left of each where the call needs no proof. */
const listsWithoutProof = {
  jwt: lists.jwt.filter(({ withProof }) => !withProof),
  opaque: lists.opaque.filter(({ withProof }) => !withProof),
} satisfies typeof lists

/** `withProof`: for a call with the scheme DPoP. */
export const checksFor = (format: Wanted['format'], withProof: boolean): readonly Check[] =>
  (withProof ? lists : listsWithoutProof)[format]

export type Finding =
  | { check: string; outcome: 'passed' }
  | { check: string; outcome: 'failed'; id: RefusalId; evidence: Evidence }
  /** A fact it needs is not there: it was not gathered, or an earlier failure leaves nothing to judge. */
  | { check: string; outcome: 'not judged'; lacks: readonly string[] }

/**
 * Runs the list, and what comes afterwards, over facts as they stand. With `stopAtFirst` the last finding is the first
 * failure. Checks on a proof are left out where the call is not known to need one.
 */
export function runChecks(facts: Facts, { stopAtFirst = false } = {}): Finding[] {
  const findings: Finding[] = []
  const withProof = isDpop(facts.authorization)
  const list = checksFor(facts.wanted.format, withProof)
  for (const check of withProof ? [...list, afterwards] : list) {
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
  return { name, needs, run, format, withProof: false }
}

function proofCheck<Name extends FactName>(...args: Parameters<typeof check<Name>>): Check {
  return { ...check(...args), withProof: true }
}
