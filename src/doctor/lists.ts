/** The lists of checks that the doctor runs to their end, each with the kind of facts it judges by. */
import { basicChecks } from '../resource/basic.ts'
import type { BasicFacts } from '../resource/basic/facts.ts'
import { findingsOn } from '../resource/check-list.ts'
import { runChecks } from '../resource/checks.ts'
import type { Finding } from '../resource/checks.ts'
import { digestChecks } from '../resource/digest/checks.ts'
import type { DigestFacts } from '../resource/digest/facts.ts'
import type { Facts } from '../resource/facts.ts'

/** What each list judges by. A further list has a line here and one in the table below. */
type FactsByList = { token: Facts; basic: BasicFacts; digest: DigestFacts }

export type ListName = keyof FactsByList

/** What a request was judged by, as whoever judged it leaves it in `ctx.state.judged`. */
export type Judged = { [Name in ListName]: { list: Name; facts: FactsByList[Name] } }[ListName]

type Run = { [Name in ListName]: (facts: FactsByList[Name]) => readonly Finding[] }

const lists: Run = {
  token: (facts) => runChecks(facts),
  basic: (facts) => findingsOn(basicChecks, facts),
  digest: (facts) => findingsOn(digestChecks, facts),
}

export const runList = ({ list, facts }: Judged): readonly Finding[] => lists[list](facts as never)
