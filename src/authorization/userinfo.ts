/**
 * Userinfo as a protected resource (RFC 6750, RFC 9449 §7): the engine reads credentials otherwise than the API does,
 * so ours are read first, and what it refuses is told by the reason our own tokens have.
 */
import type { Context } from 'koa'
import type { RefusalId } from '../refusals/catalogue.ts'
import { parseAuthorization, schemeToKeep } from '../lib/http-auth.ts'
import { refuse } from '../refusals/refusal.ts'
import { userinfoProtection } from './edge/endpoints.ts'
import type { EngineContext } from './engine-context.ts'
import type { JwtAccessTokens } from './jwt-access-token.ts'

const FORM = 'application/x-www-form-urlencoded'

export function createUserinfoCredentials(jwtAccessTokens: JwtAccessTokens) {
  return {
    /** Refuses what is wrong with the credentials as such, and puts the rest into the form the engine reads. */
    prepare(ctx: Context): void {
      ctx.state['protection'] = userinfoProtection(ctx)
      ctx.state['oauth'] = true
      const lines = ctx.req.headersDistinct['authorization'] ?? []
      if (lines.length > 1) {
        refuse('multiple-authorization', {
          expected: 'one Authorization header',
          found: lines.length,
        })
      }
      const inQuery = dropQueryToken(ctx)
      const [line = ''] = lines
      const parsed = parseAuthorization(line)
      if ('fault' in parsed) {
        if (parsed.fault === 'empty') requireElsewhere(ctx, inQuery)
        else refuseFault(parsed.fault)
        return
      }
      const { scheme, token68 } = parsed
      if (scheme !== 'bearer' && scheme !== 'dpop') {
        refuse('unsupported-scheme', { expected: 'Bearer or DPoP', found: schemeToKeep(scheme) })
      }
      if (token68 === undefined) {
        refuse('credentials-malformed', { expected: 'one token68', found: 'other characters' })
      }
      // RFC 9110 §11.4 allows more than one space, and the engine one.
      ctx.req.headers.authorization = `${scheme} ${token68}`
      // A proof beside a Bearer token proves nothing; the token is judged as what it was sent as.
      if (scheme === 'bearer') delete ctx.req.headers['dpop']
      else if (ctx.req.headers['dpop'] === undefined) {
        refuse('dpop-proof-missing', { expected: 'one DPoP header', found: 'none' })
      } else if ((ctx.req.headersDistinct['dpop']?.length ?? 0) > 1) {
        refuse('dpop-proof-multiple', { expected: 'one DPoP header', found: 'several' })
      }
    },

    /** A JWT of ours that the engine did not find, or would not take, has a reason that the API would tell. */
    async explain(ctx: EngineContext, id: RefusalId): Promise<RefusalId> {
      const [scheme = '', token = ''] = (ctx.req.headers.authorization ?? '').split(' ')
      if (id === 'token-unknown') return (await jwtAccessTokens.why(token)) ?? id
      return id === 'dpop-key-mismatch' && scheme === 'bearer' ? 'dpop-token-as-bearer' : id
    },
  }
}

/** OAuth 2.1 §5.1: a token in the query is ignored. */
function dropQueryToken(ctx: Context): boolean {
  const query = new URLSearchParams(ctx.querystring)
  if (!query.has('access_token')) return false
  query.delete('access_token')
  ctx.querystring = query.toString()
  return true
}

/** RFC 6750 §2.2: a form may carry the token; the engine reads it. */
function requireElsewhere(ctx: Context, inQuery: boolean): void {
  if (ctx.method === 'POST' && ctx.is(FORM) === FORM) return
  const expected = 'an Authorization header with the scheme Bearer or DPoP'
  if (inQuery) refuse('token-in-query', { expected, found: 'access_token in the query' })
  refuse('no-credentials', { expected, found: 'no credentials' })
}

function refuseFault(fault: 'no scheme' | 'scheme only' | 'several'): never {
  switch (fault) {
    case 'several':
      return refuse('multiple-authorization', {
        expected: 'one set',
        found: 'several in one header',
      })
    case 'scheme only':
      return refuse('scheme-without-credentials', { expected: 'a token', found: 'a scheme alone' })
    case 'no scheme':
      return refuse('credentials-malformed', {
        expected: 'a scheme and a token',
        found: 'no scheme',
      })
  }
}
