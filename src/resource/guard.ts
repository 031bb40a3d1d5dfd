/**
 * The guard of a protected API: gathers facts, runs the ordered list, stops at the first failure
 * (RFC 6750, RFC 9068 §4, RFC 9449 §7, RFC 9470).
 */
import type { Context, Middleware } from 'koa'
import type { Once } from '../db/once.ts'
import type { RefusalId } from '../refusals/catalogue.ts'
import { refuse } from '../refusals/refusal.ts'
import type { Evidence } from '../refusals/refusal.ts'
import type { JsonObject } from '../lib/access-token.ts'
import { newCall } from './call.ts'
import type { Call, Gather } from './call.ts'
import { afterwards, checksFor } from './checks.ts'
import type { Check } from './checks.ts'
import { isDpop } from './credentials.ts'
import { noFacts } from './facts.ts'
import type { FactName, Facts, Wanted } from './facts.ts'
import { createGather } from './gather.ts'
import type { GatherPorts } from './gather.ts'
import { scopesOf } from './permission.ts'
import { useProof } from './proof-use.ts'
import { createProtections } from './protections.ts'
import type { Guarding } from './protections.ts'
import type { Failed } from './verdict.ts'

/** What the resource server asks of the rest; apart, `keys` and `introspect` go over HTTP. */
export type Ports = GatherPorts & {
  /** Shared by all processes: where proofs are remembered. */
  once: Pick<Once, 'use'>
  /** Whether a proof counts only with a nonce. */
  nonceRequired: boolean
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

export type Guard = (options: Guarding) => Middleware

/** What the guard found out about the caller; only behind the guard. */
export const accessOf = (ctx: Pick<Context, 'state'>): Access => ctx.state.access as Access

const wantedBy = new WeakMap<Middleware, Wanted>()

/** What a guard asks for, for whoever judges a call without making it; undefined for other middleware. */
export const wantedOf = (middleware: Middleware): Wanted | undefined => wantedBy.get(middleware)

/**
 * Refuses with the ids of the ordered list, or sets `ctx.state.access` and goes on. What it does NOT
 * check: whose object is asked for; see permission.ts.
 */
export function createGuard(ports: Ports): Guard {
  const gather = createGather(ports)
  const { clock, issuer, leeway, maxLife, nonceRequired, nonces, once, report } = ports

  return function guard(guarding) {
    const { resource, scope, acr, maxAge } = guarding
    const wanted: Wanted = {
      issuer,
      audience: resource.identifier,
      format: resource.format,
      scopes: Object.freeze(scopesOf(scope)),
      leeway,
      maxLife,
      ...(acr !== undefined && { acr }),
      ...(maxAge !== undefined && { maxAge }),
      nonceRequired,
    }
    const protections = createProtections(guarding)

    const guarded: Middleware = async (ctx, next) => {
      // Before the first check, so that whatever is refused from here on can be challenged.
      ctx.state.protection = protections.any
      const facts = noFacts(clock.now() / 1000, wanted)
      // For the journal, also where the call is let in here and refused further in.
      ctx.state.judged = { list: 'token', facts }
      const call = newCall(ctx, facts)
      facts.authorization = gather.authorization(call)
      const withProof = isDpop(facts.authorization)
      let failure = await judge(gather, call, checksFor(wanted.format, withProof))
      if (!failure && withProof) {
        facts.proofUse = await useProof(once, facts)
        failure = failureOf(afterwards, facts)
      }
      if (failure) {
        const { id, evidence } = failure
        // The issuer is judged before the signature; the answer names it only to those who have a token of ours.
        const isUnproven = id === 'token-wrong-issuer' && !(await isProven(gather, call))
        ctx.state.protection = protections.of(id, facts, isUnproven)
        addWhatIsKnown(gather, call)
        const { method, path } = ctx
        report({ requestId: String(ctx.state.requestId), method, path, id, evidence, facts })
        refuse(id, evidence, id === 'dpop-nonce-required' ? nonceHeader() : {})
      }
      ctx.state.access = accessFrom(facts.claims ?? {})
      ctx.set('Cache-Control', 'no-store')
      // The next one in time, so that the client need not be refused to get it (RFC 9449 §8.2).
      if (facts.nonce === 'previous') ctx.set(nonceHeader())
      return next() as Promise<void>
    }
    wantedBy.set(guarded, wanted)
    return guarded
  }

  function nonceHeader(): Record<string, string> {
    return { 'DPoP-Nonce': nonces.current() }
  }
}

/** The first failure, or undefined when the whole list passed. */
async function judge(
  gather: Gather,
  call: Call,
  checks: readonly Check[],
): Promise<Failed | undefined> {
  const { facts } = call
  for (const check of checks) {
    for (const name of check.needs) {
      if (name === 'proofUse' || facts[name] !== undefined) continue
      const fact = gather[name](call)
      setFact(facts, name, fact instanceof Promise ? await fact : fact)
    }
    const failure = failureOf(check, facts)
    if (failure) return failure
  }
  return undefined
}

function failureOf(check: Check, facts: Facts): Failed | undefined {
  const verdict = check.run(facts)
  if (verdict.outcome === 'passed') return undefined
  return { ...verdict, evidence: { check: check.name, ...verdict.evidence } }
}

/** What a token and a proof that were taken apart say; nobody asked for it yet, but later findings need it. */
function addWhatIsKnown(gather: Gather, call: Call): void {
  const { facts } = call
  if (facts.structure) {
    facts.header ??= gather.header(call)
    facts.claims ??= gather.claims(call)
    facts.repeatedClaims ??= gather.repeatedClaims(call)
    facts.certificate ??= gather.certificate(call)
    // Nobody asked, and a refused call is not worth asking for: the token's own times are judged.
    facts.age ??= 0
  }
  if (!call.proof) return
  facts.request ??= gather.request(call)
  facts.tokenHash ??= gather.tokenHash(call)
  facts.proofStructure ??= gather.proofStructure(call)
  facts.proofHeader ??= gather.proofHeader(call)
  facts.proofClaims ??= gather.proofClaims(call)
  facts.repeatedProofClaims ??= gather.repeatedProofClaims(call)
  facts.nonce ??= gather.nonce(call)
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
