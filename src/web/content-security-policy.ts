/** The security headers of every page: Content-Security-Policy (CSP Level 3) and its companions. */
import { createHash } from 'node:crypto'

export type PolicyOptions = {
  /** Addresses a form of this page may end at after redirects: the app's redirect URIs, whole. */
  formTargets?: readonly string[]
  /** Inline scripts that may run, as written between the tags. Our own pages have none. */
  inlineScripts?: readonly string[]
}

/**
 * Browsers hold every redirect that follows a form against `form-action`, even the ones the app
 * itself makes after its callback. A redirect that is not listed stops the sign-in without a word on the
 * page. So give all addresses the app registered, not only the one of this request.
 */
export function contentSecurityPolicy({
  formTargets = [],
  inlineScripts = [],
}: PolicyOptions = {}) {
  const scripts = inlineScripts.map(
    (script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  )
  return [
    "default-src 'none'",
    ...(scripts.length > 0 ? [`script-src ${scripts.join(' ')}`] : []),
    "style-src 'self'",
    "img-src 'self' data:",
    `form-action ${[...new Set(["'self'", ...formTargets.flatMap(sourcesOf)])].join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/**
 * All headers of a page, `Cache-Control` left to the caller.
 *
 * `Referrer-Policy` is `same-origin`, not `no-referrer`: under the latter browsers send
 * `Origin: null` with our own forms, which we could not tell from a foreign page.
 * No `Cross-Origin-Opener-Policy`: it would cut an app that signs people in in a pop-up window off
 * from that window for good.
 */
export function pageHeaders(options?: PolicyOptions): Record<string, string> {
  return {
    'Content-Security-Policy': contentSecurityPolicy(options),
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  }
}

/**
 * What a page of the engine's own needs that submits a form by itself (form_post, silent sign-out):
 * its script by hash, its form's address. Only for HTML the engine made, which escapes all it was given.
 */
export function policyOptionsFor(enginePage: string): Required<PolicyOptions> {
  const all = (pattern: RegExp) =>
    Array.from(enginePage.matchAll(pattern), (match) => match[1] ?? '')
  return {
    inlineScripts: all(/<script>([\s\S]*?)<\/script>/g),
    formTargets: all(/<form method="post" action="([^"]*)"/g),
  }
}

const unsafeSchemes = /^(?:about|blob|data|file|filesystem|javascript|vbscript|view-source|wss?):$/
const loopbackHost = /^(?:localhost|127(?:\.\d{1,3}){3})$|\.localhost$/

function sourcesOf(target: string): string[] {
  const url = URL.parse(target)
  if (!url || unsafeSchemes.test(url.protocol)) {
    return []
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return [url.protocol]
  }
  // The grammar knows no IPv6 address and no underscore; without this such an app could not get its answer.
  if (!/^[a-z0-9.-]+$/.test(url.hostname)) {
    return [url.protocol]
  }
  // An app on this machine is often two servers, a callback on one port and its pages on another.
  return loopbackHost.test(url.hostname)
    ? [url.origin, 'http://localhost:*', 'http://127.0.0.1:*']
    : [url.origin]
}
