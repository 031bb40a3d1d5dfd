/** What a token allows in detail (RFC 9396 §9.1): here, certain transfers. */
import { isObject } from '../lib/access-token.ts'

/** The type of our details. Others in a token are other APIs' business. */
export const TRANSFER = 'transfer'

/** A transfer that the person allowed. */
export type TransferDetail = {
  /** In the currency's smallest unit. */
  amount: number
  /** The `sub` of who gets it. */
  payee: string
  /** Absent: any. */
  currency?: string
}

export type AuthorizationDetails = { transfers: TransferDetail[] } | { fault: string }

/** Reads the claim; a fault says what was expected. Members that are not ours are left alone. */
export function parseAuthorizationDetails(claim: unknown): AuthorizationDetails {
  if (!Array.isArray(claim)) return { fault: 'a list' }
  const transfers: TransferDetail[] = []
  for (const detail of claim as unknown[]) {
    if (!isObject(detail) || typeof detail.type !== 'string') {
      return { fault: 'objects with a type of text' }
    }
    if (detail.type !== TRANSFER) continue
    const { amount, payee, currency } = detail
    if (!isAmount(amount)) return { fault: 'an amount of a whole number above 0' }
    if (typeof payee !== 'string' || payee === '') return { fault: 'a payee of text' }
    if (currency === undefined) transfers.push({ amount, payee })
    else if (isCurrency(currency)) transfers.push({ amount, payee, currency })
    else return { fault: 'a currency of three capital letters' }
  }
  return { transfers }
}

/** What the database can hold; more is no amount of ours. */
const MAX_AMOUNT = 2_147_483_647

export const isAmount = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) > 0 && Number(value) <= MAX_AMOUNT

export const isCurrency = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Z]{3}$/.test(value)
