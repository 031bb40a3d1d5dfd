/** A pasted answer: a challenge, a response head, or an OAuth error that came back, explained. */
import { parseChallenges } from '../../lib/http-auth.ts'
import type { Challenge } from '../../lib/http-auth.ts'
import type { RefusalId } from '../../refusals/catalogue.ts'
import { shellWord } from '../../web/shell-word.ts'
import { diagnosis, passed, refused, wrong } from '../diagnosis.ts'
import type { Advice, CheckResult, Diagnosis } from '../diagnosis.ts'
import { examine, stepChecks } from '../examine.ts'
import { checkChallenges, explainChallenges, spelt } from '../explain-challenge.ts'
import { adviceFor } from '../next.ts'
import { requestIdOf, type Paste } from '../paste.ts'
import type { WrittenAnswer } from '../paste/http-text.ts'
import { refusalsByWords } from '../refusal-by-words.ts'
import { listed } from '../words.ts'
import type { JudgeParts } from './parts.ts'

/** The answer's request id leads to what was really judged; else its challenge tells what it can. */
export async function judgeAnswer(answer: WrittenAnswer, parts: JudgeParts): Promise<Diagnosis> {
  const { status, headers } = answer
  const values = headers
    .filter(([name]) => name.toLowerCase() === 'www-authenticate')
    .map(([, value]) => value)
  const requestId = requestIdOf(answer)
  const entry = requestId === undefined ? undefined : parts.find(requestId)
  if (entry) {
    const examined = await examine(entry, parts)
    return values.length === 0
      ? examined
      : { ...examined, challenges: explainChallenges(parseChallenges(values)) }
  }
  if (values.length > 0) return judgeChallenge(values, parts, status)
  const subject = `An answer${status === undefined ? '' : ` with the status ${status}`} and no challenge.`
  if (status !== 401) {
    return diagnosis(subject, [passed('challenge', { found: 'none is due' })], [])
  }
  const missing = wrong(
    'challenge',
    'A 401 must say how to get in, in WWW-Authenticate (RFC 9110 §15.5.2). Either the server forgot it, or something between took it away.',
    'Compare with the answer of the server itself. nginx’s auth_request and some gateways drop the field; pages of other origins see it only where Access-Control-Expose-Headers names it.',
    { expected: 'WWW-Authenticate', found: 'no such field' },
  )
  return diagnosis(subject, [missing], [])
}

export async function judgeChallenge(
  values: readonly string[],
  parts: JudgeParts,
  status?: number,
): Promise<Diagnosis> {
  const { issuer, kit } = parts
  const challenges = parseChallenges(values)
  const main = challenges.find(({ params }) => params.has('error')) ?? challenges[0]
  const candidates = main ? refusalsOf(main, issuer, status) : []
  const checks = [...checkChallenges(values), ...(main ? [whatWasSent(main, candidates)] : [])]
  const schemes = [...new Set(challenges.map(({ scheme }) => spelt(scheme)))]
  const subject =
    schemes.length === 0
      ? 'A challenge that no client could read.'
      : `A challenge for ${listed(schemes)}, explained parameter by parameter.`
  const metadata = main?.params.get('resource_metadata')
  const advice: Advice[] =
    metadata === undefined || !/^https?:\/\//.test(metadata)
      ? []
      : [
          {
            says: 'See who issues tokens for this API:',
            command: `curl ${shellWord(metadata)}`,
          },
        ]
  const [id] = candidates
  const ours = metadata === undefined || metadata.startsWith(`${issuer}/`)
  if (main && id !== undefined && ours) {
    advice.push(
      ...(await adviceFor({ id, ...placeOf(id, metadata, issuer), ...askedBy(main) }, kit)),
    )
  }
  return diagnosis(subject, checks, advice, explainChallenges(challenges))
}

/** Which refusals a challenge may stand for. */
function refusalsOf({ scheme, params }: Challenge, issuer: string, status?: number): RefusalId[] {
  const error = params.get('error')
  if (error !== undefined) {
    const description = params.get('error_description')
    return refusalsByWords({ error, description, uri: params.get('error_uri'), status }, issuer)
  }
  switch (scheme) {
    case 'bearer':
    case 'dpop':
      return ['no-credentials']
    case 'basic':
      return ['basic-required']
    case 'digest':
      return [params.get('stale')?.toLowerCase() === 'true' ? 'digest-stale' : 'digest-required']
    default:
      return []
  }
}

function whatWasSent({ params }: Challenge, candidates: readonly RefusalId[]): CheckResult {
  const name = 'what was sent'
  const error = params.get('error')
  const [only, ...others] = candidates
  if (only === undefined) {
    return wrong(
      name,
      `The error "${error ?? ''}" is none that this server sends.`,
      'Look it up in the documentation of the server that sent it.',
      { found: error },
    )
  }
  if (others.length === 0) {
    const says = error === undefined ? 'Nothing was refused: nothing usable was sent.' : undefined
    return refused(name, only, { found: error ?? 'no error' }, says === undefined ? {} : { says })
  }
  return wrong(
    name,
    `The token was refused, and the answer does not tell why: ${listed(candidates)} look the same on purpose.`,
    'Paste the whole answer with its X-Request-Id: on this server it leads to the reason.',
    { found: error },
  )
}

/** Where the next call goes, as far as a challenge tells. */
function placeOf(id: RefusalId, metadata: string | undefined, issuer: string) {
  if (id.startsWith('basic-')) return { method: 'GET', path: '/challenge/basic' }
  if (id.startsWith('digest-')) return { method: 'GET', path: '/challenge/digest' }
  const api = /\/oauth-protected-resource(\/.*)$/.exec(metadata ?? '')?.[1] ?? '/api'
  const path = api === '/ledger' ? '/ledger/entries' : '/api/notes'
  return { method: 'GET', path, audience: issuer + api }
}

function askedBy({ params }: Challenge) {
  const maxAge = Number(params.get('max_age'))
  return {
    scopes: params.get('scope')?.split(' '),
    acr: params.get('acr_values'),
    maxAge: params.has('max_age') && Number.isInteger(maxAge) ? maxAge : undefined,
  }
}

/** `error=…` in an address the browser came back to, or in the JSON of an endpoint. */
export async function judgeError(
  { error, description, uri, iss, redirected }: Extract<Paste, { kind: 'error' }>,
  { issuer, kit }: JudgeParts,
): Promise<Diagnosis> {
  const where = redirected ? 'in the address of the app' : 'in JSON'
  const subject = `The error ${error}, as it came back ${where}.`
  const all = refusalsByWords({ error, description, uri }, issuer)
  const path = redirected ? '/oauth/authorize' : '/oauth/token'
  const [id] = all.filter((one) => one.startsWith('authz-') === redirected).concat(all)
  const issuerCheck = iss === undefined ? [] : [checkIssuer(iss, issuer)]
  if (id === undefined) {
    const unknown = wrong(
      'error',
      `The error "${error}" is none that this server sends.`,
      'Look it up in the documentation of the server that sent it.',
      { found: error },
    )
    return diagnosis(subject, [...issuerCheck, unknown], [])
  }
  const evidence = {
    found: { error, ...(description !== undefined && { error_description: description }) },
  }
  const checks = [...issuerCheck, ...stepChecks({ id, path, evidence })]
  return diagnosis(subject, checks, await adviceFor({ id, method: 'GET', path }, kit))
}

/** What a client compares before it believes anything else (RFC 9207 §2.4). */
function checkIssuer(iss: string, issuer: string): CheckResult {
  const name = 'issuer of the answer'
  if (iss === issuer) return passed(name, { expected: issuer, found: iss })
  return refused(name, 'client-iss-mismatch', { expected: issuer, found: iss })
}
