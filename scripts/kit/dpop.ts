/** A key of the client's own, and proofs that it has it (RFC 9449 §4). */
import { createHash, randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'

export type Prover = {
  /** The thumbprint that tokens are bound to (RFC 7638). */
  thumbprint: string
  /** The value of the `DPoP` header for this request. */
  prove(
    method: string,
    url: string,
    more?: { token?: string; nonce?: string | undefined },
  ): Promise<string>
}

export async function createProver(): Promise<Prover> {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const jwk = await exportJWK(publicKey)
  return {
    thumbprint: await calculateJwkThumbprint(jwk),
    async prove(method, url, { token, nonce } = {}) {
      const claims = {
        htm: method,
        htu: url,
        jti: randomUUID(),
        ...(token !== undefined && { ath: createHash('sha256').update(token).digest('base64url') }),
        ...(nonce !== undefined && { nonce }),
      }
      return new SignJWT(claims)
        .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
        .setIssuedAt()
        .sign(privateKey)
    },
  }
}
