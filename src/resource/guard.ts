/**
 * The guard of a protected API: gathers facts, runs the ordered list, stops at the first failure
 * (RFC 6750, RFC 9068 §4).
 */
import type { Context, Middleware } from 'koa'
import type { RefusalId } from '../refusals/catalogue.ts'
import type { Protection } from '../refusals/challenge.ts'
import { refuse } from '../refusals/refusal.ts'
import type { Evidence } from '../refusals/refusal.ts'
import type { JsonObject } from './access-token.ts'
import { checksFor } from './checks.ts'
import { noFacts } from './facts.ts'
import type { FactName, Facts, Wanted } from './facts.ts'
import { createGather, newCall } from './gather.ts'
import type { Call, Gather, GatherPorts } from './gather.ts'
import type { ProtectedResource } from './metadata.ts'
import { scopesOf } from './permission.ts'
import type { Failed } from './verdict.ts'

/** What the resource server asks of the rest; apart, `keys` and `introspect` go over HTTP. */
export type Ports = GatherPorts & {
  issuer: string
  /** Seconds granted to `exp`. */
  leeway: number
  /** Seconds from `iat` to `exp` at most; a token that claims more is not ours. */
  maxLife: number
  /** Told of every call that the list refused, before the answer is sent. */
  report: (entry: RefusedFacts) => void
}

/** A refused call as it can be kept and judged again: no token, no signature, no query. */
export type RefusedFacts = {
  requestId: string
  method: string
  path: string
  id: RefusalId
  evidence: Evidence
  facts: Facts
}

/** What a good token says. */
export type Access = {
  sub: string
  clientId: string
  scopes: string[]
  aud: string | readonly string[]
  /** Seconds since the epoch; undefined where introspection does not tell. */
  exp: number | undefined
  acr: string | undefined
  /** Seconds since the epoch. */
  authTime: number | undefined
  jti: string | undefined
  grantId: string | undefined
  /** All that the token, or introspection, says. Frozen: it may serve other calls. */
  claims: JsonObject
}

export type Guard = (options: { resource: ProtectedResource; scope?: string }) => Middleware

/** What the guard found out about the caller; only behind the guard. */
export const accessOf = (ctx: Pick<Context, 'state'>): Access => ctx.state.access as Access

/**
 * Refuses with the ids of the ordered list, or sets `ctx.state.access` and goes on. What it does NOT
 * check: whose object is asked for; see permission.ts.
 */
export function createGuard(ports: Ports): Guard {
  const gather = createGather(ports)
  const { clock, issuer, leeway, maxLife, report } = ports

  return function guard({ resource, scope }) {
    const { identifier, format, realm, metadataUrl } = resource
    const scopes = Object.freeze(scopesOf(scope))
    const wanted: Wanted = { issuer, audience: identifier, format, scopes, leeway, maxLife }
    const protection: Protection = {
      realm,
      schemes: ['Bearer'],
      resourceMetadata: metadataUrl,
      ...(scope !== undefined && { scope }),
    }

    const unproven: Protection = { ...protection, unproven: true }

    return async function guarded(ctx, next) {
      // Before the first check, so that whatever is refused from here on can be challenged.
      ctx.state.protection = protection
      const facts = noFacts(clock.now() / 1000, wanted)
      const call = newCall(ctx, facts)
      const failure = await judge(gather, call)
      if (failure) {
        const { id, evidence } = failure
        // The issuer is judged before the signature; the answer names it only to those who have a token of ours.
        if (id === 'token-wrong-issuer' && !(await isProven(gather, call))) {
          ctx.state.protection = unproven
        }
        addWhatIsKnown(gather, call)
        const { method, path } = ctx
        report({ requestId: String(ctx.state.requestId), method, path, id, evidence, facts })
        refuse(id, evidence)
      }
      ctx.state.access = accessFrom(facts.claims ?? {})
      ctx.set('Cache-Control', 'no-store')
      return next() as Promise<void>
    }
  }
}

/** The first failure, or undefined when the whole list passed. */
async function judge(gather: Gather, call: Call): Promise<Failed | undefined> {
  const { facts } = call
  for (const check of checksFor(facts.wanted.format)) {
    for (const name of check.needs) {
      if (facts[name] !== undefined) continue
      const fact = gather[name](call)
      setFact(facts, name, fact instanceof Promise ? await fact : fact)
    }
    const verdict = check.run(facts)
    if (verdict.outcome === 'failed') {
      return { ...verdict, evidence: { check: check.name, ...verdict.evidence } }
    }
  }
  return undefined
}

/** What a token that was taken apart says; nobody asked for it yet, but later findings need it. */
function addWhatIsKnown(gather: Gather, call: Call): void {
  const { facts } = call
  if (!facts.structure) return
  facts.header ??= gather.header(call)
  facts.claims ??= gather.claims(call)
  facts.repeatedClaims ??= gather.repeatedClaims(call)
  // Nobody asked, and a refused call is not worth asking for: the token's own times are judged.
  facts.age ??= 0
}

/** Whether the issuer's key made the signature of a token that was refused before it came to that. */
async function isProven(gather: Gather, call: Call): Promise<boolean> {
  call.facts.key = await gather.key(call)
  call.facts.signature = await gather.signature(call)
  return call.facts.signature === 'valid'
}

/** No check runs without its facts. Where one cannot be known, an earlier check had to fail. */
function setFact<Name extends FactName>(facts: Facts, name: Name, fact: Facts[Name]): void {
  if (fact === undefined) throw new Error(`The fact "${name}" is not known`)
  facts[name] = fact
}

/** Only from claims that passed the list, which is what these casts rest on. */
const accessFrom = (claims: JsonObject): Access => ({
  sub: (claims.sub ?? claims.client_id) as string,
  clientId: claims.client_id as string,
  scopes: scopesOf(claims.scope),
  aud: claims.aud as string | readonly string[],
  exp: claims.exp as number | undefined,
  acr: claims.acr as string | undefined,
  authTime: claims.auth_time as number | undefined,
  jti: claims.jti as string | undefined,
  grantId: claims.grant_id as string | undefined,
  claims,
})
