/** Turns a refusal into an answer: status, challenges, headers, and a body for programs or a page for people. */
import type { Context, Middleware } from 'koa'
import { rowOf, type RefusalId, type Row } from './catalogue.ts'
import { challengesFor, type Protection } from './challenge.ts'
import { oauthErrorOf, problemOf, refusalUrl } from './problem.ts'
import { Refusal, type Evidence } from './refusal.ts'

/** What `ctx.state` holds for this middleware, and what it leaves there for the log. */
export type RefusalState = {
  requestId: string
  /** Set by whoever protects an address, before the first check. */
  protection?: Protection
  /** The address speaks the format of RFC 6749 §5.2; unless told, those of the authorization server's own rows do. */
  oauth?: boolean
  refusal?: RefusalId
  /** An error nobody expected, for the log. */
  error?: unknown
}

/** Fields of a request that decide about a refusal. */
const PROVEN_BY = ['Authorization', 'DPoP', 'Origin']

export type RefusalPage = {
  id: RefusalId
  row: Row
  requestId: string
  /** The `WWW-Authenticate` lines of this answer. */
  challenges: readonly string[]
}

export type RefusalReport = {
  requestId: string
  id: RefusalId
  evidence: Evidence
  method: string
  /** Without the query. */
  path: string
  /** Fields of the answer besides those of every answer with this id, such as `Retry-After`. */
  headers: Readonly<Record<string, string>>
  /** What others left about the request. */
  state: Context['state']
  /** Where the refusal is `internal-error`. */
  error?: unknown
}

export type RespondOptions = {
  issuer: string
  /** Sends a page by setting type, headers and body; the status is kept. Without it everybody gets JSON. */
  renderPage?: (ctx: Context, page: RefusalPage) => void
  /** Told of every refusal. */
  report?: (report: RefusalReport) => void
  /** Whether there is a doctor's page about every request. */
  doctor?: boolean
  /** Which refusal an error of another kind stands for, such as a database out of reach; `internal-error` unless told. */
  refusalFor?: (error: unknown) => RefusalId | undefined
}

/** What a handler may have set for an answer that is not sent now. */
const ABOUT_THE_OTHER_ANSWER = new Set([
  'content-type',
  'content-length',
  'content-encoding',
  'content-disposition',
  'etag',
  'last-modified',
  'location',
  'www-authenticate',
])

/**
 * Catches what is thrown further in, and answers where nobody did (`not-found`). Koa itself would wipe all headers
 * on an error. Needs `ctx.state.requestId`.
 */
export function respondToRefusals(options: RespondOptions): Middleware {
  const parts = { ...options, challengesOf: rememberChallenges(options.issuer) }
  return async function respondToRefusals(ctx, next) {
    try {
      await next()
      if (!isAnswered(ctx)) throw new Refusal('not-found', { check: 'path', found: ctx.path })
    } catch (error) {
      // Nothing can be said any more: Koa ends the connection.
      if (ctx.headerSent) throw error
      answer(ctx, refusalOf(error, options), error, parts)
    }
  }
}

/** Koa's status is 404 until somebody sets a status or a body. */
const isAnswered = (ctx: Context): boolean =>
  ctx.respond === false || ctx.headerSent || ctx.status !== 404 || ctx.body != null

function refusalOf(error: unknown, { refusalFor }: RespondOptions): Refusal {
  if (error instanceof Refusal && rowOf(error.id).status >= 300) return error
  return new Refusal(refusalFor?.(error) ?? 'internal-error')
}

/** Where nobody trustworthy could be redirected to, an error meant for the app is a page (RFC 6749 §4.1.2.1). */
const statusOf = ({ status }: Row): number => (status === 303 ? 400 : status)

type AnswerParts = RespondOptions & { challengesOf: ChallengesOf }

function answer(ctx: Context, refusal: Refusal, cause: unknown, options: AnswerParts): void {
  const { id, evidence, headers } = refusal
  const state = ctx.state as RefusalState
  const { requestId } = state
  const row = rowOf(id)
  state.refusal = id
  if (cause !== refusal) state.error = cause

  for (const name of ctx.res.getHeaderNames()) {
    if (ABOUT_THE_OTHER_ANSWER.has(name)) ctx.remove(name)
  }
  const challenges = options.challengesOf(id, state.protection)
  if (challenges.length > 0) ctx.set('WWW-Authenticate', [...challenges])
  for (const [name, value] of Object.entries({ ...row.headers, ...headers })) {
    // A value that cannot be written must not turn a refusal into a server error.
    if (/^[\t\x20-\x7E]*$/.test(value)) ctx.set(name, value)
  }
  // After the protection was set, the answer depends on what the request proved (RFC 9111 §4.1).
  if (state.protection) ctx.vary(PROVEN_BY)

  if (options.renderPage && prefersHtml(ctx)) {
    options.renderPage(ctx, { id, row: { ...row, status: statusOf(row) }, requestId, challenges })
  } else {
    const { protection, oauth = row.arises === 'authorization-server' } = state
    const { issuer, doctor = false } = options
    const oauthError = oauth ? oauthErrorOf(id, issuer) : undefined
    if (oauthError && doctor) ctx.set('Link', `<${issuer}/doctor/${requestId}>; rel="help"`)
    const problem = { requestId, issuer, doctor, protection }
    ctx.set('Content-Type', oauthError ? 'application/json' : 'application/problem+json')
    ctx.body = JSON.stringify(oauthError ?? { ...problemOf(id, problem), ...refusal.members })
  }
  ctx.status = statusOf(row)
  ctx.set('Cache-Control', 'no-store')

  const unexpected = cause !== refusal && { error: cause }
  const { method, path } = ctx
  const { state: left } = ctx
  options.report?.({ requestId, id, evidence, method, path, headers, state: left, ...unexpected })
}

type ChallengesOf = (id: RefusalId, protection: Protection | undefined) => readonly string[]

/** A protection is used for many requests, and always has the same challenges. */
function rememberChallenges(issuer: string): ChallengesOf {
  const known = new WeakMap<Protection, Map<RefusalId, readonly string[]>>()
  return function challengesOf(id, protection) {
    if (!protection) return []
    const ofProtection = known.get(protection) ?? new Map<RefusalId, readonly string[]>()
    const found = ofProtection.get(id)
    if (found) return found
    const challenges = challengesFor(id, { errorUri: refusalUrl(issuer, id), ...protection })
    known.set(protection, ofProtection.set(id, challenges))
    return challenges
  }
}

/** Whether HTML is asked for before JSON: browsers that open an address do, programs do not. */
export function prefersHtml(ctx: Pick<Context, 'accepts' | 'req'>): boolean {
  // Most programs do not name it, and need no negotiation.
  if (!/html/i.test(ctx.req.headers.accept ?? '')) return false
  return ctx.accepts('application/json', 'application/problem+json', 'text/html') === 'text/html'
}
