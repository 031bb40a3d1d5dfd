/** A pasted token, or a pasted call of a protected API, judged by the list the guard runs; nothing is sent. */
import type { KnownText } from '../../authorization/known-text.ts'
import { parseAccessToken } from '../../lib/access-token.ts'
import type { TokenStructure } from '../../lib/access-token.ts'
import { noFacts } from '../../resource/facts.ts'
import type { Facts, Wanted } from '../../resource/facts.ts'
import { diagnosis, firstRefusal } from '../diagnosis.ts'
import type { Advice, CheckResult, Diagnosis } from '../diagnosis.ts'
import { checksOf, isProven, knownOf } from '../examine.ts'
import { runList } from '../lists.ts'
import { adviceFor } from '../next.ts'
import { cleanToken } from '../paste.ts'
import { VARIABLE_END, VARIABLE_START } from '../paste/shell-words.ts'
import { headersOf } from '../paste/written-request.ts'
import type { WrittenRequest } from '../paste/written-request.ts'
import { listed } from '../words.ts'
import type { JudgeParts } from './parts.ts'

/** A token alone, as if it came with the scheme Bearer to the API it names. */
export async function judgeToken(
  { token, sent }: { token: string; sent: string },
  parts: JudgeParts,
): Promise<Diagnosis> {
  return judgeAuthorization([`Bearer ${sent}`], token, parts)
}

/** Authorization lines alone. */
export async function judgeAuthorization(
  values: readonly string[],
  token: string,
  parts: JudgeParts,
): Promise<Diagnosis> {
  const structure = parseAccessToken(token)
  const known = structure.outcome === 'opaque' ? await parts.lookUp(token) : undefined
  const wanted = wantedFor(structure, known, parts)
  const headers = values.map((value) => ['Authorization', value] as const)
  const path = new URL(wanted.audience).pathname
  const request = { method: 'GET', target: path, headers, token }
  const facts = await parts.inspect({ ...request, headers: onTheWire(headers) }, wanted)
  const checks = checksFor(facts, { known, proxied: false }, parts)
  const subject = `${whatItIs(structure, known, facts)}, judged as ${wanted.audience} judges it now.`
  // The path itself may ask for more, so the next call is one that any token will do for.
  const shown = path === '/api' ? '/api/whoami' : path
  return diagnosed(subject, checks, { method: 'GET', path: shown }, facts, parts)
}

/** A call of a protected API, as it was written down. */
export async function judgeCall(
  request: WrittenRequest,
  { target, wanted }: { target: string; wanted: Wanted },
  parts: JudgeParts,
): Promise<Diagnosis> {
  const { method, body, proxied, variables } = request
  const [value = ''] = headersOf(request, 'authorization')
  const written = cleanToken(value.trim().split(/\s+/).slice(1).join(''))
  // Anything else is no token, and need not be told from one.
  const token = /^[\w\-.~+/]+=*$/.test(written) ? written : ''
  const [proof = ''] = headersOf(request, 'dpop')
  const unknown = (value + proof).includes(VARIABLE_START)
  const headers = request.headers.map(([name, text]) => [name, withoutVariables(text)] as const)
  const call = { method, target, headers: onTheWire(headers), body, token: token || undefined }
  const seen = await parts.inspect(call, wanted)
  // Where the shell would have put the token nobody knows here, only how it is sent can be judged.
  const facts = unknown ? onlyCredentials(seen) : seen
  const known =
    !unknown && token !== '' && !token.includes('.') ? await parts.lookUp(token) : undefined
  const checks = checksFor(facts, { known, proxied }, parts)
  const path = target.split('?', 1)[0] ?? target
  const subject = `${method} ${path}, as it was written down and not sent, judged as ${wanted.audience} judges it now.`
  const { advice, ...rest } = await diagnosed(subject, checks, { method, path }, facts, parts)
  if (!unknown) return { ...rest, advice }
  return diagnosis(subject, checks, [...advice, printVariable(variables)])
}

type Context = { known: KnownText | undefined; proxied: boolean }

function checksFor(facts: Facts, { known, proxied }: Context, parts: JudgeParts): CheckResult[] {
  const { issuer, resources } = parts
  const view = { issuer, resources, kind: known?.kind, proxied }
  return checksOf(runList({ list: 'token', facts }), facts, view)
}

async function diagnosed(
  subject: string,
  checks: CheckResult[],
  call: { method: string; path: string },
  facts: Facts,
  { kit }: JudgeParts,
): Promise<Diagnosis> {
  const id = firstRefusal(checks)
  const advice = id === undefined ? [] : await adviceFor({ id, ...call, ...knownOf(facts) }, kit)
  return diagnosis(subject, checks, advice)
}

/** The API that the token names; for a text without dots one that takes such; else the first. */
function wantedFor(
  structure: TokenStructure,
  known: KnownText | undefined,
  { apis, issuer }: JudgeParts,
): Wanted {
  const at = (identifier: unknown) => apis.find(({ audience }) => audience === identifier)
  const named = structure.outcome === 'parsed' ? [structure.claims.aud].flat() : [known?.audience]
  const opaque = structure.outcome === 'opaque' && structure.slip === undefined
  const found =
    named.map(at).find((one) => one !== undefined) ??
    (opaque ? apis.find(({ format }) => format === 'opaque') : undefined) ??
    at(`${issuer}/api`) ??
    apis[0]
  if (!found) throw new Error('there is no protected API')
  return found
}

function whatItIs(structure: TokenStructure, known: KnownText | undefined, facts: Facts): string {
  const what =
    known !== undefined
      ? `${/^[aeiou]/.test(known.kind) ? 'An' : 'A'} ${known.kind}`
      : structure.outcome === 'parsed'
        ? 'A JWT'
        : 'A text that is no whole JWT'
  const { client_id, sub } = (isProven(facts) && facts.claims) || {}
  if (typeof client_id !== 'string') return what
  return `${what} of ${client_id}${typeof sub === 'string' && sub !== client_id ? ` for ${sub}` : ''}`
}

/** Header values as Node hands them over: one character a byte. */
const onTheWire = (
  headers: readonly (readonly [string, string])[],
): (readonly [string, string])[] =>
  headers.map(([name, value]) => [name, Buffer.from(value).toString('latin1')])

const VARIABLE = new RegExp(`${VARIABLE_START}[^${VARIABLE_END}]*${VARIABLE_END}`, 'gu')

const withoutVariables = (text: string): string => text.replace(VARIABLE, 'shell-variable')

const onlyCredentials = ({ time, wanted, authorization, elsewhere }: Facts): Facts => ({
  ...noFacts(time, wanted),
  authorization,
  elsewhere,
})

function printVariable(variables: readonly string[]): Advice {
  const name = variables.find((one) => /^\w+$/.test(one)) ?? 'TOKEN'
  return {
    says: `The shell knows what stands in ${listed(variables.map((one) => `$${one}`))}, and nobody here. Judge the token itself:`,
    command: `echo "$${name}" | npx countersign doctor -`,
  }
}
