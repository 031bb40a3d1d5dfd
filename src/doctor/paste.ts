/** What somebody pasted, told by its shape: a token, a request id, a command, a request, an answer, a challenge. */
import { parseChallenges } from '../lib/http-auth.ts'
import { trim } from '../lib/trim.ts'
import { isCurl, readCurl } from './paste/curl.ts'
import { readAnswer, readHeaderLines, readRequest, readTranscript } from './paste/http-text.ts'
import type { WrittenAnswer } from './paste/http-text.ts'
import type { WrittenRequest } from './paste/written-request.ts'

export type Paste =
  | { kind: 'request id'; requestId: string }
  /** `sent` is what would stand after the scheme; `token` is it without what does not belong to it. */
  | { kind: 'token'; token: string; sent: string }
  /** Values of `Authorization` lines. */
  | { kind: 'authorization'; values: string[] }
  | { kind: 'request'; request: WrittenRequest; from: 'command' | 'request' | 'address' }
  | { kind: 'answer'; answer: WrittenAnswer }
  /** Values of `WWW-Authenticate` lines. */
  | { kind: 'challenge'; values: string[] }
  /** An OAuth error, as it came back in an address or in JSON. */
  | {
      kind: 'error'
      error: string
      description?: string
      uri?: string
      iss?: string
      redirected: boolean
    }

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i
const REQUEST_ID = new RegExp(
  String.raw`^(?:urn:uuid:|x-request-id:\s*|https?://\S+/doctor/)?(${UUID.source})$`,
  'i',
)

/** The text is taken as it is: nothing in it is run, sent or fetched. */
export function readPaste(input: string): Paste {
  const text = input.trim()
  const requestId = REQUEST_ID.exec(text)?.[1]
  if (requestId !== undefined) return { kind: 'request id', requestId: requestId.toLowerCase() }
  return (
    readJsonPaste(text) ??
    readCommand(text) ??
    readTranscriptPaste(text) ??
    readMessage(text) ??
    readAddress(text) ??
    readHeaders(text) ??
    readCredentials(text) ??
    tokenPaste(text)
  )
}

/** The id of a request that an answer names. */
export function requestIdOf({ headers, body }: WrittenAnswer): string | undefined {
  const field = headers.find(([name]) => name.toLowerCase() === 'x-request-id')?.[1]
  const link = headers.find(([name]) => name.toLowerCase() === 'link')?.[1]
  const instance = /"instance"\s*:\s*"([^"]*)"/.exec(body)?.[1]
  for (const place of [field, link, instance]) {
    const found = place === undefined ? undefined : UUID.exec(place)?.[0]
    if (found !== undefined) return found.toLowerCase()
  }
  return undefined
}

function readJsonPaste(text: string): Paste | undefined {
  if (!text.startsWith('{')) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return jsonPaste(value as Record<string, unknown>)
}

function jsonPaste({
  access_token,
  instance,
  ...rest
}: Record<string, unknown>): Paste | undefined {
  if (typeof access_token === 'string') return tokenPaste(access_token)
  const requestId = typeof instance === 'string' ? UUID.exec(instance)?.[0] : undefined
  if (requestId !== undefined) return { kind: 'request id', requestId: requestId.toLowerCase() }
  return errorPaste((name) => rest[name], false)
}

function readCommand(text: string): Paste | undefined {
  if (!isCurl(text)) return undefined
  return { kind: 'request', request: readCurl(text), from: 'command' }
}

function readTranscriptPaste(text: string): Paste | undefined {
  const transcript = readTranscript(text)
  if (!transcript) return undefined
  const { request, answer } = transcript
  // An answer that names its request is explained by what was really judged.
  if (answer && (requestIdOf(answer) !== undefined || !request)) return { kind: 'answer', answer }
  return request && { kind: 'request', request, from: 'request' }
}

function readMessage(text: string): Paste | undefined {
  const answer = readAnswer(text)
  if (answer) return { kind: 'answer', answer }
  const request = readRequest(text)
  return request && { kind: 'request', request, from: 'request' }
}

function readAddress(text: string): Paste | undefined {
  const url = /^https?:\/\/\S+$/i.test(text) ? URL.parse(text) : null
  if (!url) return undefined
  const params = url.searchParams
  const fragment = new URLSearchParams(url.hash.slice(1))
  const error = errorPaste((name) => params.get(name) ?? fragment.get(name), true)
  if (error) return error
  const request = { method: 'GET', url: text, headers: [], proxied: false, variables: [] }
  return { kind: 'request', request, from: 'address' }
}

function errorPaste(read: (name: string) => unknown, redirected: boolean): Paste | undefined {
  const text = (name: string) => {
    const value = read(name)
    return typeof value === 'string' ? value : undefined
  }
  const error = text('error')
  if (error === undefined) return undefined
  const [description, uri, iss] = [text('error_description'), text('error_uri'), text('iss')]
  return {
    kind: 'error',
    error,
    ...(description !== undefined && { description }),
    ...(uri !== undefined && { uri }),
    ...(iss !== undefined && { iss }),
    redirected,
  }
}

function readHeaders(text: string): Paste | undefined {
  const headers = readHeaderLines(text.replace(/^-H\s+(["'])(.*)\1$/, '$2'))
  if (!headers) return undefined
  const valuesOf = (name: string) =>
    headers.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value)
  const values = valuesOf('authorization')
  if (values.length > 0) {
    if (headers.length === values.length) return { kind: 'authorization', values }
    const request = { method: 'GET', url: '/', headers, proxied: false, variables: [] }
    return { kind: 'request', request, from: 'request' }
  }
  const answer = { headers, body: '' }
  const challenges = valuesOf('www-authenticate')
  if (challenges.length > 0 && headers.length === challenges.length) {
    return { kind: 'challenge', values: challenges }
  }
  return challenges.length > 0 || requestIdOf(answer) !== undefined
    ? { kind: 'answer', answer }
    : undefined
}

/** Parameters that stand in a challenge, and in no credentials. */
const OF_CHALLENGES = ['realm', 'error', 'resource_metadata', 'qop', 'algs', 'acr_values']

/** `Bearer x`, or `Bearer realm="x"`, without the name of the field before it. */
function readCredentials(text: string): Paste | undefined {
  if (!/^[A-Za-z][A-Za-z0-9-]{1,19}[ \t:]/.test(text) || text.startsWith('eyJ')) return undefined
  const challenges = parseChallenges(text.split(/\r?\n/))
  const isChallenge = challenges.some(
    ({ params }) =>
      OF_CHALLENGES.some((name) => params.has(name)) &&
      !params.has('username') &&
      !params.has('response'),
  )
  if (isChallenge) return { kind: 'challenge', values: text.split(/\r?\n/) }
  return { kind: 'authorization', values: [onOneLine(text)] }
}

/** A token as it was copied: perhaps with its name, quotes, line breaks, or the dots of something that shortened it. */
function tokenPaste(text: string): Paste {
  const named = /^["']?(?:access_token|token)["']?\s*[:=]\s*(.*?),?$/s.exec(text)?.[1]
  const sent = named === undefined ? text : named.replace(/^(["'])(.*)\1$/s, '$2')
  return { kind: 'token', sent: onOneLine(sent), token: cleanToken(sent) }
}

const onOneLine = (text: string): string =>
  text
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ')

/** Without what does not belong to it. */
export const cleanToken = (text: string): string =>
  trim(text.replace(/\s+/g, ''), '"\'`“‘', '"\'`”’,;').replace(/(?:…|\.{3})$/, '')
