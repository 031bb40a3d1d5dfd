/** The engine's screens of the device flow (RFC 8628 §3.3), drawn by our pages. */
import type { Client, DeviceCode, ErrorOut, KoaContextWithOIDC } from 'oidc-provider'
import { isThrottled } from '../db/guess-limit.ts'
import type { Resources } from '../directory/resources.ts'
import { catalogue } from '../refusals/catalogue.ts'
import type { RefusalId } from '../refusals/catalogue.ts'
import { Refusal } from '../refusals/refusal.ts'
import type { Evidence } from '../refusals/refusal.ts'
import { sendPage } from '../web/send-page.ts'
import { typedUserCode } from './edge/device-form.ts'
import { errors } from './engine.ts'
import { askedScopes, wordsFor } from './interaction-request.ts'
import { expiredPage } from './pages/expired.ts'
import { deviceCodePage, deviceConfirmPage, deviceDonePage } from './pages/device.ts'
import { detailsInWords } from './rich-authorization.ts'

export type DeviceScreens = {
  userCodeInputSource: (
    ctx: KoaContextWithOIDC,
    form: string,
    out?: ErrorOut,
    error?: Error,
  ) => Promise<void>
  userCodeConfirmSource: (
    ctx: KoaContextWithOIDC,
    form: string,
    client: Client,
    deviceInfo: unknown,
    userCode: string,
  ) => Promise<void>
  successSource: (ctx: KoaContextWithOIDC) => Promise<void>
}

type ShownRefusal = { id: RefusalId; evidence: Evidence }

const shown = new WeakMap<object, ShownRefusal>()

/** The refusal that the page of this answer tells already. */
export const refusalShown = (ctx: object): ShownRefusal | undefined => shown.get(ctx)

/** The engine's errors after which the code may be typed again, by the names of their classes. */
const NO_SUCH_CODE = new Set(['NotFoundError', 'ExpiredError', 'AlreadyUsedError', 'NoCodeError'])

const unknownCode = (found: string): Refusal =>
  new Refusal('user-code-unknown', {
    check: 'user code',
    expected: 'a code that a device shows now, and nobody has answered yet',
    found,
  })

export function createDeviceScreens({ resources }: { resources: Resources }): DeviceScreens {
  function askForCode(ctx: KoaContextWithOIDC, userCode?: string, refused?: Refusal): void {
    const { person, status } = refused ? catalogue[refused.id] : {}
    if (refused) {
      shown.set(ctx, refused)
      ctx.set({ ...refused.headers })
    }
    const page = deviceCodePage({ xsrf: xsrfOf(ctx), userCode, error: person })
    sendPage(ctx, page, { status: status ?? 200 })
  }

  async function confirm(
    ctx: KoaContextWithOIDC,
    code: DeviceCode,
    client: Client,
    userCode: string,
  ): Promise<void> {
    const params = code.params ?? {}
    const asked = await askedScopes(ctx.oidc.provider, resources, params)
    const asks = [
      ...detailsInWords(params),
      ...[...asked].flatMap(([resource, names]) =>
        [...names].map((scope) => wordsFor(resources, resource, scope)),
      ),
    ]
    const { clientName: name = client.clientId, clientUri: uri } = client
    const page = deviceConfirmPage({ xsrf: xsrfOf(ctx), userCode, client: { name, uri }, asks })
    sendPage(ctx, page)
  }

  /** `verification_uri_complete` (RFC 8628 §3.3.1): the code is looked up at once, and compared by the person. */
  async function confirmTyped(ctx: KoaContextWithOIDC, typed: string): Promise<void> {
    const { DeviceCode, Client } = ctx.oidc.provider
    const userCode = typed.toUpperCase().replace(/\W/g, '')
    let code: DeviceCode | undefined
    try {
      code = await DeviceCode.findByUserCode(userCode)
    } catch (error) {
      if (!isThrottled(error)) throw error
      askForCode(ctx, typed, error)
      return
    }
    const client = code?.clientId === undefined ? undefined : await Client.find(code.clientId)
    if (!code || !client || code.error !== undefined || code.accountId !== undefined) {
      askForCode(ctx, typed, unknownCode('none, or one that is over'))
      return
    }
    await confirm(ctx, code, client, withDash(userCode))
  }

  return {
    async userCodeInputSource(ctx, _form, _out, error) {
      const typed = typedUserCode(ctx)
      if (!error) {
        if (typed === undefined) askForCode(ctx)
        else await confirmTyped(ctx, typed)
      } else if (error.name === 'AbortedError') {
        sendPage(ctx, deviceDonePage({ allowed: false }))
      } else if (NO_SUCH_CODE.has(error.name)) {
        askForCode(ctx, typed, unknownCode(error.message))
      } else if (isThrottled(error) || isUnknownCode(error)) {
        askForCode(ctx, typed, error)
      } else if (isOfAnotherPage(error)) {
        leaveUnsaved(ctx)
        const { status } = catalogue['sign-in-expired']
        sendPage(ctx, expiredPage({ restartUrl: '/device' }), { status })
      }
      // Every other error is told by the edge around the engine (edge.ts), once the engine is through with it.
    },

    async userCodeConfirmSource(ctx, _form, client, _deviceInfo, userCode) {
      const code = ctx.oidc.entities.DeviceCode
      if (code) await confirm(ctx, code, client, userCode)
    },

    async successSource(ctx) {
      sendPage(ctx, deviceDonePage({ allowed: true }))
    },
  }
}

/** The sign-in is over, or the form was shown by a page before the latest one. */
const isOfAnotherPage = (error: Error): boolean =>
  error instanceof errors.SessionNotFound ||
  (error instanceof errors.InvalidRequest &&
    /device form details|xsrf token/.test(error.error_description ?? ''))

/** The engine has begun a session for a form that is not shown, and fails to save what it never had saved. */
function leaveUnsaved(ctx: KoaContextWithOIDC): void {
  const session = ctx.oidc.session as { exp?: number; touched?: boolean } | undefined
  if (session && session.exp === undefined) session.touched = false
}

const isUnknownCode = (error: unknown): error is Refusal =>
  error instanceof Refusal && error.id === 'user-code-unknown'

/** The engine's own, which its form brings back. */
const xsrfOf = (ctx: KoaContextWithOIDC): string =>
  String((ctx.oidc.session?.state as { secret?: string } | undefined)?.secret)

/** As the engine shows them (mask `****-****`). */
const withDash = (userCode: string): string => `${userCode.slice(0, 4)}-${userCode.slice(4)}`
