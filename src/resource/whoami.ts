/** `/api/whoami`: what the token says, for any token that is good here. */
import type Router from '@koa/router'
import { accessOf } from './guard.ts'
import type { Guard } from './guard.ts'
import type { ProtectedResource } from './metadata.ts'
import { answersJson, onlyMethods } from './representation.ts'

export function registerWhoami(
  router: Router,
  { guard, resource }: { guard: Guard; resource: ProtectedResource },
): void {
  const any = guard({ resource })

  router.all('/api/whoami', any, onlyMethods('GET', 'HEAD'), answersJson, (ctx) => {
    const { sub, clientId, scopes, aud, exp, acr, authTime, claims } = accessOf(ctx)
    // What the token does not say is undefined, and so left out of the JSON.
    ctx.body = {
      sub,
      client_id: clientId,
      scope: scopes.join(' '),
      aud,
      exp,
      acr,
      auth_time: authTime,
      cnf: claims.cnf,
      // Who acts for the person, after a delegation (RFC 8693 §4.1).
      act: claims.act,
    }
  })
}
