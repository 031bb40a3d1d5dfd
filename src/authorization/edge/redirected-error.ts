/** An error on its way to the client through the browser (RFC 6749 §4.1.2.1): its words are put into those of the catalogue. */
import type { Context } from 'koa'
import type { RefusalId } from '../../refusals/catalogue.ts'
import { Refusal } from '../../refusals/refusal.ts'
import { oauthErrorOf } from '../../refusals/problem.ts'
import type { EngineContext } from '../engine-context.ts'
import { carriesSignedError } from './signed-error.ts'

/** `response_mode=form_post`: the engine's page, which sends itself. */
const FORM_INPUT = /<input type="hidden" name="error" value="[^"]*"\/>/

/** Whether the engine's answer takes an error to the client; else it is a page or a body of its own. */
export const carriesError = (ctx: Context): boolean =>
  carriesSignedError(ctx) ||
  isRedirect(ctx) ||
  (typeof ctx.body === 'string' && FORM_INPUT.test(ctx.body))

const AUTHORIZATION = new Set(['authorization', 'resume'])

/**
 * Before the engine answers a fault of the server: it would make a page of what it does not know, though RFC 6749
 * §4.1.2.1 has codes for it. Now it goes to the app as any other error does, in the response mode that was asked for,
 * if there is an app that can be trusted with it. A refusal of ours has an answer of its own.
 */
export function letTravel(ctx: EngineContext, error: Error): void {
  if (error instanceof Refusal || !AUTHORIZATION.has(ctx.oidc.route) || !ctx.oidc.params) return
  Object.assign(error, { allow_redirect: true })
}

/** Codes of what is nobody's fault but the server's. */
const FAULTS = new Set<string>(['server_error', 'temporarily_unavailable'])

const isSeeOther = (ctx: Context): boolean => ctx.status === 303

const isRedirect = (ctx: Context): boolean =>
  isSeeOther(ctx) && /[?&#]error=/.test(ctx.response.get('Location'))

export function tellInCatalogueWords(ctx: Context, id: RefusalId, issuer: string): void {
  const words = oauthErrorOf(id, issuer)
  if (!words) return
  ctx.set('Cache-Control', 'no-store')
  // Signed, a page of the engine's has another status than unsigned.
  if (!isSeeOther(ctx) && FAULTS.has(words.error)) ctx.status = 500
  if (carriesSignedError(ctx)) return
  if (!isRedirect(ctx)) {
    ctx.body = inForm(String(ctx.body), words)
    return
  }
  const location = new URL(ctx.response.get('Location'))
  if (location.searchParams.has('error')) setAll(location.searchParams, words)
  else {
    const fragment = new URLSearchParams(location.hash.slice(1))
    setAll(fragment, words)
    location.hash = fragment.toString()
  }
  ctx.set('Location', location.href)
  ctx.body = ''
}

function setAll(params: URLSearchParams, words: object): void {
  for (const [name, value] of Object.entries(words)) params.set(name, String(value))
}

/** The values are the catalogue's and the issuer's: nothing in them needs escaping but what a URL cannot hold. */
function inForm(page: string, words: object): string {
  const inputs = Object.entries(words).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${String(value)}"/>`,
  )
  return page
    .replace(/\s*<input type="hidden" name="error_description" value="[^"]*"\/>/, '')
    .replace(FORM_INPUT, inputs.join('\n    '))
}
