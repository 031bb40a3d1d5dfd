/** Good requests to the authorization server, and the way of a made-up person through its pages, for breakages. */
import { createHash, randomBytes } from 'node:crypto'
import type { ThrowawayClient, ThrowawayPerson } from '../throwaways.ts'
import type { Arrival, Fields, Page, Walk } from '../walk.ts'
import type { Workshop } from './breakage.ts'
import type { Header, RequestParts } from '../request.ts'

export type Params = Readonly<Record<string, string | undefined>>

export type Tokens = {
  access_token: string
  refresh_token: string
  id_token: string
}

/** What an app of the lab sends along, to be sent back. */
export const STATE = 'lab'

/** Where the apps of the lab are: the demo’s page, which explains what came back. */
export const callbackOf = (issuer: string): string => `${issuer}/demo/callback`

const FORM: Header = ['Content-Type', 'application/x-www-form-urlencoded']

/** RFC 7636 §4.1. */
export const newVerifier = (): string => randomBytes(32).toString('base64url')

const challengeOf = (verifier: string): string =>
  createHash('sha256').update(verifier).digest('base64url')

/** A parameter that is undefined is left out. */
export function authorizeTarget(app: ThrowawayClient, params: Params = {}): string {
  return `/oauth/authorize?${encoded({
    response_type: 'code',
    client_id: app.id,
    redirect_uri: app.redirectUri,
    scope: 'openid profile notes:read',
    state: STATE,
    code_challenge: challengeOf('the-verifier-of-nobody-as-no-code-comes-of-it'),
    code_challenge_method: 'S256',
    ...params,
  })}`
}

/** The first request of a browser: to the authorization endpoint, without cookies. */
export const authorize = (
  workshop: Workshop,
  app: ThrowawayClient,
  params?: Params,
): RequestParts => workshop.walk().request(authorizeTarget(app, params))

export const hostHeader = ({ issuer }: Pick<Workshop, 'issuer'>): Header => [
  'Host',
  new URL(issuer).host,
]

/** A form that a program sends; a client with a secret authenticates by HTTP Basic. */
export function formPost(
  workshop: Pick<Workshop, 'issuer'>,
  target: string,
  params: Params,
  { as, headers = [] }: { as?: ThrowawayClient; headers?: readonly Header[] } = {},
): RequestParts {
  const isPublic = as !== undefined && as.secret === undefined
  return {
    method: 'POST',
    target,
    headers: [
      hostHeader(workshop),
      ...(as?.secret === undefined ? [] : [basic(as.id, as.secret)]),
      ['Accept', 'application/json'],
      FORM,
      ...headers,
    ],
    body: encoded({ ...(isPublic && { client_id: as.id }), ...params }),
  }
}

/** Neither half has a character that would be encoded (RFC 6749 §2.3.1). */
export const basic = (id: string, secret: string): Header => [
  'Authorization',
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
]

const encoded = (params: Params): string =>
  new URLSearchParams(
    Object.entries(params).filter((pair): pair is [string, string] => pair[1] !== undefined),
  ).toString()

/** The page that the browser came to; an error where it came elsewhere. */
export function pageOf({ page, landed }: Arrival): Page {
  if (!page) throw new Error(`No page, but ${landed.origin}${landed.pathname}`)
  return page
}

/** The sign-in page of an authorization request. */
export const openLogin = async (walk: Walk, app: ThrowawayClient, params?: Params): Promise<Page> =>
  pageOf(await walk.follow(walk.request(authorizeTarget(app, params))))

export const signIn = (walk: Walk, page: Page, person: ThrowawayPerson): Promise<Arrival> =>
  walk.follow(walk.form(page, { login: person.login, password: person.password }))

/** Says yes to all that the consent page shows. */
export function allow(walk: Walk, page: Page): Promise<Arrival> {
  const scope = [...page.answer.body.matchAll(/<input\b[^>]*name="scope"[^>]*>/g)].map(
    ([input]) => /value="([^"]*)"/.exec(input)?.[1] ?? '',
  )
  const fields: Fields = { scope, decision: 'allow' }
  return walk.follow(walk.form(page, fields))
}

/** Signs a made-up person in and lets them say yes; the code that the app is given, and its verifier. */
export async function codeFor(
  workshop: Workshop,
  app: ThrowawayClient,
  params?: Params,
): Promise<{ code: string; verifier: string; walk: Walk }> {
  const walk = workshop.walk()
  const verifier = newVerifier()
  const person = workshop.batch.person()
  const challenge = { code_challenge: challengeOf(verifier) }
  const login = await openLogin(walk, app, { ...challenge, ...params })
  const consent = pageOf(await signIn(walk, login, person))
  const code = (await allow(walk, consent)).landed?.searchParams.get('code')
  if (!code) throw new Error('No code came back.')
  return { code, verifier, walk }
}

export const redeem = (
  workshop: Workshop,
  app: ThrowawayClient,
  { code, verifier }: { code: string; verifier: string },
  params: Params = {},
): RequestParts =>
  formPost(
    workshop,
    '/oauth/token',
    {
      grant_type: 'authorization_code',
      code,
      redirect_uri: app.redirectUri,
      code_verifier: verifier,
      ...params,
    },
    { as: app },
  )

export const refresh = (
  workshop: Workshop,
  app: ThrowawayClient,
  refreshToken: string,
  params: Params = {},
): RequestParts =>
  formPost(
    workshop,
    '/oauth/token',
    { grant_type: 'refresh_token', refresh_token: refreshToken, ...params },
    { as: app },
  )

export async function tokensFor(
  workshop: Workshop,
  app: ThrowawayClient,
  params?: Params,
): Promise<Tokens> {
  const request = redeem(workshop, app, await codeFor(workshop, app, params))
  return (await json(workshop, request)) as Tokens
}

/** Sends a good request; throws when it is refused. */
export async function json(workshop: Workshop, request: RequestParts): Promise<unknown> {
  const { status, body } = await workshop.exchange(request)
  if (status >= 300) throw new Error(`${request.target} was refused (${status}): ${body}`)
  return body === '' ? undefined : JSON.parse(body)
}

export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'

/** A device of the lab, and the code it shows (RFC 8628 §3.2). */
export async function startDevice(workshop: Workshop): Promise<{
  device: ThrowawayClient
  deviceCode: string
  userCode: string
  poll: RequestParts
}> {
  const grants = [DEVICE_CODE, 'refresh_token'] as const
  const device = workshop.batch.client({
    redirect_uris: [],
    grant_types: [...grants],
    token_endpoint_auth_method: 'none',
  })
  const asked = formPost(workshop, '/oauth/device', { scope: 'notes:read' }, { as: device })
  const codes = (await json(workshop, asked)) as { device_code: string; user_code: string }
  const { device_code: deviceCode, user_code: userCode } = codes
  const params = { grant_type: DEVICE_CODE, device_code: deviceCode }
  return {
    device,
    deviceCode,
    userCode,
    poll: formPost(workshop, '/oauth/token', params, { as: device }),
  }
}
