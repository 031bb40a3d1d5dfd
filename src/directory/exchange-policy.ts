/** What a client may do by token exchange (RFC 8693): whose clients' tokens it takes, for which resources, and how. */
import * as z from 'zod'

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** RFC 8693 §1.1: to be the person as far as an API can tell, or to act for them by name. */
export const exchangeModes = ['impersonation', 'delegation'] as const

const names = z.array(z.string().min(1).max(500)).min(1).max(50)

export const exchangePolicy = z.strictObject({
  /** The clients whose tokens it may exchange: their ids, the seeded ones, or any. */
  subjects: z.union([z.enum(['seeded', 'any']), names]),
  /** The resources it may get tokens for. */
  audiences: names,
  modes: z
    .array(z.enum(exchangeModes))
    .min(1)
    .default([...exchangeModes]),
})

export type ExchangePolicy = Readonly<z.output<typeof exchangePolicy>>

/** Whether a policy takes tokens that were issued to this client. */
export function takesTokensOf(
  { subjects }: Pick<ExchangePolicy, 'subjects'>,
  client: { clientId: string; seeded: boolean },
): boolean {
  if (subjects === 'any') return true
  return subjects === 'seeded' ? client.seeded : subjects.includes(client.clientId)
}
