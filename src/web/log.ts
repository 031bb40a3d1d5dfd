/** The log: one line a request, and errors nobody expected. No query, no header, no body, and no credential in any line. */
import { createRequire } from 'node:module'
import type { Context, Middleware } from 'koa'
import pino from 'pino'
import type { DestinationStream, Level, Logger } from 'pino'
import type { PrettyOptions } from 'pino-pretty'
import type { Clock } from '../lib/clock.ts'
import { redactCredentials } from './log/redact.ts'

export type Log = Logger

export type LogOptions = {
  level: Level | 'silent'
  /** Where lines go as JSON. Standard output unless told; readable there when it is a terminal. */
  destination?: DestinationStream
}

export function createLog({ level, destination }: LogOptions): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: redactCredentials },
    },
    destination ?? standardOutput(level),
  )
}

function standardOutput(level: LogOptions['level']): DestinationStream {
  // Asynchronous: a slow reader must not hold up requests. What is left is written when the process ends.
  if (!process.stdout.isTTY || level === 'silent') return pino.destination({ fd: 1, sync: false })
  // Loaded only where somebody is looking: it costs start-up time.
  const pretty = createRequire(import.meta.url)('pino-pretty') as (
    options: PrettyOptions,
  ) => DestinationStream
  return pretty({
    destination: 1,
    sync: true,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'method,route,status,refusal,ms,requestId',
    messageFormat: (line, messageKey) => inWords(line, messageKey),
  })
}

/** `GET /api/notes 401 no-credentials 2 ms <request id>`, or a message. */
function inWords(line: Record<string, unknown>, messageKey: string): string {
  const { method, route, status, refusal, ms, requestId } = line
  const time = ms === undefined ? [] : [ms, 'ms']
  const words = [line[messageKey], method, route, status, refusal, ...time, requestId]
  return words.filter((word) => typeof word === 'string' || typeof word === 'number').join(' ')
}

/** What other middleware leaves in `ctx.state` for the log. */
type LoggedState = {
  requestId?: string
  route?: string
  refusal?: string
  error?: unknown
}

/** Writes a line when a request has been handled; stands outside of everything that may refuse. */
export function logRequests({ log, clock }: { log: Log; clock: Clock }): Middleware {
  return async function logRequests(ctx, next) {
    const began = clock.now()
    try {
      await next()
    } finally {
      const { requestId, refusal, error } = ctx.state as LoggedState
      if (error !== undefined) log.error({ requestId, err: error }, 'unexpected error')
      const line = {
        requestId,
        method: ctx.method,
        route: routeOf(ctx),
        status: ctx.status,
        ms: clock.now() - began,
        ...(refusal !== undefined && { refusal }),
      }
      if (ctx.status >= 500) log.warn(line)
      else log.info(line)
    }
  }
}

/** Ids of sessions, interactions and codes are at least this long. */
const LONG_SEGMENT = 20

const MOST_ROUTE = 200

/** The pattern that matched, else the path without what may be a credential in it. */
function routeOf(ctx: Context): string {
  const { route } = ctx.state as LoggedState
  const matched: unknown = ctx['_matchedRoute']
  if (route !== undefined) return route
  if (typeof matched === 'string') return matched
  return ctx.path
    .split('/')
    .map((segment) => (segment.length >= LONG_SEGMENT ? ':long' : segment))
    .join('/')
    .slice(0, MOST_ROUTE)
}
