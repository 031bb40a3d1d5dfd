/** What a transfer is made of, checked before anything is written. */
import type { Context } from 'koa'
import { z } from 'zod'
import { refuse } from '../refusals/refusal.ts'
import { readJson } from '../web/request-body.ts'
import { isAmount, isCurrency } from './authorization-details.ts'

export type TransferInput = z.output<typeof TransferShape>

const TransferShape = z.strictObject({
  /** The `sub` of who gets it. */
  to: z
    .string()
    .min(1)
    .max(255)
    .refine((value) => value.isWellFormed(), 'has half a surrogate pair'),
  /** In the currency's smallest unit. */
  amount: z.number().refine(isAmount, 'is no whole number from 1 to 2147483647'),
  currency: z.string().refine(isCurrency, 'is no three capital letters'),
})

/** Refuses with unsupported-media-type, content-too-large, body-malformed or invalid-input, in this order. */
export async function readTransferInput(ctx: Context): Promise<TransferInput> {
  const { success, data, error } = TransferShape.safeParse(await readJson(ctx))
  if (success) return data
  const found = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  refuse('invalid-input', { check: 'body', expected: '{ to, amount, currency }', found })
}
