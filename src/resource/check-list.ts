/** Ordered lists of checks over facts of any kind: a verifier stops at the first failure, others run a list to its end. */
import { failed } from './verdict.ts'
import type { Failed, Verdict } from './verdict.ts'

/** Facts that are gathered are undefined until then. */
type Gathered<Facts> = {
  [Name in keyof Facts]-?: undefined extends Facts[Name] ? Name : never
}[keyof Facts] &
  string

export type CheckOn<Facts> = {
  readonly name: string
  /** The facts it judges by; it is never run without them. */
  readonly needs: readonly Gathered<Facts>[]
  /** Pure. */
  run(facts: Facts): Verdict
}

export type FindingOn<Facts> =
  | ({ check: string } & Verdict)
  /** It was not gathered, or an earlier failure leaves nothing to judge. */
  | { check: string; outcome: 'not judged'; lacks: readonly Gathered<Facts>[] }

/** How each fact is found out, without ever refusing. Undefined: it cannot be known. */
export type GatherOn<Facts> = {
  readonly [Name in Gathered<Facts>]: () => Facts[Name] | Promise<Facts[Name]>
}

/** Writes the checks of a list, each as a function of exactly the facts it needs. */
export const checkOn =
  <Facts>() =>
  <Name extends Gathered<Facts>>(
    name: string,
    needs: readonly Name[],
    run: (facts: Facts & { [N in Name]: Exclude<Facts[N], undefined> }) => Verdict,
  ): CheckOn<Facts> => ({ name, needs, run })

/** The whole list over facts as they stand. */
export const findingsOn = <Facts>(
  checks: readonly CheckOn<Facts>[],
  facts: Facts,
): FindingOn<Facts>[] =>
  checks.map((check) => {
    const lacks = check.needs.filter((fact) => facts[fact] === undefined)
    if (lacks.length > 0) return { check: check.name, outcome: 'not judged', lacks }
    return { check: check.name, ...check.run(facts) }
  })

/** Gathers what each check asks for, and stops at the first that fails. Undefined when all passed. */
export async function firstFailure<Facts>(
  checks: readonly CheckOn<Facts>[],
  facts: Facts,
  gather: GatherOn<Facts>,
): Promise<Failed | undefined> {
  for (const check of checks) {
    for (const fact of check.needs) {
      if (facts[fact] !== undefined) continue
      facts[fact] = await gather[fact]()
      // Where one cannot be known, an earlier check had to fail.
      if (facts[fact] === undefined) throw new Error(`The fact "${fact}" is not known`)
    }
    const verdict = check.run(facts)
    if (verdict.outcome === 'failed') {
      return failed(verdict.id, { check: check.name, ...verdict.evidence })
    }
  }
  return undefined
}
