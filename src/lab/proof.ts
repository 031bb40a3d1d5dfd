/** Makes DPoP proofs as a client makes them, and any part of them wrong on purpose (RFC 9449 §4.2). */
import { createPublicKey, generateKeyPairSync, hash, randomUUID, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { JWK } from 'jose'
import { systemClock } from '../lib/clock.ts'

export type ProofAlgorithm = 'ES256' | 'EdDSA'

/** A client's key pair. */
export type ProofKey = {
  alg: ProofAlgorithm
  privateKey: KeyObject
  /** The public key. */
  jwk: JWK
  /** RFC 7638: what a token's `cnf.jkt` is. */
  thumbprint: string
}

export type ProofOptions = {
  /** Of the request that the proof goes with. */
  method: string
  /** Absolute; the query and the fragment are left out. */
  url: string
  key: ProofKey
  /** The access token that the proof goes with; none at the token endpoint. */
  token?: string
  nonce?: string
  /** Seconds since the epoch; now, unless given. */
  iat?: number
  /** A new one, unless given. */
  jti?: string
  /** Laid over the header; a member that is undefined takes it away. Text is taken as it is. */
  header?: Readonly<Record<string, unknown>> | string
  /** Laid over the claims, likewise. */
  claims?: Readonly<Record<string, unknown>> | string
  /** Who signs; the key in the header, unless given. */
  signer?: ProofKey | 'nobody'
}

export function createProofKey(alg: ProofAlgorithm = 'ES256'): ProofKey {
  const { privateKey } =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('ed25519')
  const { kty, crv, x, y } = createPublicKey(privateKey).export({ format: 'jwk' }) as JWK
  const jwk = { kty, crv, x, ...(y !== undefined && { y }) } as JWK
  // RFC 7638 §3: the members in the order of their names, without a space.
  const members = JSON.stringify({ crv, kty, x, y })
  return { alg, privateKey, jwk, thumbprint: hash('sha256', members, 'base64url') }
}

export function proofFor(options: ProofOptions): string {
  const { method, url, key, token, nonce, signer = key } = options
  const { iat = systemClock.seconds(), jti = randomUUID() } = options
  const header = laidOver({ typ: 'dpop+jwt', alg: key.alg, jwk: key.jwk }, options.header)
  const claims = laidOver(
    {
      jti,
      htm: method,
      htu: url.replace(/[?#].*$/s, ''),
      iat,
      ath: token === undefined ? undefined : hash('sha256', token, 'base64url'),
      nonce,
    },
    options.claims,
  )
  const input = `${segment(header)}.${segment(claims)}`
  return `${input}.${signer === 'nobody' ? '' : signature(input, signer)}`
}

const laidOver = (good: object, changes: object | string = {}): string =>
  typeof changes === 'string' ? changes : JSON.stringify({ ...good, ...changes })

const segment = (text: string): string => Buffer.from(text).toString('base64url')

/** RFC 7518 §3.4: the two numbers side by side, not DER. Ed25519 hashes by itself (RFC 8037 §3.1). */
const signature = (input: string, { alg, privateKey: key }: ProofKey): string =>
  sign(alg === 'ES256' ? 'sha256' : null, Buffer.from(input), {
    key,
    dsaEncoding: 'ieee-p1363',
  }).toString('base64url')
