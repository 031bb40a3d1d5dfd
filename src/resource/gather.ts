/** A table: the name of a fact, and how it is gathered from a call, without ever refusing it. */
import type { Context } from 'koa'
import { denialKeys } from '../db/denylist.ts'
import type { Clock } from '../lib/clock.ts'
import { clientCertificateOf } from '../web/http-edge/client-certificate.ts'
import { readBodyOnce } from '../web/request-body.ts'
import type { JsonObject } from './access-token.ts'
import type { Call, Gather, Stands } from './call.ts'
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
import type { CertificateFacts, Facts, IntrospectionFacts, StandingFacts } from './facts.ts'
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
  /** How many seconds older than its `iat` a token counts as. Asked together with `standing`; 0 unless given. */
  ageing?: (issuedAt: number) => Promise<number>
}

const NOWHERE_ELSE: ElsewhereFacts = Object.freeze({ query: false, body: 'absent' })
const NO_CERTIFICATE: CertificateFacts = Object.freeze({ outcome: 'none' })
const GOOD: StandingFacts = Object.freeze({ outcome: 'good' })

export function createGather(ports: GatherPorts): Gather {
  const { clock, keys, introspect, standing, ageing = async () => 0 } = ports
  const tokens = createVerifiedTokens()
  const signingKeys = createSigningKeys({ keys, clock })

  return {
    authorization(call) {
      const { facts, token } = readAuthorization(call.ctx.req.rawHeaders)
      call.token = token
      return facts
    },

    certificate({ ctx }) {
      const shown = clientCertificateOf(ctx)
      return shown ? { outcome: 'shown', thumbprint: shown.thumbprint } : NO_CERTIFICATE
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
      if (structure.outcome !== 'parsed') return structure
      return { outcome: 'parsed', signatureBytes: structure.signatureBytes }
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

    age: (call) => (mayBeAged(call.facts) ? stands(call).then(({ age }) => age) : 0),

    standing(call) {
      if (!call.facts.claims) return undefined
      return call.stands?.standing ?? stands(call).then((known) => known.standing)
    },

    ...createProofGather(ports),
  }

  /** Both are asked for at once, and once a call, as they are known by the same read of the database. */
  async function stands(call: Call): Promise<Stands> {
    const { claims = {}, wanted, time } = call.facts
    const { iat } = claims
    // Introspection has just said that it stands, and its `iat` may be an aged one.
    const issuedAt = wanted.format === 'opaque' ? time : typeof iat === 'number' ? iat : undefined
    try {
      const [denied, age] = await Promise.all([
        standing(denialKeys(claims), issuedAt),
        issuedAt === undefined ? 0 : ageing(issuedAt),
      ])
      const found: StandingFacts = denied
        ? { outcome: 'denied', key: denied.key, reason: denied.reason }
        : GOOD
      call.stands = { standing: found, age }
    } catch (error) {
      call.stands = { standing: { outcome: 'unreachable', fault: faultName(error) }, age: 0 }
    }
    return call.stands
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

/** Not what is over already, or no date; and what introspection tells is aged already. */
function mayBeAged({ claims, wanted, time }: Facts): boolean {
  if (wanted.format === 'opaque' || !claims) return false
  const { iat, exp } = claims
  return Number.isFinite(iat) && Number.isFinite(exp) && (exp as number) + wanted.leeway > time
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
