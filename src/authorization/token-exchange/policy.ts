/** Whether an exchange is allowed: by what the client is registered with, and by the subject token itself. */
import { MOST_ACTORS } from '../../db/denylist.ts'
import type { Clients } from '../../directory/clients.ts'
import { takesTokensOf, type ExchangePolicy } from '../../directory/exchange-policy.ts'
import { refuse } from '../../refusals/refusal.ts'
import type { ExchangeableClaims } from './tokens.ts'

/** Whoever is to act: the actor of the actor_token, or without one the client itself. */
export type Party = { sub: string; client_id: string }

export type Exchange = {
  client: string
  subject: ExchangeableClaims
  actor: Party | undefined
}

export async function requirePolicy(clients: Clients, clientId: string): Promise<ExchangePolicy> {
  const policy = (await clients.find(clientId))?.metadata.token_exchange
  if (policy) return policy
  refuse('token-unauthorized-client', {
    check: 'token_exchange of the client',
    expected: 'whose tokens it may exchange, and for what',
    found: 'nothing',
  })
}

/** RFC 8693 §2.2.2: what policy does not accept is an invalid request. */
export async function requireAllowed(
  clients: Clients,
  policy: ExchangePolicy,
  { client, subject, actor }: Exchange,
): Promise<void> {
  const issuedTo = await clients.find(subject.client_id)
  if (!issuedTo || !takesTokensOf(policy, issuedTo)) {
    refuse('exchange-not-allowed', {
      check: 'client of the subject_token',
      expected: policy.subjects,
      found: subject.client_id,
    })
  }
  const mode = actor ? 'delegation' : 'impersonation'
  if (!policy.modes.includes(mode)) {
    refuse('exchange-not-allowed', { check: 'mode', expected: policy.modes, found: mode })
  }
  const { may_act: named } = subject
  const party = actor ?? { sub: client, client_id: client }
  if (named !== undefined && !names(named, party)) {
    const expected = actor ? 'the actor' : 'the client'
    refuse('exchange-not-allowed', { check: 'may_act', expected, found: 'somebody else' })
  }
  if ((subject.exchanged_from?.length ?? 0) >= MOST_ACTORS) {
    refuse('exchange-not-allowed', {
      check: 'exchanges in a row',
      expected: `at most ${MOST_ACTORS}`,
      found: 'one more',
    })
  }
}

/** RFC 8693 §4.4: every member of the claim identifies the party; one that is not known here, nobody. */
function names(mayAct: unknown, party: Party): boolean {
  if (typeof mayAct !== 'object' || mayAct === null) return false
  const entries = Object.entries(mayAct)
  const known: Readonly<Record<string, string>> = party
  return entries.length > 0 && entries.every(([name, value]) => known[name] === value)
}
