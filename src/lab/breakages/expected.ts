/**
 * The whole answer to a breakage, derived from the catalogue: status, every field and the body. What only the server
 * knows, and only when it answers, stands there as a placeholder, and this file alone knows what fits it.
 */
import { rowOf } from '../../refusals/catalogue.ts'
import type { RefusalId } from '../../refusals/catalogue.ts'
import { challengesFor } from '../../refusals/challenge.ts'
import type { Protection } from '../../refusals/challenge.ts'
import { oauthErrorOf, problemOf } from '../../refusals/problem.ts'
import type { ProtectedResource } from '../../resource/metadata.ts'
import { pageHeaders } from '../../web/content-security-policy.ts'
import { splitSentence } from '../../web/parts.ts'
import { refusalPage } from '../../web/refusal-page.ts'
import type { Answer } from '../send.ts'
import type { Breakage } from './breakage.ts'
import { callbackOf, STATE } from './flow.ts'

export type ExpectedAnswer = {
  status: number
  /**
   * Lower-case names, sorted; a repeated field stands there as often. Without what differs from answer
   * to answer: Date, and what belongs to the connection.
   */
  headers: [name: string, value: string][]
  /** JSON, or text. */
  body: unknown
}

export type Circumstances = {
  issuer: string
  /** Whether the server has a doctor. */
  doctor: boolean
  /** The API that the good request goes to. */
  resource: ProtectedResource
  /** The authorization server’s names for its cookies. */
  cookieName?: (kind: 'session' | 'resume') => string
}

type Fields = [name: string, value: string][]
type Place = NonNullable<Breakage['place']>
type Content = { fields: Fields; body: unknown }

const REQUEST_ID = '<request id>'
const LENGTH = '<length>'
const PAGE = '<a page that says> '

/** What each placeholder stands for. The request id is the same everywhere in one answer. */
const PLACEHOLDERS: Readonly<Record<string, RegExp>> = {
  [REQUEST_ID]: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/,
  [LENGTH]: /[1-9]\d{0,5}/,
  '<seconds>': /[1-9]\d{0,3}/,
  '<nonce>': /[\w-]{20,200}/,
  '<opaque>': /[\w-]{20,200}/,
  '<cookie>': /[\w-]{20,200}/,
  '<path>': /\/[\w/-]{1,200}/,
  '<date>': /[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT/,
}

/** As long as any request id. */
const SOME_REQUEST_ID = '00000000-0000-4000-8000-000000000000'

export function expectedAnswer(
  id: RefusalId,
  breakage: Breakage,
  circumstances: Circumstances,
): ExpectedAnswer {
  const { status, headers: always } = rowOf(id)
  const { place = 'api', headers: also, vary = VARY[place], told } = breakage
  const { fields, body } = told ?? CONTENTS[place](id, breakage, circumstances)
  const all: Fields = [
    ['Content-Length', lengthOf(body)],
    ...(told ? [] : ([['Cache-Control', 'no-store']] as Fields)),
    ['X-Request-Id', REQUEST_ID],
    ...fields,
    ...challenges(id, breakage, circumstances),
    ...Object.entries({ ...always, ...also }),
    ...(place === 'edge' ? [] : [EXPOSED, ['Vary', vary] as [string, string]]),
  ]
  return { status, headers: comparableHeaders(all), body }
}

const EXPOSED: [string, string] = [
  'Access-Control-Expose-Headers',
  'WWW-Authenticate, DPoP-Nonce, Retry-After, X-Request-Id',
]

const ANYBODY = 'Origin'
/** Behind a protection an answer depends on who asks (RFC 9111 §4.1). */
const WHO_ASKS = 'Origin, Authorization, DPoP'

const VARY: Record<Place, string> = {
  edge: ANYBODY,
  outside: ANYBODY,
  api: WHO_ASKS,
  password: WHO_ASKS,
  endpoint: WHO_ASKS,
  redirect: ANYBODY,
  page: ANYBODY,
  screen: ANYBODY,
}

const CONTENTS: Record<
  Place,
  (id: RefusalId, breakage: Breakage, circumstances: Circumstances) => Content
> = {
  edge: problem,
  outside: problem,
  api: problem,
  password: problem,
  endpoint: oauthError,
  redirect,
  page,
  screen,
}

function problem(id: RefusalId, { body: more }: Breakage, place: Circumstances): Content {
  const body = { ...problemOf(id, { ...place, requestId: REQUEST_ID }), ...more }
  return { fields: [['Content-Type', 'application/problem+json']], body }
}

/** RFC 6749 §5.2; a refusal without a code is a problem there too. */
function oauthError(id: RefusalId, breakage: Breakage, place: Circumstances): Content {
  const body = oauthErrorOf(id, place.issuer)
  if (!body) return problem(id, breakage, place)
  const help = `<${place.issuer}/doctor/${REQUEST_ID}>; rel="help"`
  return {
    fields: [
      ['Content-Type', 'application/json'],
      ...(place.doctor ? ([['Link', help]] as Fields) : []),
    ],
    body,
  }
}

function redirect(id: RefusalId, { fragment, cookies }: Breakage, place: Circumstances): Content {
  const { issuer } = place
  const params = { ...oauthErrorOf(id, issuer), state: STATE, iss: issuer }
  const callback = callbackOf(issuer)
  const location = `${callback}${fragment ? '#' : '?'}${new URLSearchParams(params).toString()}`
  return {
    fields: [
      ['Location', location],
      ...html({ formTargets: [callback] }),
      ...(cookies ? cookieFields(cookies, place) : []),
    ],
    body: '',
  }
}

const html = (policy: Parameters<typeof pageHeaders>[0]): Fields => [
  ['Content-Type', 'text/html; charset=utf-8'],
  ...Object.entries(pageHeaders(policy)),
]

/** As the engine writes them: the session is prolonged, and a sign-in that came to its end is forgotten. */
function cookieFields(kind: 'session' | 'resume', { issuer, cookieName }: Circumstances): Fields {
  const name = cookieName?.(kind) ?? ''
  const secure = issuer.startsWith('https:') ? 'secure; ' : ''
  const rest =
    kind === 'session'
      ? ['<cookie>', `path=/; samesite=lax; ${secure}httponly; expires=<date>`]
      : ['', `path=<path>; expires=<date>; samesite=lax; ${secure}httponly`]
  return [
    ['Set-Cookie', `${name}=${rest.join('; ')}`],
    ['Set-Cookie', `${name}.sig=<cookie>; ${rest[1] ?? ''}`],
  ]
}

function page(id: RefusalId, _breakage: Breakage, { doctor }: Circumstances): Content {
  const text = refusalPage({
    id,
    row: rowOf(id),
    requestId: SOME_REQUEST_ID,
    challenges: [],
    ...(doctor && { doctorUrl: `/doctor/${SOME_REQUEST_ID}` }),
  })
  return { fields: html({}), body: text.replaceAll(SOME_REQUEST_ID, REQUEST_ID) }
}

/** The pages of a sign-in are about somebody; what they have to say is the same for all. */
function screen(id: RefusalId, { ofApp, cookies }: Breakage, place: Circumstances): Content {
  const formTargets = ofApp ? [callbackOf(place.issuer)] : []
  const [sentence] = splitSentence(rowOf(id).person)
  const fields = [...html({ formTargets }), ...(cookies ? cookieFields(cookies, place) : [])]
  return { fields, body: `${PAGE}${sentence.replace(/\.$/, '')}` }
}

function lengthOf(body: unknown): string {
  const text = textOf(body)
  if (text.startsWith(PAGE)) return LENGTH
  return String(Buffer.byteLength(text.replaceAll(REQUEST_ID, SOME_REQUEST_ID)))
}

function challenges(
  id: RefusalId,
  { place = 'api', scope = 'notes:read', protection }: Breakage,
  { issuer, resource }: Circumstances,
): Fields {
  const errorUri = `${issuer}/refusals/${id}`
  const protections: Partial<Record<Place, Protection>> = {
    api: {
      realm: resource.realm,
      schemes: ['Bearer', 'DPoP'],
      resourceMetadata: resource.metadataUrl,
      scope,
    },
    endpoint: { realm: 'as', schemes: ['Bearer', 'Basic'] },
    password: {
      realm: 'countersign',
      schemes: ['Digest', 'Basic'],
      digest: {
        nonce: '<nonce>',
        opaque: '<opaque>',
        stale: id === 'digest-stale' || id === 'digest-replay',
      },
    },
  }
  const offered = protections[place]
  if (!offered) return []
  const lines = challengesFor(id, { errorUri, ...offered, ...protection })
  return lines.map((challenge) => ['WWW-Authenticate', challenge])
}

/** The fields that are compared, of an answer. */
export function comparableHeaders(headers: readonly (readonly [string, string])[]): Fields {
  return headers
    .map(([name, value]): [string, string] => [name.toLowerCase(), value])
    .filter(([name]) => !CONNECTION.has(name))
    .sort(byName)
}

const CONNECTION = new Set(['date', 'connection', 'keep-alive'])

const byName = ([a]: readonly [string, string], [b]: readonly [string, string]): number =>
  a < b ? -1 : a > b ? 1 : 0

/** What of an answer is not as it was expected to be, a sentence each; none when it is the same. */
export function differences(expected: ExpectedAnswer, answer: Answer): string[] {
  const requestId = answer.headers.find(([name]) => name.toLowerCase() === 'x-request-id')?.[1]
  const fits = fitter(requestId ?? '')
  const found: string[] = []
  if (answer.status !== expected.status) {
    found.push(`The status is ${answer.status}, not ${expected.status}.`)
  }
  const left = comparableHeaders(answer.headers)
  for (const [name, value] of expected.headers) {
    const at = left.findIndex(([other, text]) => {
      if (other !== name) return false
      return name === 'location' ? inOrder(text) === inOrder(value) : fits(value, text)
    })
    if (at === -1) found.push(`Not there: ${name}: ${value}`)
    else left.splice(at, 1)
  }
  for (const [name, value] of left) found.push(`Not expected: ${name}: ${value}`)
  if (!fits(textOf(expected.body), answer.body)) {
    found.push(`The body is ${answer.body.slice(0, 500)}`)
  }
  return found
}

const textOf = (body: unknown): string => (typeof body === 'string' ? body : JSON.stringify(body))

/** The order of the parameters means nothing. */
const inOrder = (address: string): string =>
  address
    .split(/([?#&])/)
    .toSorted()
    .join('')

/** Whether a text is what a text with placeholders says. */
function fitter(requestId: string): (template: string, text: string) => boolean {
  const idIsOne = new RegExp(`^${PLACEHOLDERS[REQUEST_ID]?.source ?? ''}$`).test(requestId)
  return (template, text) => {
    if (template.startsWith(PAGE)) return says(text, template.slice(PAGE.length))
    if (template.includes(REQUEST_ID) && !idIsOne) return false
    const known = template.replaceAll(REQUEST_ID, requestId)
    const pattern = known
      .split(/(<[a-z ]+>)/)
      .map((part) => PLACEHOLDERS[part]?.source ?? escaped(part))
    return new RegExp(`^${pattern.join('')}$`).test(text)
  }
}

/** Whether these words can be read on a page, whatever elements stand between its sentences. */
function says(page: string, words: string): boolean {
  const text = page
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
  const plain = (some: string) => some.replace(/\s+/g, ' ').trim()
  return page.startsWith('<!doctype html>') && plain(text).includes(plain(words))
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)

/** An answer as the lab shows it: JSON is shown as what it says. */
export function shownAnswer({ status, headers, body }: Answer): {
  status: number
  headers: Fields
  body: unknown
} {
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
  return { status, headers, body: /\bjson\b/.test(type) ? parsed(body) : body }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
