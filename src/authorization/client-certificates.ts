/** Clients that authenticate with a TLS certificate, and tokens bound to one (RFC 8705), from what the front hands on. */
import { isIP } from 'node:net'
import type { Context } from 'koa'
import type { X509Certificate } from 'node:crypto'
import { clientCertificateOf } from '../web/http-edge/client-certificate.ts'

export type MutualTls = {
  /** Whether certificates reach us at all. */
  enabled: boolean
  /** Whether the front says which of them an authority issued: without that no name in one counts (RFC 8705 §2.1). */
  verifies: boolean
}

/** The engine's feature. Its helpers must answer at once. */
export const createMutualTls = ({ enabled, verifies }: MutualTls) => ({
  enabled,
  certificateBoundAccessTokens: enabled,
  selfSignedTlsClientAuth: enabled,
  tlsClientAuth: enabled && verifies,
  getCertificate: (ctx: Context) => clientCertificateOf(ctx)?.certificate,
  certificateAuthorized: (ctx: Context) => clientCertificateOf(ctx)?.verified ?? false,
  certificateSubjectMatches: (ctx: Context, property: string, expected: string) => {
    const found = clientCertificateOf(ctx)
    return found !== undefined && subjectMatches(found.certificate, property, expected)
  },
})

/** The authentication methods that come with it. */
export const certificateMethods = ({ enabled, verifies }: MutualTls) => [
  ...(enabled ? (['self_signed_tls_client_auth'] as const) : []),
  ...(enabled && verifies ? (['tls_client_auth'] as const) : []),
]

/** The kinds of names as Node tells them. */
const KINDS: Readonly<Record<string, string>> = {
  tls_client_auth_san_dns: 'DNS',
  tls_client_auth_san_uri: 'URI',
  tls_client_auth_san_ip: 'IP Address',
  tls_client_auth_san_email: 'email',
}

/** RFC 8705 §2.1.2. Letter for letter, but for the spelling of an IPv6 address; a name that cannot be read fits nothing. */
export function subjectMatches(
  certificate: X509Certificate,
  property: string,
  expected: string,
): boolean {
  if (property === 'tls_client_auth_subject_dn') return expected === subjectOf(certificate)
  const kind = KINDS[property]
  if (kind === undefined) return false
  const spelt = kind === 'IP Address' ? addressOf : (value: string) => value
  const wanted = spelt(expected)
  if (wanted === undefined) return false
  return namesOf(certificate).some((name) => name.kind === kind && spelt(name.value) === wanted)
}

/** RFC 4514: the last part comes first. Node has escaped each part by the same rules, and gives it a line. */
const subjectOf = ({ subject }: X509Certificate): string => subject.split('\n').reverse().join(',')

/** Node quotes a name that holds what would divide it from the next one. */
function namesOf({ subjectAltName = '' }: X509Certificate): { kind: string; value: string }[] {
  return [
    ...subjectAltName.matchAll(/(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?=, |$)/g),
  ].map(([, kind = '', value = '']) => ({
    kind,
    value: value.startsWith('"') ? (JSON.parse(value) as string) : value,
  }))
}

function addressOf(text: string): string | undefined {
  if (isIP(text) === 4) return text
  return isIP(text) === 6 ? URL.parse(`http://[${text}]`)?.hostname : undefined
}
