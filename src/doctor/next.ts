/** What to do next, by the catalogue's verb for the client, as commands and addresses to copy. */
import { rowOf, type ClientVerb, type RefusalId } from '../refusals/catalogue.ts'
import { scopesOf } from '../resource/permission.ts'
import type { Advice } from './diagnosis.ts'
import { fixFor } from './next/fixes.ts'
import type { Kit } from './next/kit.ts'
import type { Refused } from './next/refused.ts'

/** Seconds to wait where the answer did not say. */
const SOME_TIME = 30

export async function adviceFor(refused: Refused, kit: Kit): Promise<Advice[]> {
  return byVerb[rowOf(refused.id).client](refused, kit)
}

const byVerb: Record<ClientVerb, (refused: Refused, kit: Kit) => Promise<Advice[]> | Advice[]> = {
  AUTH: anew,
  async REFRESH(refused, kit) {
    const again = kit.call(refused)
    // A program's own token has no refresh token: the next one is got as the first was.
    if (isProgram(refused)) return [await kit.programToken(refused), again]
    const signIn = refused.claims ? [] : await kit.authorize(refused, { scopes: unionOf(refused) })
    return [await kit.refresh(refused), ...signIn, again]
  },
  async REAUTH(refused, kit) {
    const scopes = unionOf(refused)
    if (isProgram(refused)) {
      return [await kit.programToken({ ...refused, scopes }), kit.call(refused)]
    }
    return [...(await kit.authorize(refused, { scopes })), kit.call(refused)]
  },
  async STEPUP(refused, kit) {
    const { acr, maxAge } = refused
    // Without openid the authorization server looks at neither.
    const scopes = ['openid', ...unionOf(refused)]
    const params = {
      ...(acr !== undefined && { acr_values: acr }),
      ...(maxAge !== undefined && { max_age: String(maxAge) }),
    }
    return [...(await kit.authorize(refused, { scopes, params })), kit.call(refused)]
  },
  PROOF: (refused, kit) => [kit.prove(refused, 'Make a new proof for this one call, and send it:')],
  NONCE(refused, kit) {
    if (refused.id.startsWith('digest-')) return [kit.digest(refused)]
    const says = 'Make a new proof with the nonce of the DPoP-Nonce header, and send it once:'
    return [kit.prove(refused, says)]
  },
  WAIT(refused, kit) {
    const seconds = refused.retryAfter ?? retryAfterOf(refused.id) ?? SOME_TIME
    const says = `Wait ${seconds} seconds, then send the same request again:`
    if (rowOf(refused.id).arises !== 'api' || !isApi(refused.path)) {
      return [{ says, command: `sleep ${seconds}` }]
    }
    return [{ says, command: `sleep ${seconds}; ${kit.call(refused).command}` }]
  },
  FIX: fixFor,
  async ASK(refused, kit) {
    if (refused.id.startsWith('basic-')) return [kit.basic(refused)]
    if (refused.id.startsWith('digest-')) return [kit.digest(refused)]
    return kit.authorize(refused, {})
  },
  STOP(refused, kit) {
    if (refused.id !== 'hidden' && refused.id !== 'forbidden') return []
    return [{ ...kit.whoami(), says: 'Look whose token it is:' }]
  },
  OPS: (_refused, kit) => [kit.health()],
  DONE: () => [],
}

/** From the beginning: a person signs in, or a program asks for itself. */
async function anew(refused: Refused, kit: Kit): Promise<Advice[]> {
  const signIn = await kit.authorize(refused, { scopes: unionOf(refused) })
  if (rowOf(refused.id).arises !== 'api') return signIn
  if (refused.id === 'unsupported-scheme') signIn.unshift(kit.resend(refused))
  return [...signIn, await kit.programToken(refused), kit.call(refused)]
}

/** The scopes that the token has, and those that the call needs. */
const unionOf = ({ claims, scopes = [] }: Refused): string[] => [
  ...new Set([...scopesOf(claims?.scope), ...scopes]),
]

/** Whether the token is one that a client got for itself (RFC 6749 §4.4). */
const isProgram = ({ claims }: Refused): boolean =>
  claims !== undefined && claims.sub === claims.client_id

const isApi = (path: string): boolean => /^\/(api|ledger)(\/|$)/.test(path)

function retryAfterOf(id: RefusalId): number | undefined {
  const value = rowOf(id).headers?.['Retry-After']
  return value === undefined ? undefined : Number(value)
}
