/** What Digest computes from names, passwords and requests (RFC 7616 §3.4). */
import { createHash } from 'node:crypto'

/** Text to lower-case hex. The RFC's H(data); its KD is made of it. */
export type Hash = (text: string) => string

/** SHA-256, the one algorithm this server offers. */
export const sha256: Hash = (text) => createHash('sha256').update(text).digest('hex')

/** How a client names its user without saying who it is (§3.4.4). */
export const userhashOf = (user: string, realm: string, hash = sha256): string =>
  hash(`${normal(user)}:${realm}`)

/** H(A1) (§3.4.2): as good as the password, in this realm. */
export const digestSecretOf = (
  user: string,
  realm: string,
  password: string,
  hash = sha256,
): string => hash(`${normal(user)}:${realm}:${normal(password)}`)

/** The parameters that go into a response, as they were sent. */
export type DigestParameters = Readonly<{ nonce: string; nc: string; cnonce: string; uri: string }>

/** The client's `response` for qop=auth (§3.4.1, §3.4.3). */
export function responseOf(
  secret: string,
  method: string,
  { nonce, nc, cnonce, uri }: DigestParameters,
  hash = sha256,
): string {
  return hash(`${secret}:${nonce}:${nc}:${cnonce}:auth:${hash(`${method}:${uri}`)}`)
}

/** The server's own proof in `Authentication-Info` (§3.5): computed alike, but without a method. */
export const rspauthOf = (secret: string, parameters: DigestParameters, hash = sha256): string =>
  responseOf(secret, '', parameters, hash)

/** What `charset=UTF-8` asks of names and passwords (§4). */
const normal = (text: string): string => text.normalize('NFC')
