/** Rich authorization requests (RFC 9396): the one type there is, `transfer`, and which details a token carries on. */
import type { AccessToken, ClientCredentials, KoaContextWithOIDC } from 'oidc-provider'
import { errors } from './engine.ts'
import type { EngineContext } from './engine-context.ts'

/** Money for somebody: `amount` in the currency's smallest unit, `payee` a person's `sub`. */
export type TransferDetail = { type: 'transfer'; amount: number; payee: string; currency?: string }

type Detail = Readonly<Record<string, unknown>> & { type: string }

const MEMBERS = new Set(['type', 'amount', 'payee', 'currency'])

/** RFC 9396 §5: unknown members are refused, so that nobody believes they were understood. */
function checkTransfer(_ctx: KoaContextWithOIDC, detail: Detail): void {
  const { amount, payee, currency } = detail
  const unknown = Object.keys(detail).filter((name) => !MEMBERS.has(name))
  if (unknown.length > 0) invalid(`transfer has no member ${unknown.join(', ').slice(0, 100)}`)
  if (!Number.isSafeInteger(amount) || Number(amount) < 1) {
    invalid('amount must be a whole number above nought, in the smallest unit of the currency')
  }
  if (typeof payee !== 'string' || !/^[\w.@-]{1,128}$/.test(payee))
    invalid('payee must be a person')
  if (currency !== undefined && !(typeof currency === 'string' && /^[A-Z]{3}$/.test(currency))) {
    invalid('currency must be three capital letters')
  }
}

function invalid(says: string): never {
  throw new errors.InvalidAuthorizationDetails(says)
}

export const DETAIL_TYPES = { transfer: { validate: checkTransfer } }

/** What was asked for is what the person was shown and allowed, whole: there is no part of a transfer. */
const asked = (ctx: EngineContext): Detail[] | undefined => {
  const details = ctx.oidc.params?.['authorization_details']
  return typeof details === 'string' ? (JSON.parse(details) as Detail[]) : undefined
}

/** For the code (RFC 9396 §7): all that was asked for. */
export const detailsForCode = (ctx: KoaContextWithOIDC): Detail[] | undefined =>
  asked(ctx as EngineContext)

/** For a token (RFC 9396 §6): what was granted, or those of it that the token request names. */
export function detailsForToken(
  ctx: KoaContextWithOIDC,
  _token: AccessToken | ClientCredentials,
  source?: { rar?: unknown },
): Detail[] | undefined {
  return requireGrantedDetails(ctx, source)
}

/** The same before there is a token: throws where more is asked for than was granted. */
export function requireGrantedDetails(
  ctx: KoaContextWithOIDC,
  source: { rar?: unknown } | undefined,
): Detail[] | undefined {
  const wanted = asked(ctx as EngineContext)
  const granted = source?.rar as Detail[] | undefined
  // A client that acts for itself has nobody to allow it anything.
  if (!granted) return wanted === undefined ? undefined : invalid('nothing of this was granted')
  if (!wanted) return granted
  const known = new Set(granted.map(canonical))
  if (!wanted.every((detail) => known.has(canonical(detail)))) invalid('more than was granted')
  return wanted
}

const canonical = (detail: Detail): string =>
  JSON.stringify(Object.entries(detail).sort(([a], [b]) => (a < b ? -1 : 1)))

/** In words, for the consent page. */
export function detailsInWords(params: Readonly<Record<string, unknown>>): string[] {
  const text = params['authorization_details']
  if (typeof text !== 'string') return []
  return (JSON.parse(text) as TransferDetail[]).map(({ amount, payee, currency }) => {
    const money =
      currency === undefined ? `${amount} of the smallest unit` : moneyIn(amount, currency)
    return `Transfer ${money} to ${payee}`
  })
}

function moneyIn(amount: number, currency: string): string {
  try {
    const format = new Intl.NumberFormat('en', {
      style: 'currency',
      currency,
      currencyDisplay: 'code',
    })
    const { maximumFractionDigits = 2 } = format.resolvedOptions()
    return format.format(amount / 10 ** maximumFractionDigits)
  } catch {
    return `${amount} ${currency}`
  }
}
