/** A table: the name of a fact, and how it is gathered from a call, without ever refusing it. */
import type { Context } from 'koa'
import { denialKeys } from '../db/denylist.ts'
import type { Clock } from '../lib/clock.ts'
import { readBodyOnce } from '../web/request-body.ts'
import type { JsonObject } from './access-token.ts'
import type { Call, Gather } from './call.ts'
import {
  FORM,
  JSON_TYPE,
  bodyHoldsToken,
  mayCarryToken,
  urlHasToken,
  readAuthorization,
  readFormToken,
} from './credentials.ts'
import type { ElsewhereFacts } from './credentials.ts'
import type { IntrospectionFacts, StandingFacts } from './facts.ts'
import { faultName } from './fault-name.ts'
import { createProofGather } from './gather-proof.ts'
import type { Nonces } from './nonces.ts'
import { createSigningKeys } from './signing-keys.ts'
import type { KeysPort } from './signing-keys.ts'
import { createVerifiedTokens } from './verified-tokens.ts'
import type { KnownToken } from './verified-tokens.ts'

export type GatherPorts = {
  clock: Clock
  issuer: string
  /** Of this server alone: those of the authorization server are none (RFC 9449 §9). */
  nonces: Nonces
  keys: KeysPort
  /** RFC 7662. Throws when out of reach; whatever is no introspection answer counts as broken. */
  introspect: (token: string) => Promise<unknown>
  /** What no longer counts although its signature does, by keys such as `grant:…`. */
  standing: (
    keys: string[],
    issuedAt?: number,
  ) => Promise<{ key: string; reason: string } | undefined>
}

const NOWHERE_ELSE: ElsewhereFacts = Object.freeze({ query: false, body: 'absent' })
const GOOD: StandingFacts = Object.freeze({ outcome: 'good' })

export function createGather(ports: GatherPorts): Gather {
  const { clock, keys, introspect, standing } = ports
  const tokens = createVerifiedTokens()
  const signingKeys = createSigningKeys({ keys, clock })

  return {
    authorization(call) {
      const { facts, token } = readAuthorization(call.ctx.req.rawHeaders)
      call.token = token
      return facts
    },

    elsewhere(call) {
      const query = urlHasToken(call.ctx.url)
      if (!hasBody(call.ctx)) return query ? { query, body: 'absent' } : NOWHERE_ELSE
      return bodyFacts(call).then((body) => ({ query, body }))
    },

    structure(call) {
      const known = knownToken(call)
      if (!known) return undefined
      const { structure } = known
      return structure.outcome === 'malformed' ? structure : { outcome: structure.outcome }
    },

    header: (call) => parsed(call)?.header,
    claims: (call) => (call.facts.wanted.format === 'opaque' ? call.answer : parsed(call)?.claims),
    repeatedClaims: (call) => parsed(call)?.repeatedClaims,

    async key(call) {
      const { known, facts } = call
      if (!known || !facts.header) return undefined
      const set = await signingKeys.current()
      if (known.judgement && known.judgement.set === set) return known.judgement.key
      call.found = await signingKeys.find(set, facts.header)
      return call.found.facts
    },

    signature({ token, known, found }) {
      if (token === undefined || !known) return undefined
      if (!found) return known.judgement?.signature
      const { key, set, facts } = found
      return key && set ? tokens.verify(token, known, { key, set, facts }) : undefined
    },

    async introspection(call) {
      if (call.token === undefined) return undefined
      const { facts, answer } = await ask(introspect, call.token)
      call.answer = answer
      return facts
    },

    async standing({ facts }) {
      if (!facts.claims) return undefined
      try {
        const { iat } = facts.claims
        const denied = await standing(
          denialKeys(facts.claims),
          typeof iat === 'number' ? iat : undefined,
        )
        return denied ? { outcome: 'denied', key: denied.key, reason: denied.reason } : GOOD
      } catch (error) {
        return { outcome: 'unreachable', fault: faultName(error) }
      }
    },

    ...createProofGather(ports),
  }

  function knownToken(call: Call): KnownToken | undefined {
    if (call.token !== undefined) call.known ??= tokens.open(call.token)
    return call.known
  }

  function parsed(call: Call) {
    const structure = knownToken(call)?.structure
    return structure?.outcome === 'parsed' ? structure : undefined
  }
}

function hasBody({ req: { headers } }: Context): boolean {
  const length = headers['content-length']
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
}

/**
 * Looks into a body only where a token in it counts, or where there is no other credential and a
 * misplaced one explains the refusal. A body that is too large to look at counts as empty here; its
 * size is refused after authorization.
 */
async function bodyFacts(call: Call): Promise<ElsewhereFacts['body']> {
  const { ctx, facts } = call
  const mediaType = ctx.request.type.toLowerCase()
  const counts = mayCarryToken(ctx.method, mediaType)
  const alone = facts.authorization?.lines.every(({ shape }) => shape === 'empty') ?? true
  const readable = mediaType === FORM || mediaType === JSON_TYPE
  // Who waits to be asked for the body is told no before (RFC 9110 §10.1.1).
  const explains = alone && readable && ctx.req.headers.expect === undefined
  if (!counts && !explains) return 'absent'
  const body = await readBodyOnce(ctx)
  if (body === undefined) return 'absent'
  if (!counts) return bodyHoldsToken(body, mediaType) ? 'refused' : 'absent'
  const found = readFormToken(body)
  call.token ??= found.token
  return found.body
}

async function ask(
  introspect: GatherPorts['introspect'],
  token: string,
): Promise<{ facts: IntrospectionFacts; answer: JsonObject | undefined }> {
  let answer: unknown
  try {
    answer = await introspect(token)
  } catch (error) {
    return { facts: { outcome: 'unreachable', fault: faultName(error) }, answer: undefined }
  }
  if (!isAnswer(answer)) {
    const fault = 'the answer has no boolean "active"'
    return { facts: { outcome: 'unusable', fault }, answer: undefined }
  }
  if (!answer.active) return { facts: { outcome: 'inactive' }, answer: undefined }
  // A server may name an opaque token by the token itself, which must not be kept.
  const { jti, ...rest } = answer
  return {
    facts: { outcome: 'active' },
    answer: jti === undefined || jti === token ? rest : answer,
  }
}

const isAnswer = (answer: unknown): answer is { active: boolean; jti?: unknown } =>
  typeof answer === 'object' &&
  answer !== null &&
  typeof (answer as { active?: unknown }).active === 'boolean'
