/** The engine's own screens, drawn by our pages: errors, an expired sign-in, signing out. */
import type { Context } from 'koa'
import type { ErrorOut, KoaContextWithOIDC, errors as EngineErrors } from 'oidc-provider'
import type { Database } from '../db/client.ts'
import { hostOf } from '../directory/document-url.ts'
import type { Resources } from '../directory/resources.ts'
import type { Secrets } from '../lib/secrets.ts'
import { catalogue } from '../refusals/catalogue.ts'
import { sendPage } from '../web/send-page.ts'
import { createDeviceScreens, type DeviceScreens } from './device-screens.ts'
import { errors } from './engine.ts'
import { expiredPage } from './pages/expired.ts'
import { logoutPage, signedOutPage } from './pages/logout.ts'
import { findInteractionRequest } from './storage.ts'

export type ScreenParts = {
  db: Database
  secrets: Secrets
  /** Whether there is a doctor's page about every request. */
  doctor?: boolean
  resources: Resources
}

export type Screens = DeviceScreens & {
  renderError: (
    ctx: KoaContextWithOIDC,
    out: ErrorOut,
    error: EngineErrors.OIDCProviderError | Error,
  ) => Promise<void>
  logoutSource: (ctx: KoaContextWithOIDC, form: string) => Promise<void>
  postLogoutSuccessSource: (ctx: KoaContextWithOIDC) => Promise<void>
}

export function createScreens(parts: ScreenParts): Screens {
  return {
    ...createDeviceScreens(parts),
    async renderError(ctx, _out, error) {
      if (error instanceof errors.SessionNotFound) {
        const uid = ctx.path.split('/').pop() ?? ''
        await sendExpired(ctx, parts, uid)
      }
      // Every other error is told by the edge around the engine (edge.ts), once the engine is through with it.
    },
    async logoutSource(ctx, form) {
      const clientName = nameAfter(ctx)
      const back = ctx.oidc.session?.state as { postLogoutRedirectUri?: string } | undefined
      sendPage(ctx, logoutPage({ form, ...(clientName && { clientName }) }), {
        formTargets: back?.postLogoutRedirectUri ? [back.postLogoutRedirectUri] : [],
      })
    },
    async postLogoutSuccessSource(ctx) {
      const clientName = nameAfter(ctx)
      sendPage(ctx, signedOutPage({ ...(clientName && { clientName }) }))
    },
  }
}

/** Of an app that nobody registered here the host, as there is no room for what it calls itself beside. */
function nameAfter({ oidc: { client } }: KoaContextWithOIDC): string | undefined {
  return client && (hostOf(client.clientId) ?? client.clientName ?? client.clientId)
}

/** A sign-in that is over: offers to start the same authorization request again instead of a dead end. */
export async function sendExpired(ctx: Context, parts: ScreenParts, uid: string): Promise<void> {
  ctx.state['refusal'] = 'sign-in-expired'
  const request = await findInteractionRequest(parts, uid)
  const restartUrl = request?.device
    ? '/device'
    : request?.params && `/oauth/authorize?${queryOf(request.params)}`
  const { status } = catalogue['sign-in-expired']
  const doctorUrl = parts.doctor ? `/doctor/${String(ctx.state['requestId'])}` : undefined
  sendPage(ctx, expiredPage({ ...(restartUrl && { restartUrl }), doctorUrl }), { status })
}

function queryOf(params: Record<string, unknown>): string {
  const pairs = Object.entries(params).flatMap(([name, value]) =>
    [value].flat().flatMap((one) => (typeof one === 'string' ? [[name, one]] : [])),
  )
  return new URLSearchParams(pairs).toString()
}
