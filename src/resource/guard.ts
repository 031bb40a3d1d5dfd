/** The guard of a protected API: gathers facts, runs the ordered list, stops at the first failure (RFC 6750, RFC 9068 §4). */
import type { Context, Middleware } from 'koa'
import type { RefusalId } from '../refusals/catalogue.ts'
import type { Protection } from '../refusals/challenge.ts'
import { refuse } from '../refusals/refusal.ts'
import type { Evidence } from '../refusals/refusal.ts'
import type { JsonObject } from './access-token.ts'
import { checksFor } from './checks.ts'
import { noFacts } from './facts.ts'
import type { FactName, Facts, Wanted } from './facts.ts'
import { createGather } from './gather.ts'
import type { Call, Gather, GatherPorts } from './gather.ts'
import { scopesOf } from './permission.ts'
import type { Failed } from './verdict.ts'

/** What the resource server asks of the rest; apart, `keys` and `introspect` go over HTTP. */
export type Ports = GatherPorts & {
  issuer: string
  /** Seconds granted to `exp`. */
  leeway: number
  /** Seconds from `iat` to `exp` at most; a token that claims more is not ours. */
  maxLife: number
  /** Told of every refused call, before the answer is sent. */
  report: (entry: RefusedFacts) => void
}

/** A protected API, as the guard needs to know it. */
export type ResourceFacts = {
  /** The resource identifier (RFC 8707): what `aud` must name. */
  identifier: string
  realm: string
  /** Where its metadata is (RFC 9728). */
  metadataUrl: string
  /** What its access tokens are. */
  format: 'jwt' | 'opaque'
}

/** A refused call as it can be kept and judged again: no token, no signature, no query. */
export type RefusedFacts = {
  requestId: string
  method: string
  path: string
  id: RefusalId
  check: string
  evidence: Evidence
  facts: Facts
}

/** What a good token says; in `ctx.state.access` behind the guard. */
export type Access = {
  sub: string
  clientId: string
  scopes: string[]
  aud: string | string[]
  /** Seconds since the epoch; absent when introspection does not tell. */
  exp?: number
  acr?: string
  /** Seconds since the epoch. */
  authTime?: number
  jti?: string
  grantId?: string
  /** Everything the token, or introspection, says. Frozen: it may serve other calls. */
  claims: JsonObject
}

export type Guard = (options: { resource: ResourceFacts; scope?: string }) => Middleware

/**
 * Refuses with the ids of the ordered list, or sets `ctx.state.access` and goes on. What it does NOT
 * check: whose object is asked for; see permission.ts.
 */
export function createGuard(ports: Ports): Guard {
  const gather = createGather(ports)

  return function guard({ resource, scope }) {
    const wanted: Wanted = Object.freeze({
      issuer: ports.issuer,
      audience: resource.identifier,
      format: resource.format,
      scopes: scopesOf(scope),
      leeway: ports.leeway,
      maxLife: ports.maxLife,
    })
    const protection: Protection = Object.freeze({
      realm: resource.realm,
      schemes: ['Bearer'],
      resourceMetadata: resource.metadataUrl,
      ...(scope !== undefined && { scope }),
    })

    return async function guarded(ctx, next) {
      // Before the first check, so that whatever is refused from here on can be challenged.
      ctx.state.protection = protection
      const facts = noFacts(ports.clock.now() / 1000, wanted)
      const failure = await judge(gather, newCall(ctx, facts))
      if (failure) {
        const evidence = { check: failure.check, ...failure.evidence }
        ports.report({
          requestId: String(ctx.state.requestId),
          method: ctx.method,
          path: ctx.path,
          id: failure.id,
          check: failure.check,
          evidence,
          facts,
        })
        refuse(failure.id, evidence, headersOf(failure.id))
      }
      ctx.state.access = accessOf(facts)
      return next()
    }
  }
}

const newCall = (ctx: Context, facts: Facts): Call => ({
  facts,
  ctx,
  token: undefined,
  known: undefined,
  found: undefined,
  answer: undefined,
})

/** The first failure, or undefined when the whole list passed. */
async function judge(
  gather: Gather,
  call: Call,
): Promise<(Failed & { check: string }) | undefined> {
  const { facts } = call
  for (const check of checksFor(facts.wanted.format)) {
    for (const name of check.needs) {
      if (facts[name] !== undefined) continue
      const fact = gather[name](call)
      setFact(facts, name, fact instanceof Promise ? await fact : fact)
    }
    const verdict = check.run(facts)
    if (verdict.outcome === 'failed') return { ...verdict, check: check.name }
  }
  return undefined
}

/** A check is never run without its facts: where one is missing, an earlier check had to fail. */
function setFact<Name extends FactName>(facts: Facts, name: Name, fact: Facts[Name]): void {
  if (fact === undefined) throw new Error(`The fact "${name}" cannot be gathered`)
  facts[name] = fact
}
