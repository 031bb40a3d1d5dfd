/**
 * The certificate of a TLS client (RFC 8705), as the front that ends TLS hands it on: in a header that the operator
 * names, and that counts from the addresses in TRUST_PROXY alone. Nobody further in ever sees the header.
 */
import { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Context } from 'koa'
import { removeHeader } from './forwarding.ts'

export type ClientCertificate = {
  certificate: X509Certificate
  /** base64url SHA-256 of its DER: what `cnf["x5t#S256"]` must be (RFC 8705 §3.1). */
  thumbprint: string
  /** The front says that an authority it trusts issued it. */
  verified: boolean
}

/** Header names, in lower case. Without `certHeader` no certificate is looked for. */
export type ClientCertificateOptions = {
  certHeader?: string | undefined
  /** Where the front says SUCCESS of a certificate that it verified, as nginx does in `$ssl_client_verify`. */
  verifyHeader?: string | undefined
}

/** Returns a function that takes the headers off a request and reads them where they are believed. */
export function createCertificateReader({ certHeader, verifyHeader }: ClientCertificateOptions) {
  const names = [certHeader, verifyHeader].filter((name) => name !== undefined)
  /** Some software reads both spellings alike. */
  const spellings = new Set(names.flatMap((name) => [name, name.replaceAll('-', '_')]))

  return function takeCertificate(
    req: IncomingMessage,
    believed: boolean,
  ): ClientCertificate | undefined {
    if (certHeader === undefined) return undefined
    const given = req.headers[certHeader]
    const verified = verifyHeader !== undefined && req.headers[verifyHeader] === 'SUCCESS'
    for (const name of Object.keys(req.headers)) {
      if (spellings.has(name.replaceAll('_', '-')) || spellings.has(name)) removeHeader(req, name)
    }
    if (!believed || typeof given !== 'string') return undefined
    const certificate = parseCertificate(given)
    return certificate && { certificate, thumbprint: thumbprintOf(certificate), verified }
  }
}

/** Leaves it where `clientCertificateOf` finds it. */
export function keepCertificate(ctx: Context, certificate: ClientCertificate | undefined): void {
  if (certificate) ctx.state[KEY] = certificate
}

/** What this request's TLS client showed the front; undefined where it showed nothing, or nobody believable says so. */
export const clientCertificateOf = (ctx: Context): ClientCertificate | undefined =>
  ctx.state[KEY] as ClientCertificate | undefined

const KEY = 'clientCertificate'

/** RFC 9440 §2.1: a byte sequence of RFC 8941 with the DER. */
const BYTES = /^:([A-Za-z0-9+/]+={0,2}):$/

/** One certificate and nothing else. nginx writes it percent-encoded (`$ssl_client_escaped_cert`). */
const PEM =
  /^-----BEGIN CERTIFICATE-----\r?\n((?:[A-Za-z0-9+/=]{1,76}\r?\n)+)-----END CERTIFICATE-----\r?\n?$/

/** Undefined for whatever is not exactly one certificate in one of the two forms. */
export function parseCertificate(text: string): X509Certificate | undefined {
  const base64 = BYTES.exec(text)?.[1] ?? PEM.exec(percentDecoded(text))?.[1]?.replace(/\s/g, '')
  if (base64 === undefined) return undefined
  const der = Buffer.from(base64, 'base64')
  // Another spelling of the same bytes would be a second way to say them.
  if (der.toString('base64') !== base64) return undefined
  try {
    const certificate = new X509Certificate(der)
    return certificate.raw.equals(der) ? certificate : undefined
  } catch {
    return undefined
  }
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

/** By the DER as it came, which `fingerprint256` is too, in another spelling. */
const thumbprintOf = ({ fingerprint256 }: X509Certificate): string =>
  Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url')
