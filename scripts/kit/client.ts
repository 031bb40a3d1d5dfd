/** What a client does by itself: PKCE (RFC 7636), the authorization URL, the token request. Plain fetch, no library. */
import { createHash, randomBytes } from 'node:crypto'

const random = (bytes: number): string => randomBytes(bytes).toString('base64url')

export type Pkce = { verifier: string; challenge: string }

/** A fresh `code_verifier` and its S256 `code_challenge` (RFC 7636 §4.1, §4.2). */
export function createPkce(): Pkce {
  const verifier = random(32)
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

export const createState = (): string => random(16)

export function authorizationUrl(endpoint: string, params: Record<string, string>): URL {
  const url = new URL(endpoint)
  for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value)
  return url
}

/** The `Authorization` value of client_secret_basic: both halves form-encoded first (RFC 6749 §2.3.1). */
export function basicCredentials(clientId: string, clientSecret: string): string {
  const encode = (value: string) => new URLSearchParams({ v: value }).toString().slice(2)
  const pair = `${encode(clientId)}:${encode(clientSecret)}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

export const formRequest = (params: Record<string, string>, headers = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  body: new URLSearchParams(params).toString(),
})
