/** A device without a keyboard, and the person who answers for it at a browser of their own (RFC 8628). */
import type { ExecutionContext } from 'ava'
import { createBrowser, type Arrival, type Browser, type Page } from '../../scripts/kit/browser.ts'
import { rowOf, type RefusalId } from '../../src/refusals/catalogue.ts'
import {
  isConsent,
  isLogin,
  isSecondStep,
  post,
  scopesOn,
  shownCode,
  signIn,
  type App,
  type Answered,
} from './person.ts'
import type { TestServer } from './start.ts'

export const TV: App = { id: 'tv', redirectUri: '' }

export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'

export type DeviceAnswer = {
  device_code: string
  user_code: string
  verification_uri: string
  verification_uri_complete: string
  expires_in: number
  interval: number
}

export async function startDevice(
  issuer: string,
  params: Record<string, string> = {},
  app: App = TV,
): Promise<DeviceAnswer & { poll: (as?: App) => Promise<Answered> }> {
  const scope = 'openid profile notes:read'
  const { status, body } = await post(`${issuer}/oauth/device`, { scope, ...params }, app)
  if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`)
  const codes = body as unknown as DeviceAnswer
  return {
    ...codes,
    poll: (as = app) =>
      post(
        `${issuer}/oauth/token`,
        { grant_type: DEVICE_CODE, device_code: codes.device_code },
        as,
      ),
  }
}

/** The page an arrival is at; an error where the browser has left. */
export function pageAt({ page, landed }: Arrival): Page {
  if (!page) throw new Error(`left for ${landed.href}`)
  return page
}

/** Types a code on the page for it. */
export async function typeCode(browser: Browser, userCode: string): Promise<Page> {
  const page = pageAt(await browser.open('/device'))
  return pageAt(await browser.submit(page, { user_code: userCode }))
}

export const decide = async (
  browser: Browser,
  page: Page,
  decision: 'allow' | 'deny',
): Promise<Page> => pageAt(await browser.submit(page, {}, ['decision', decision]))

/** From the address of the QR code to the last page. */
export async function allowDevice(
  issuer: string,
  { user_code: userCode }: Pick<DeviceAnswer, 'user_code'>,
  { browser = createBrowser(issuer), login = 'alice' } = {},
): Promise<Page> {
  let page = pageAt(await browser.open(`/device?user_code=${userCode}`))
  page = await decide(browser, page, 'allow')
  if (isLogin(page)) page = pageAt(await signIn(browser, page, login))
  if (isSecondStep(page)) page = pageAt(await browser.submit(page, { code: shownCode(page) }))
  if (isConsent(page)) {
    page = pageAt(await browser.submit(page, { scope: scopesOn(page) }, ['decision', 'allow']))
  }
  return page
}

/** RFC 6749 §5.2, in the words of the row, and without a challenge. */
export function assertRefused(
  t: ExecutionContext,
  server: TestServer,
  answer: Answered,
  id: RefusalId,
): void {
  const { status, error, description } = rowOf(id)
  t.is(answer.status, status, id)
  t.deepEqual(answer.body, {
    error,
    error_description: description,
    error_uri: server.url(`/refusals/${id}`),
  })
  t.is(answer.headers.get('cache-control'), 'no-store')
  t.is(answer.headers.get('www-authenticate'), null)
}

/** What the doctor says of an answer. */
export async function diagnosed(server: TestServer, headers: Headers): Promise<unknown> {
  const requestId = headers.get('x-request-id') ?? ''
  const response = await fetch(server.url(`/doctor/${requestId}`), {
    headers: { accept: 'application/json' },
  })
  return ((await response.json()) as { refusal: unknown }).refusal
}
