/** A pasted challenge, explained parameter by parameter and held against the rules (RFC 9110 §11, RFC 6750 §3). */
import { parseChallenges } from '../lib/http-auth.ts'
import type { Challenge } from '../lib/http-auth.ts'
import { errorWords, parameterWords, schemeWords, unknownParameter } from './challenge-words.ts'
import type { Words } from './challenge-words.ts'
import { passed, wrong } from './diagnosis.ts'
import type { CheckResult, ExplainedChallenge } from './diagnosis.ts'

/** As schemes are written. */
const SPELLING: Readonly<Record<string, string>> = {
  bearer: 'Bearer',
  dpop: 'DPoP',
  basic: 'Basic',
  digest: 'Digest',
  negotiate: 'Negotiate',
}

export const spelt = (scheme: string): string => own(SPELLING, scheme) ?? scheme

export function explainChallenges(challenges: readonly Challenge[]): ExplainedChallenge[] {
  return challenges.map(({ scheme, token68, params }) => {
    const words = own(schemeWords, scheme) ?? {
      meaning: 'A scheme that is not known here; clients pass over it.',
      source: 'RFC 9110 §11.1',
    }
    const parameters = [...params].map(([name, value]) => ({
      name,
      value,
      ...wordsFor(name, value),
    }))
    const data =
      token68 === undefined
        ? []
        : [{ name: 'data', value: token68, ...unknownParameter, meaning: 'Data of the scheme.' }]
    return { scheme: spelt(scheme), ...words, parameters: [...data, ...parameters] }
  })
}

function wordsFor(name: string, value: string): Words {
  const special = name === 'error' ? own(errorWords, value) : undefined
  return special ?? own(parameterWords, name) ?? unknownParameter
}

/** The rules a challenge has to keep; `values` are the lines it came in. */
export function checkChallenges(values: readonly string[]): CheckResult[] {
  const perLine = values.map((value) => parseChallenges(value))
  const broken = values.filter((_, index) => perLine[index]?.length === 0)
  const all = perLine.flat()
  return [
    broken.length === 0
      ? passed('grammar', { found: `${all.length} challenge${all.length === 1 ? '' : 's'}` })
      : wrong(
          'grammar',
          'A challenge breaks the grammar: clients leave it out.',
          'Write scheme, space, then name="value" pairs with commas between, each name once; escape " and \\ in values.',
          { expected: 'scheme name="value", name="value"', found: broken[0] },
        ),
    checkParameters(all),
    checkRealm(all),
    checkCharacters(all),
    checkOrder(all),
  ]
}

function checkParameters(all: readonly Challenge[]): CheckResult {
  const bare = all.find(
    ({ params, token68, scheme }) => params.size === 0 && !token68 && isOAuth(scheme),
  )
  if (!bare) return passed('at least one parameter')
  return wrong(
    'at least one parameter',
    `${spelt(bare.scheme)} stands alone, and must have one parameter at least (RFC 6750 §3).`,
    'Always send a realm.',
    { expected: `${spelt(bare.scheme)} realm="…"`, found: spelt(bare.scheme) },
  )
}

function checkRealm(all: readonly Challenge[]): CheckResult {
  const without = all.find(({ scheme, params }) => isPassword(scheme) && !params.has('realm'))
  if (!without) return passed('realm')
  return wrong(
    'realm',
    `${spelt(without.scheme)} has no realm, which it must have (RFC 7617 §2, RFC 7616 §3.3).`,
    'Send a realm.',
    { expected: 'realm="…"' },
  )
}

/** RFC 6750 §3: neither a quote nor a backslash, and ASCII alone. */
const PROSE = /^[\x20\x21\x23-\x5B\x5D-\x7E]*$/
const LIST = /^[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*$/
const ALLOWED: Readonly<Record<string, RegExp>> = {
  error: PROSE,
  error_description: PROSE,
  scope: LIST,
  acr_values: LIST,
  max_age: /^\d+$/,
}

function checkCharacters(all: readonly Challenge[]): CheckResult {
  for (const { params } of all) {
    for (const [name, value] of params) {
      if (own(ALLOWED, name)?.test(value) ?? true) continue
      return wrong(
        'characters',
        `${name} has characters it may not have (RFC 6750 §3).`,
        'Send a fixed sentence in plain ASCII, without quotes and backslashes; never the text of an exception.',
        { expected: 'plain ASCII without " and \\', found: value },
      )
    }
  }
  return passed('characters')
}

function checkOrder(all: readonly Challenge[]): CheckResult {
  const bearer = all.findIndex(({ scheme }) => scheme === 'bearer')
  if (bearer < 1) return passed('order')
  return wrong(
    'order',
    'Bearer does not come first. That is lawful, and some clients read only a value that begins with it.',
    'Send one challenge a line, Bearer first.',
    { expected: 'Bearer', found: spelt(all[0]?.scheme ?? '') },
  )
}

const isOAuth = (scheme: string): boolean => scheme === 'bearer' || scheme === 'dpop'
const isPassword = (scheme: string): boolean => scheme === 'basic' || scheme === 'digest'

/** Names come from strangers: `constructor` is none of ours. */
const own = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined
