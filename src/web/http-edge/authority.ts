/** Whether a request is well addressed: one Host, an authority this server answers for, a target of a known form (RFC 9112 §3). */
import type { IncomingMessage } from 'node:http'
import type { RefusalId } from '../../refusals/catalogue.ts'
import type { Evidence } from '../../refusals/refusal.ts'

export type AuthorityOptions = {
  issuer: string
  /** The listening port. */
  port: () => number
  /** Further authorities that are served, in lower case. */
  allowedHosts: readonly string[]
}

export type Verdict =
  | {
      outcome: 'accepted'
      /** In origin form, or `*`. */
      target: string
      /** The request named another authority than the issuer's. */
      alias: boolean
    }
  | { outcome: 'refused'; id: RefusalId; evidence: Evidence; headers?: Record<string, string> }

export type AuthorityGuard = (
  req: Pick<IncomingMessage, 'method' | 'url' | 'httpVersion' | 'rawHeaders'>,
  /** What a trusted proxy says it was asked for; then its own Host is not judged. */
  forwardedHost?: string,
) => Verdict

/** The header fields together. Bytes. */
export const MAX_HEADER_SIZE = 16 * 1024

/** A colon, a space and a line end, which Node does not count; a flood of tiny fields is mostly these. */
const SEPARATORS = 4

/** Characters of a request target, in whatever form. */
const MAX_TARGET = 8 * 1024

/** What some address of this server takes. Which, is told by each address itself. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
export const ALLOWED_METHODS = METHODS.join(', ')

/** A host without user, and perhaps a port (RFC 3986 §3.2.2, §3.2.3). */
const AUTHORITY = /^(?:\[[0-9a-f:.]+\]|[a-z0-9\-._~%!$&'()*+,;=]*)(?::\d*)?$/i
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]']

/** Also the guard against DNS rebinding: a stranger's page can send requests here, but not name us. */
export function createAuthorityGuard({
  issuer,
  port,
  allowedHosts,
}: AuthorityOptions): AuthorityGuard {
  const { host: issuerHost, protocol } = new URL(issuer)
  const served = new Set(allowedHosts.map((host) => withoutDefaultPort(host, protocol)))

  /** Loopback names are reached without a proxy, so their default port is that of http. */
  function isServed(authority: string): boolean {
    const plain = withoutDefaultPort(authority, 'http:')
    return (
      served.has(withoutDefaultPort(authority, protocol)) ||
      LOOPBACK_NAMES.some((name) => plain === withoutDefaultPort(`${name}:${port()}`, 'http:'))
    )
  }

  function judgeAuthority(authority: string): 'issuer' | 'alias' | 'foreign' {
    if (authority === issuerHost) return 'issuer'
    const normal = authority.toLowerCase()
    if (withoutDefaultPort(normal, protocol) === issuerHost) return 'issuer'
    return isServed(normal) ? 'alias' : 'foreign'
  }

  return function judgeAuthorityOf(req, forwardedHost) {
    const { method = '', url = '' } = req
    const framing = judgeFraming(req)
    if (typeof framing !== 'string') return framing
    if (url.length > MAX_TARGET) {
      return refused('uri-too-long', 'target', `at most ${MAX_TARGET}`, url.length)
    }
    const form = readTarget(method, url)
    if (!form) {
      // The query stays out of evidence, as there may be a token in it.
      const [found = ''] = url.split('?', 1)
      return refused('malformed-http', 'target', 'a path, or the absolute form', found)
    }
    if (form.scheme !== undefined && !isOurScheme(form.scheme, protocol)) {
      return refused('misdirected', 'target', protocol, form.scheme)
    }
    const authority = form.authority ?? forwardedHost ?? framing
    const standing = judgeAuthority(authority)
    if (standing === 'foreign') return refused('misdirected', 'authority', issuerHost, authority)
    if (!METHODS.includes(method)) return judgeMethod(method)
    return { outcome: 'accepted', target: form.target, alias: standing === 'alias' }
  }
}

function refused(id: RefusalId, check: string, expected: unknown, found: string | number): Verdict {
  const short = typeof found === 'string' ? found.slice(0, 200) : found
  return { outcome: 'refused', id, evidence: { check, expected, found: short } }
}

/** The one Host, or the refusal. From `rawHeaders`, as Node keeps the first of several and hides the rest. */
function judgeFraming(req: Parameters<AuthorityGuard>[0]): string | Verdict {
  const { httpVersion, rawHeaders } = req
  if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    return refused('malformed-http', 'version', 'HTTP/1.1', httpVersion)
  }
  const hosts: string[] = []
  let size = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    const value = rawHeaders[at + 1] ?? ''
    size += name.length + value.length + SEPARATORS
    if (name.length === 4 && name.toLowerCase() === 'host') hosts.push(value)
    else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
      // Other codings are not decoded, and in HTTP/1.0 they are a way to smuggle (RFC 9112 §6.1).
      if (value.toLowerCase() !== 'chunked' || httpVersion === '1.0') {
        return refused('malformed-http', 'transfer coding', 'chunked, in HTTP/1.1', value)
      }
    }
  }
  if (size > MAX_HEADER_SIZE) {
    return refused('header-too-large', 'header size', `at most ${MAX_HEADER_SIZE}`, size)
  }
  const [host] = hosts
  if (host === undefined || hosts.length > 1) {
    return refused('malformed-http', 'host', 'exactly one Host', hosts.length)
  }
  if (!AUTHORITY.test(host)) return refused('malformed-http', 'host', 'a host and a port', host)
  return host
}

type Target = { target: string; authority?: string; scheme?: string }

/** Origin form, absolute form, or asterisk form (RFC 9112 §3.2); undefined for all others. */
function readTarget(method: string, url: string): Target | undefined {
  // libSQL and C libraries end a string at NUL, so a name with it could pass for another.
  if (url.includes('#') || url.includes('\0') || url.includes('%00')) return undefined
  if (url.startsWith('/')) return { target: url }
  if (url === '*') return method === 'OPTIONS' ? { target: '*' } : undefined
  const [, scheme, authority, rest] = /^([a-z][a-z0-9+.-]*):\/\/([^/?]*)(.*)$/i.exec(url) ?? []
  if (scheme === undefined || authority === undefined || rest === undefined) return undefined
  if (authority === '' || !AUTHORITY.test(authority)) return undefined
  const target = rest === '' && method === 'OPTIONS' ? '*' : rest.replace(/^(?!\/)/, '/')
  return { target, authority, scheme: scheme.toLowerCase() }
}

/** Behind a proxy that ends TLS, what arrives here is http although the issuer is https. */
const isOurScheme = (scheme: string, protocol: string): boolean =>
  scheme === 'http' || `${scheme}:` === protocol

function judgeMethod(method: string): Verdict {
  const expected = METHODS
  const evidence = { check: 'method', expected, found: method }
  return method === 'TRACE'
    ? {
        outcome: 'refused',
        id: 'method-not-allowed',
        evidence,
        headers: { Allow: ALLOWED_METHODS },
      }
    : { outcome: 'refused', id: 'method-unknown', evidence }
}

const withoutDefaultPort = (authority: string, protocol: string): string =>
  authority.replace(protocol === 'https:' ? /:(?:443)?$/ : /:(?:80)?$/, '')
