/**
 * The `Authorization` header of a client (RFC 6749 §2.3.1), read as the API reads one: strict base64 and UTF-8, one
 * space or more after the scheme (RFC 7617 §2, RFC 9110 §11.4). The engine takes base64 without its padding or with
 * bits left over, and one space only. What stands in the credentials is form-encoded, and the engine's to decode.
 */
import type { Context } from 'koa'
import { parseBasic } from '../../lib/basic-credentials.ts'
import { parseAuthorization } from '../../lib/http-auth.ts'
import type { RefusalId } from '../../refusals/catalogue.ts'
import { refuse, type Evidence } from '../../refusals/refusal.ts'
import type { EngineContext } from '../engine-context.ts'
import { CLIENTS } from './endpoints.ts'

/** Paths where a client authenticates with the header. */
const CLIENT_PATHS = /^\/oauth\/(token|par|introspect|revoke|device)$/

const faults = new WeakMap<object, string>()

const UNAUTHENTICATED = new Set<RefusalId>(['token-invalid-client', 'introspect-unauthenticated'])

/** Where that is why a client was refused: what is wrong with its Basic credentials as such, in words of ours. */
export function basicFaultOf(ctx: Context, id: RefusalId): Evidence | undefined {
  const found = faults.get(ctx)
  if (found === undefined || !UNAUTHENTICATED.has(id)) return undefined
  const expected = 'base64 of the form-encoded client_id and secret with a colon between'
  return { check: 'client authentication', expected, found }
}

/**
 * Before the engine. Refuses more than one set of credentials; broken ones are put so that the engine refuses them in
 * its own order, after the body.
 */
export function prepareClientCredentials(ctx: Context): void {
  if (!CLIENT_PATHS.test(ctx.path)) return
  const lines = ctx.req.headersDistinct['authorization'] ?? []
  // Node keeps the first of several and hides the rest, so the engine would take whichever came first.
  if (lines.length > 1) refuseSeveral(ctx, 'one Authorization header', `${lines.length} headers`)
  const [line] = lines
  if (line === undefined) return
  const parsed = parseAuthorization(line)
  if ('fault' in parsed) {
    if (parsed.fault === 'several') refuseSeveral(ctx, 'one set of credentials', 'several')
    if (parsed.fault === 'empty') delete ctx.req.headers.authorization
    return
  }
  if (parsed.scheme !== 'basic') return
  const basic = parseBasic(line)
  if (basic.outcome === 'malformed') faults.set(ctx, basic.fault)
  ctx.req.headers.authorization = basic.outcome === 'malformed' ? 'Basic' : `Basic ${parsed.rest}`
}

function refuseSeveral(ctx: Context, expected: string, found: string): never {
  ctx.state['protection'] = CLIENTS
  ctx.state['oauth'] = true
  refuse('token-multiple-client-auth', { check: 'client authentication', expected, found })
}

/**
 * The name that a client authenticated with, whether or not there is such a client: as the engine decodes it, since
 * wrong guesses are counted by it, and one name can be encoded in many ways.
 */
export function triedClient(ctx: EngineContext): string | undefined {
  const [scheme = '', basic = ''] = (ctx.req.headers.authorization ?? '').split(' ')
  if (scheme.toLowerCase() === 'basic') {
    const [name = ''] = Buffer.from(basic, 'base64').toString('utf8').split(':')
    return formDecoded(name)
  }
  const named = ctx.oidc.client?.clientId ?? ctx.oidc.params?.['client_id']
  return typeof named === 'string' ? named : undefined
}

function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
