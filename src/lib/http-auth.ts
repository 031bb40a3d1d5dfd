/** HTTP authentication as text: reads Authorization and WWW-Authenticate, writes challenges (RFC 9110 §11). */
import { trim } from './trim.ts'

export type Credentials = {
  /** In lower case; schemes ignore case (§11.1). */
  scheme: string
  /** What follows the scheme and its spaces. Neither `token68` nor `params`: it fits no grammar. */
  rest: string
  token68?: string
  /** Names in lower case. */
  params?: ReadonlyMap<string, string>
}

export type AuthorizationFault = {
  /** `several`: more than one set of credentials, as when repeated lines were joined. */
  fault: 'empty' | 'no scheme' | 'scheme only' | 'several'
  /** In lower case, in order; empty when there is none. */
  schemes: readonly string[]
}

export type Challenge = {
  /** In lower case. */
  scheme: string
  token68?: string
  /** Names in lower case. */
  params: ReadonlyMap<string, string>
}

/** A parameter of a challenge to be written; quoted unless the third member is false. */
export type ChallengeParam = readonly [name: string, value: string, quoted?: boolean]

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y
const SPACES = / +/y
const OWS = /[ \t]*/y
const LIST_SEPARATORS = /[ \t,]*/y
const EQUALS = /[ \t]*=[ \t]*/y
const QUOTED = /"((?:[\t \x21\x23-\x5B\x5D-\x7E\x80-\xFF]|\\[\t \x21-\x7E\x80-\xFF])*)"/y
/** Up to the next comma that stands in no quoted-string; an unclosed one swallows the rest. */
const REMAINDER = /(?:"(?:[^"\\]|\\[^]?)*(?:"|$)|[^",])*/y

/**
 * Reads the value of one `Authorization` line. Never throws. Does NOT check that the line is the only one,
 * that the scheme is known, or that the credentials fit the scheme.
 */
export function parseAuthorization(value: string): Credentials | AuthorizationFault {
  const scanner = scan(trim(value, ' \t'))
  if (scanner.atEnd()) return { fault: 'empty', schemes: [] }
  const scheme = scanner.take(TOKEN)?.toLowerCase()
  if (scheme === undefined) return { fault: 'no scheme', schemes: [] }
  if (scanner.atEnd()) return { fault: 'scheme only', schemes: [scheme] }
  // Only spaces may follow a scheme (§11.4): after a TAB nothing here is credentials.
  const spaced = scanner.take(SPACES) !== undefined
  const rest = scanner.rest()
  if (!spaced) return { scheme, rest }
  const members = readList(value)
  const credentials = members.filter(
    ({ token68, params }) => token68 !== undefined || params.size > 0,
  )
  if (credentials.length > 1) {
    return { fault: 'several', schemes: credentials.map((one) => one.scheme) }
  }
  const [only] = members
  if (!only || members.length > 1 || only.void) return { scheme, rest }
  if (only.token68 !== undefined) return { scheme, rest, token68: only.token68 }
  return { scheme, rest, params: only.params }
}

/** Words that are schemes also where nothing follows them. */
const SCHEMES = 'bearer dpop basic digest negotiate ntlm hoba mutual vapid'.split(' ')
/** What may be another scheme; the longest in use is AWS4-HMAC-SHA256. Anything else may be a piece of a token. */
const SCHEME_NAME = /^[a-z][a-z\d-]{0,15}$/

export const NOT_A_SCHEME = '(a token in its place)'
export const ONE_WORD = '(one word alone)'

/** A scheme as it may be kept: what stands in its place can be a whole token, or a password. */
export function schemeToKeep(scheme: string, isFollowed = true): string {
  if (SCHEMES.includes(scheme)) return scheme
  if (!SCHEME_NAME.test(scheme) || scheme.startsWith('eyj')) return NOT_A_SCHEME
  return isFollowed ? scheme : ONE_WORD
}

/**
 * Reads all challenges of a response, from one `WWW-Authenticate` value or one per line. Never throws: a
 * challenge that breaks the grammar, or names a parameter twice, is left out, and the others are kept.
 */
export function parseChallenges(value: string | readonly string[]): Challenge[] {
  const lines = typeof value === 'string' ? [value] : value
  return lines
    .flatMap((line) => readList(line))
    .filter((member) => !member.void)
    .map(({ scheme, token68, params }) => ({
      scheme,
      ...(token68 !== undefined && { token68 }),
      params,
    }))
}

type Member = {
  scheme: string
  token68?: string
  params: Map<string, string>
  /** It broke the grammar, or a parameter was named twice. */
  void: boolean
  /** A space followed the scheme, so parameters may follow, even after empty list members. */
  open: boolean
}

/** The list of challenges, or of credentials: their grammar is the same (§11.3, §11.4). */
function readList(text: string): Member[] {
  const scanner = scan(text)
  const members: Member[] = []
  for (;;) {
    scanner.take(LIST_SEPARATORS)
    if (scanner.atEnd()) return members
    const current = members.at(-1)
    if (current?.open && readParam(scanner, current)) continue
    const member = readMember(scanner)
    if (member) members.push(member)
    else {
      if (current) current.void = true
      scanner.take(REMAINDER)
    }
  }
}

function readMember(scanner: Scanner): Member | undefined {
  const start = scanner.at()
  const scheme = scanner.take(TOKEN)?.toLowerCase()
  if (scheme === undefined) return undefined
  const member: Member = { scheme, params: new Map(), void: false, open: false }
  if (scanner.endsMember()) {
    // "Basic , realm=…": the space opens the scheme's own list, which begins with an empty member.
    member.open = scanner.take(SPACES) !== undefined && !scanner.atEnd()
    return member
  }
  if (scanner.take(SPACES) === undefined) {
    scanner.back(start)
    return undefined
  }
  const token68 = scanner.take(TOKEN68)
  if (token68 !== undefined) return { ...member, token68 }
  member.open = true
  if (!readParam(scanner, member)) {
    member.void = true
    scanner.take(REMAINDER)
  }
  return member
}

/** Reads one parameter into a member; false, and nothing read, where none stands. */
function readParam(scanner: Scanner, member: Member): boolean {
  const start = scanner.at()
  const name = scanner.take(TOKEN)?.toLowerCase()
  if (name === undefined || scanner.take(EQUALS) === undefined) {
    scanner.back(start)
    return false
  }
  const quoted = scanner.take(QUOTED, 1)
  const value = quoted?.replace(/\\([^])/g, '$1') ?? scanner.take(TOKEN)
  if (value === undefined || !scanner.endsMember() || member.params.has(name)) {
    member.void = true
    scanner.take(REMAINDER)
  } else {
    member.params.set(name, value)
  }
  return true
}

type Scanner = ReturnType<typeof scan>

/** Reads a text from left to right with sticky patterns. */
function scan(text: string) {
  let position = 0
  const take = (pattern: RegExp, group = 0): string | undefined => {
    pattern.lastIndex = position
    const match = pattern.exec(text)
    if (match === null) return undefined
    position = pattern.lastIndex
    return match[group]
  }
  return {
    take,
    at: () => position,
    back: (to: number) => (position = to),
    atEnd: () => position >= text.length,
    rest: () => text.slice(position),
    /** Whether nothing but white space stands before the next comma or the end. Reads nothing. */
    endsMember(): boolean {
      OWS.lastIndex = position
      OWS.exec(text)
      return OWS.lastIndex >= text.length || text[OWS.lastIndex] === ','
    },
  }
}

/** RFC 6750 §3: neither a quote nor a backslash, so never an escape. */
const PROSE = /^[\x20\x21\x23-\x5B\x5D-\x7E]*$/
const SPACE_LIST = /^[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*$/
const URI_REFERENCE = /^[\x21\x23-\x5B\x5D-\x7E]+$/
const PRINTABLE = /^[\x20-\x7E]*$/
const WHOLE_TOKEN = new RegExp(`^${TOKEN.source}$`)

/** What each parameter may hold (RFC 6750 §3, RFC 9470 §3, RFC 9728 §5.1, RFC 9449 §7.1); others: printable ASCII. */
const CLASSES: ReadonlyMap<string, RegExp> = new Map([
  ['error', PROSE],
  ['error_description', PROSE],
  ['scope', SPACE_LIST],
  ['acr_values', SPACE_LIST],
  ['algs', SPACE_LIST],
  ['max_age', /^\d+$/],
  ['error_uri', URI_REFERENCE],
  ['resource_metadata', URI_REFERENCE],
])

/**
 * Writes one challenge. A parameter that breaks its character class is left out, never the challenge: a
 * refusal must not become a server error, nor let a value write headers of its own.
 */
export function formatChallenge(scheme: string, params: readonly ChallengeParam[]): string {
  const written = params.filter(isWritable).map(([name, value, quoted = true]) => {
    if (!quoted) return `${name}=${value}`
    return `${name}="${value.replace(/["\\]/g, String.raw`\$&`)}"`
  })
  return written.length > 0 ? `${scheme} ${written.join(', ')}` : scheme
}

function isWritable([name, value, quoted = true]: ChallengeParam): boolean {
  if (!WHOLE_TOKEN.test(name)) return false
  const allowed = quoted ? (CLASSES.get(name) ?? PRINTABLE) : WHOLE_TOKEN
  return allowed.test(value)
}
