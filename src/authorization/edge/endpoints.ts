/** What each endpoint of the authorization server offers in a challenge, and which format its errors have. */
import type { Context } from 'koa'
import type { Protection } from '../../refusals/challenge.ts'
import type { EngineContext } from '../engine-context.ts'

/** RFC 7617 §2 allows a Basic challenge a realm and a charset, no more. */
export const CLIENTS: Protection = { realm: 'as', schemes: ['Basic'] }

/** The holder of a registration token (RFC 7591 §3, RFC 7592 §2). */
const REGISTRARS: Protection = { realm: 'as', schemes: ['Bearer'] }

const USERINFO = { realm: 'userinfo', schemes: ['Bearer', 'DPoP'], scope: 'openid' } as const
const USERINFO_BEARER: Protection = { ...USERINFO, usedScheme: 'Bearer' }
const USERINFO_DPOP: Protection = { ...USERINFO, usedScheme: 'DPoP' }

/** Route names are the engine's. */
const PROTECTIONS: Readonly<Record<string, Protection>> = {
  token: CLIENTS,
  pushed_authorization_request: CLIENTS,
  introspection: CLIENTS,
  revocation: CLIENTS,
  device_authorization: CLIENTS,
  registration: REGISTRARS,
  client: REGISTRARS,
  client_update: REGISTRARS,
  client_delete: REGISTRARS,
}

export const userinfoProtection = (ctx: Context): Protection =>
  /^dpop /i.test(ctx.req.headers.authorization ?? '') ? USERINFO_DPOP : USERINFO_BEARER

/** `oauth`: errors are RFC 6749 §5.2 JSON; a person's pages are not programs and have no such format. */
export function challengeOf(ctx: EngineContext): {
  protection: Protection | undefined
  oauth: boolean
} {
  const { route } = ctx.oidc
  const protection = route === 'userinfo' ? userinfoProtection(ctx) : PROTECTIONS[route]
  return { protection, oauth: protection !== undefined }
}
