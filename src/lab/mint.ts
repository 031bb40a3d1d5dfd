/**
 * Makes access tokens as the authorization server makes them, and any part of them wrong on
 * purpose (RFC 9068).
 */
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
} from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { JWK } from 'jose'
import type { Clock } from '../lib/clock.ts'

export type TokenOptions = {
  sub?: string
  clientId?: string
  /** Space-separated; undefined leaves the claim out. */
  scope?: string | undefined
  audience?: string | readonly string[]
  /** Seconds from the issue to the expiry. */
  expiresIn?: number
  /** Seconds since the epoch. */
  issuedAt?: number
  /** How the person signed in, and when (seconds since the epoch). */
  acr?: string
  authTime?: number
  /** What the token is bound to: `{ jkt }` of a key, which asks for a proof with every call (RFC 9449 §6.1). */
  cnf?: Readonly<Record<string, unknown>>
  /** What the token allows in detail (RFC 9396 §9.1). */
  authorizationDetails?: readonly unknown[]
  /** Laid over the claims; a member that is undefined takes the claim away. */
  claims?: Readonly<Record<string, unknown>>
  /** Laid over the header, likewise. */
  header?: Readonly<Record<string, unknown>>
  signer?: Signer
}

/**
 * `stranger`: a key nobody published, under the name of ours. `public key as secret`: HS256 keyed with
 * our public key, which everybody has (RFC 8725 §2.1).
 */
export type Signer = 'issuer' | 'stranger' | 'public key as secret' | 'nobody'

/** Text is taken as it is, so that it may be no JSON, or JSON that no object could be written as. */
export type TokenParts = { header: object | string; payload: object | string | Uint8Array }

export type Mint = {
  /** A good access token, but for what the options make of it. */
  mint: (options?: TokenOptions) => Promise<string>
  /** Any header and payload, encoded and signed. */
  compose: (parts: TokenParts, signer?: Signer) => Promise<string>
  /** Header and claims of the token that `mint` would make, to be changed and composed. */
  parts: (options?: TokenOptions) => Promise<{
    header: Record<string, unknown>
    payload: Record<string, unknown>
  }>
}

export type MintedToken = {
  access_token: string
  token_type: 'Bearer' | 'DPoP'
  /** Seconds. */
  expires_in: number
  /** What the token says; of an opaque one, what introspection says. */
  claims: Record<string, unknown>
}

type Parts = {
  /** The private ES256 key the issuer signs access tokens with, with its `kid`. */
  keys: () => JWK | Promise<JWK>
  issuer: string
  clock: Clock
}

export function createMint({ keys, issuer, clock }: Parts): Mint {
  let stranger: KeyObject | undefined

  const signature = async (input: string, signer: Signer): Promise<string> => {
    if (signer === 'nobody') return ''
    if (signer === 'stranger') {
      stranger ??= generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
      return es256(input, stranger)
    }
    const own = createPrivateKey({ key: { ...(await keys()) }, format: 'jwk' })
    if (signer === 'issuer') return es256(input, own)
    const secret = createPublicKey(own).export({ type: 'spki', format: 'pem' })
    return createHmac('sha256', secret).update(input).digest('base64url')
  }

  const parts: Mint['parts'] = async ({
    sub = 'alice',
    clientId = 'web',
    scope,
    audience = `${issuer}/api`,
    expiresIn = 300,
    issuedAt = clock.seconds(),
    acr,
    authTime,
    cnf,
    authorizationDetails,
    claims = {},
    header = {},
  } = {}) => ({
    header: { alg: 'ES256', typ: 'at+jwt', kid: (await keys()).kid, ...header },
    payload: {
      iss: issuer,
      sub,
      aud: audience,
      client_id: clientId,
      scope,
      iat: issuedAt,
      exp: issuedAt + expiresIn,
      jti: randomUUID(),
      acr,
      auth_time: authTime,
      cnf,
      authorization_details: authorizationDetails,
      ...claims,
    },
  })

  const compose: Mint['compose'] = async ({ header, payload }, signer = 'issuer') => {
    const input = `${segment(header)}.${segment(payload)}`
    return `${input}.${await signature(input, signer)}`
  }

  return {
    parts,
    compose,
    mint: async (options = {}) => compose(await parts(options), options.signer),
  }
}

/** RFC 7518 §3.4: the two numbers side by side, not DER. */
const es256 = (input: string, key: KeyObject): string =>
  sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')

function segment(content: object | string | Uint8Array): string {
  if (content instanceof Uint8Array) return Buffer.from(content).toString('base64url')
  const text = typeof content === 'string' ? content : JSON.stringify(content)
  return Buffer.from(text).toString('base64url')
}
