/** The one button of a refusal's page: what the person can do now, besides reading. */
import type { Context } from 'koa'
import { demoSignInUrl, demoStateFor } from '../demo/sign-in.ts'
import type { ClientVerb } from '../refusals/catalogue.ts'
import type { RefusalPage, RefusalState } from '../refusals/respond.ts'

export type WayBack = { href: string; label: string }

export type WayBackParts = {
  issuer: string
  /** A client whose redirect URI is the demo's page; absent in production. */
  demoClient?: string | undefined
}

/** What a new sign-in may help against. */
const SIGN_IN: Partial<Record<ClientVerb, string>> = {
  AUTH: 'Sign in',
  REFRESH: 'Sign in again',
  REAUTH: 'Allow it',
  STEPUP: 'Confirm it is you',
}

/** Undefined where nothing but going back to the app is left. */
export function wayBack(
  ctx: Context,
  { row }: Pick<RefusalPage, 'row'>,
  { issuer, demoClient }: WayBackParts,
): WayBack | undefined {
  if (row.client === 'WAIT') {
    return ctx.method === 'GET' ? { href: ctx.url, label: 'Try again' } : undefined
  }
  const signIn = SIGN_IN[row.client]
  if (row.arises === 'api' && signIn !== undefined && demoClient !== undefined) {
    const { protection } = ctx.state as RefusalState
    const asked = (protection?.scope ?? '').split(' ').filter((scope) => scope !== 'openid')
    const url = new URL(demoSignInUrl(issuer, demoClient, ['openid', ...asked].join(' ').trim()))
    url.searchParams.set('state', demoStateFor(ctx.path))
    if (row.client === 'STEPUP' && protection?.acrValues !== undefined) {
      url.searchParams.set('acr_values', protection.acrValues)
    }
    if (row.client === 'STEPUP') url.searchParams.set('max_age', String(protection?.maxAge ?? 300))
    return { href: url.href, label: signIn }
  }
  // A person who was on the way to an app goes back to the app, not to a page for developers.
  return row.arises === 'authorization-server'
    ? undefined
    : { href: '/', label: 'To the front page' }
}
