/** Whatever was pasted, judged: told by its shape, then explained by whoever knows about it. */
import { closest } from '../lib/closest.ts'
import { refuse } from '../refusals/refusal.ts'
import { diagnosis, passed, wrong } from './diagnosis.ts'
import type { CheckResult, Diagnosis } from './diagnosis.ts'
import { examine } from './examine.ts'
import { judgeAnswer, judgeChallenge, judgeError } from './judge/answer.ts'
import { judgeAuthorization, judgeCall, judgeToken } from './judge/call.ts'
import type { JudgeParts } from './judge/parts.ts'
import { judgeServerRequest } from './judge/server-request.ts'
import { cleanToken, readPaste } from './paste.ts'
import type { WrittenRequest } from './paste/written-request.ts'

/** Undefined for the id of a request that is not remembered. */
export async function judge(input: string, parts: JudgeParts): Promise<Diagnosis | undefined> {
  const paste = readPaste(input)
  switch (paste.kind) {
    case 'request id': {
      const entry = parts.find(paste.requestId)
      return entry && examine(entry, parts)
    }
    case 'token':
      return judgeToken(paste, parts)
    case 'authorization':
      return judgeAuthorization(paste.values, tokenIn(paste.values[0] ?? ''), parts)
    case 'request':
      return judgeRequest(paste.request, parts)
    case 'answer':
      return judgeAnswer(paste.answer, parts)
    case 'challenge':
      return judgeChallenge(paste.values, parts)
    case 'error':
      return judgeError(paste, parts)
  }
}

/** The last word that could be a token, so that a word too many before it does not hide what is wrong with it. */
function tokenIn(value: string): string {
  const words = value.trim().split(/\s+/)
  const jwt = words.find((word) => cleanToken(word).startsWith('eyJ'))
  return cleanToken(jwt ?? words.slice(1).join(''))
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

async function judgeRequest(request: WrittenRequest, parts: JudgeParts): Promise<Diagnosis> {
  const { issuer, apis, allowedHosts } = parts
  const url = URL.parse(request.url, issuer)
  if (!url) {
    const address = wrong(
      'address',
      'The request has no address that can be read.',
      `Give the whole address, such as ${issuer}/api/notes.`,
    )
    return diagnosis('A request without an address.', [address], [])
  }
  const target = url.pathname + url.search
  const address = checkAddress(url, issuer, allowedHosts)
  const wanted = parts.wantedBy(request.method, url.pathname)
  const judged = wanted
    ? await judgeCall(request, { target, wanted }, parts)
    : await judgeServerRequest(request, target, parts)
  if (judged) return { ...judged, checks: [address, ...judged.checks] }
  const known = [...apis.map(({ audience }) => new URL(audience).pathname), '/oauth/token']
  const meant = closest(url.pathname, known)
  const nothing = wrong(
    'path',
    `Nothing here that asks for credentials has the path ${url.pathname.slice(0, 200)}.`,
    `Compare it with the front page, ${issuer}/${meant === undefined ? '' : `; perhaps ${meant} was meant`}.`,
  )
  const subject = `${request.method} ${url.pathname}, as it was written down and not sent.`
  return diagnosis(subject, [address, nothing], [])
}

function checkAddress(url: URL, issuer: string, allowedHosts: readonly string[]): CheckResult {
  const ours = new URL(issuer)
  const evidence = { expected: ours.origin, found: url.origin }
  const sameHost =
    url.host === ours.host ||
    allowedHosts.includes(url.host) ||
    (url.port === ours.port && [url, ours].every(({ hostname }) => LOOPBACK.includes(hostname)))
  if (sameHost && url.protocol === ours.protocol) return passed('address', evidence)
  const what = sameHost
    ? `The address begins with ${url.protocol}//, and this server answers ${ours.protocol}//.`
    : `The address is of ${url.host}, and not of this server; it is judged as if it were sent here.`
  return wrong('address', what, `Send it to ${issuer}.`, evidence)
}

/** For programs and pages alike: the input, or a refusal. */
export function requireInput(value: unknown): string {
  if (typeof value === 'string' && value.trim() !== '') return value
  refuse('invalid-input', {
    check: 'input',
    expected: 'a text that is not empty',
    found: typeof value === 'string' ? 'an empty text' : typeof value,
  })
}
