/**
 * Where a request carries a token and in which shape, as facts that never hold the token itself
 * (RFC 6750 §2, RFC 9110 §11.4).
 */
import { parseAuthorization, schemeToKeep } from '../lib/http-auth.ts'
import { slipInCredentials } from '../lib/slips.ts'
import type { CredentialSlip } from '../lib/slips.ts'

export type AuthorizationLine = {
  /** In lower case; absent when the line does not begin with an auth-scheme. */
  scheme?: string
  /** `several`: one line with more than one set of credentials. `other`: parameters, or what fits no grammar. */
  shape: 'empty' | 'no scheme' | 'scheme only' | 'several' | 'token68' | 'other'
  /** Where there are several in one line: which of our schemes they are of. */
  among?: readonly TokenScheme[]
  slip?: CredentialSlip
}

/** The schemes that carry an access token (RFC 6750 §2.1, RFC 9449 §7.1). */
export type TokenScheme = 'bearer' | 'dpop'

export type AuthorizationFacts = {
  lines: readonly AuthorizationLine[]
  /** Where there is no line: the header fields that say a proxy passed the request on. */
  proxied?: readonly string[]
}

/** Other places than the header. */
export type ElsewhereFacts = {
  /** `access_token` stands in the query. */
  query: boolean
  /** `refused`: in a body that may not carry a token, which is JSON, or a form with the wrong method. */
  body: 'absent' | 'one' | 'repeated' | 'malformed' | 'refused'
}

export type Found<F> = { facts: F; token?: string }

// What nearly every call sends is recognised by one expression; all else is parsed.
const BEARER_TOKEN = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i
const DPOP_TOKEN = /^dpop +([A-Za-z0-9\-._~+/]+=*)$/i
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/
const ONE_BEARER: AuthorizationFacts = { lines: [{ scheme: 'bearer', shape: 'token68' }] }
const ONE_DPOP: AuthorizationFacts = { lines: [{ scheme: 'dpop', shape: 'token68' }] }
const NO_LINES: AuthorizationFacts = { lines: [] }

/**
 * All `Authorization` lines. From `rawHeaders`, as Node's `headers` keeps the first of several and
 * hides the rest. The token is given only where one line carries one token.
 */
export function readAuthorization(rawHeaders: readonly string[]): Found<AuthorizationFacts> {
  let first: string | undefined
  let others: AuthorizationLine[] | undefined
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    if (name.length !== 13 || name.toLowerCase() !== 'authorization') continue
    const value = rawHeaders[at + 1] ?? ''
    if (first === undefined) first = value
    else (others ??= []).push(parseLine(value))
  }
  if (first === undefined) return { facts: withoutLines(rawHeaders) }
  if (others) return { facts: { lines: [parseLine(first), ...others] } }
  const token = BEARER_TOKEN.exec(first)?.[1]
  if (token !== undefined) return { facts: ONE_BEARER, token }
  const bound = DPOP_TOKEN.exec(first)?.[1]
  if (bound !== undefined) return { facts: ONE_DPOP, token: bound }
  return { facts: { lines: [parseLine(first)] } }
}

/** A proxy that keeps the header to itself is the usual reason why a client's token does not arrive. */
function withoutLines(rawHeaders: readonly string[]): AuthorizationFacts {
  const names = rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase())
  const proxied = names.filter((name) => FROM_A_PROXY.test(name))
  return proxied.length > 0 ? { lines: [], proxied: [...new Set(proxied)] } : NO_LINES
}

const FROM_A_PROXY = /^(via|forwarded|x-forwarded-(for|host|proto|port|prefix|server)|x-real-ip)$/

function parseLine(value: string): AuthorizationLine {
  const parsed = parseAuthorization(value)
  if (!('fault' in parsed)) {
    // A list is none, although a list of one could be read as its member: "Bearer abc,".
    const shape = parsed.token68 === parsed.rest ? 'token68' : 'other'
    const slip = slipInCredentials(parsed.rest)
    return { scheme: schemeToKeep(parsed.scheme), shape, ...(slip && { slip }) }
  }
  const [scheme] = parsed.schemes
  return {
    ...(scheme !== undefined && { scheme: schemeToKeep(scheme, parsed.fault !== 'scheme only') }),
    shape: parsed.fault,
    // No other scheme is kept: what was taken for one may be a piece of a token.
    ...(parsed.fault === 'several' && { among: parsed.schemes.filter(isTokenScheme) }),
  }
}

export const isTokenScheme = (scheme: string | undefined): scheme is TokenScheme =>
  scheme === 'bearer' || scheme === 'dpop'

/** Whether the token came with the scheme that asks for a proof. */
export const isDpop = (authorization: AuthorizationFacts | undefined): boolean =>
  authorization?.lines[0]?.scheme === 'dpop'

/** What the client authenticated with, for the challenge: a token in a form counts as Bearer (RFC 6750 §2.2). */
export function usedSchemeOf(
  authorization: AuthorizationFacts | undefined,
  body: ElsewhereFacts['body'] = 'absent',
): 'Bearer' | 'DPoP' | 'both' {
  const used = authorization?.lines.flatMap(({ scheme, among }) => among ?? scheme ?? []) ?? []
  if (!used.includes('dpop')) return 'Bearer'
  const inForm = body === 'one' || body === 'repeated' || body === 'malformed'
  return used.includes('bearer') || inForm ? 'both' : 'DPoP'
}

/** Whether `access_token` is a parameter of the query (RFC 6750 §2.3), however its name is encoded. */
export function urlHasToken(url: string): boolean {
  const at = url.indexOf('?')
  return at !== -1 && new URLSearchParams(url.slice(at)).has('access_token')
}

/** RFC 6750 §2.2: a form, and a method for which a body has a meaning. */
export const mayCarryToken = (method: string, mediaType: string): boolean =>
  mediaType === FORM && (method === 'POST' || method === 'PUT' || method === 'PATCH')

export const FORM = 'application/x-www-form-urlencoded'
export const JSON_TYPE = 'application/json'

/** The token in a form body. An empty parameter counts as absent (RFC 6749 §3.1). */
export function readFormToken(body: string): { body: ElsewhereFacts['body']; token?: string } {
  const [token, ...more] = new URLSearchParams(body).getAll('access_token')
  if (more.length > 0) return { body: 'repeated' }
  if (token === undefined || token === '') return { body: 'absent' }
  return TOKEN68.test(token) ? { body: 'one', token } : { body: 'malformed' }
}

/** Whether a body that may not carry a token does; kept from counting, but worth telling. */
export function bodyHoldsToken(body: string, mediaType: string): boolean {
  if (mediaType === FORM) return new URLSearchParams(body).has('access_token')
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null && 'access_token' in value
  } catch {
    return false
  }
}
