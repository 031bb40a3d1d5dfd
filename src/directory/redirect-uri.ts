/** Which URIs a person's browser may be sent to (RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1). */
import { isLoopback } from '../config/network-names.ts'
import { expandIssuer } from './issuer-placeholder.ts'

/** `native`: an app on the person's own machine, which may have a URI scheme to itself. */
export type ApplicationType = 'web' | 'native'

/** What is wrong with a URI, to follow "is", or undefined. `<issuer>` stands for this server. */
export function redirectUriFault(
  uri: string,
  issuer: string,
  application: ApplicationType = 'web',
): string | undefined {
  const url = URL.parse(expandIssuer(uri, issuer))
  if (!url) return 'no absolute URI'
  // Browsers take the line ends and tabs out and turn backslashes round: they would be sent to another address.
  if (/[^!-~]|\\/.test(uri)) return 'a URI with characters that must be percent-encoded'
  if (uri.includes('#')) return 'a URI with a fragment'
  if (url.username !== '' || url.password !== '') return 'a URI with a user name or password'
  if (url.host.includes('*')) return 'a pattern; every URI must be registered as it is'
  switch (url.protocol) {
    case 'https:':
      return undefined
    case 'http:':
      // The issuer's own pages are served where the issuer is.
      return isLoopback(url.hostname) || url.origin === issuer
        ? undefined
        : 'plain http on a host that is not loopback; use https, or localhost while developing'
  }
  // A private-use scheme is a domain name in reverse, so that two apps do not meet (RFC 8252 §7.1).
  const isPrivateUse = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(url.protocol)
  if (application === 'native' && isPrivateUse) return undefined
  return application === 'native'
    ? 'neither http on loopback, https, nor of a private scheme such as com.example.app:/callback'
    : 'neither https nor http on loopback'
}
