/** A client of Digest (RFC 7616) that shares no line with the server: it answers a challenge, or breaks the answer. */
import { createHash } from 'node:crypto'
import { parseChallenges } from '../../src/lib/http-auth.ts'
import { headerValue } from '../helpers/raw-http.ts'
import type { RawResponse } from '../helpers/raw-http.ts'

const hash = (text: string) => createHash('sha256').update(text).digest('hex')

export type Answer = {
  user?: string
  password?: string
  method?: string
  uri?: string
  nc?: string
  cnonce?: string
  /** Parameters as they are written, in place of what they would be; undefined leaves one out. */
  written?: Record<string, string | undefined>
}

/** What the server offered. */
export type Offer = { nonce: string; opaque: string; realm: string }

export function offerOf(response: Pick<RawResponse, 'headers'>): Offer {
  const [challenge] = parseChallenges(headerValue(response, 'WWW-Authenticate') ?? '')
  const get = (name: string) => challenge?.params.get(name) ?? ''
  return { nonce: get('nonce'), opaque: get('opaque'), realm: get('realm') }
}

const DEFAULTS = {
  user: 'alice',
  password: 'wonderland',
  method: 'GET',
  uri: '/challenge/digest',
  nc: '00000001',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv',
}

/** H(A1). */
const secretOf = ({ realm }: Offer, { user, password }: Answer) =>
  hash(`${user ?? DEFAULTS.user}:${realm}:${password ?? DEFAULTS.password}`)

export function digestResponse(offer: Offer, answer: Answer = {}): string {
  const { method, uri, nc, cnonce } = { ...DEFAULTS, ...answer }
  const secret = secretOf(offer, answer)
  return hash(`${secret}:${offer.nonce}:${nc}:${cnonce}:auth:${hash(`${method}:${uri}`)}`)
}

/** What a server that knows the password says to that. */
export const serverProof = (offer: Offer, answer: Answer = {}): string =>
  digestResponse(offer, { ...answer, method: '' })

export const userhash = ({ realm }: Offer, user: string): string => hash(`${user}:${realm}`)

/** The `Authorization` line. */
export function digestLine(offer: Offer, answer: Answer = {}): string {
  const { user, uri, nc, cnonce, written = {} } = { ...DEFAULTS, ...answer }
  const params: Record<string, string | undefined> = {
    username: `"${user}"`,
    realm: `"${offer.realm}"`,
    uri: `"${uri}"`,
    algorithm: 'SHA-256',
    nonce: `"${offer.nonce}"`,
    nc,
    cnonce: `"${cnonce}"`,
    qop: 'auth',
    response: `"${digestResponse(offer, answer)}"`,
    opaque: `"${offer.opaque}"`,
    ...written,
  }
  const pairs = Object.entries(params).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  )
  return `Authorization: Digest ${pairs.join(', ')}`
}
