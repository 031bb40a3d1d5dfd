/**
 * Outages on order: a header field with a value that works once makes something behind this server fail, for the
 * request that carries it and for no other.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import type { Middleware } from 'koa'
import { DatabaseOutage } from '../db/outage.ts'
import type { Clock } from '../lib/clock.ts'
import type { Ports } from '../resource/guard.ts'
import type { Fault } from './breakages/breakage.ts'
import type { Header } from './request.ts'

export const FAULT_HEADER = 'Countersign-Fault'

const FIELD = 'countersign-fault'

/** A value that was ordered works this long. Seconds. */
const FAULT_LIFE = 60

export type Faults = {
  /** A header field whose request meets these faults: once, and within a minute. */
  order(faults: readonly Fault[]): Header
  /** Whether this is wrong for the request at hand. */
  active(fault: Fault): boolean
  /** Takes the field off the request, and runs the rest with what was ordered for its value. */
  middleware: Middleware
  /** Called before the authorization server's storage does anything. */
  interfere: () => void
  /** The same ports, which fail when it was ordered. */
  aroundPorts<Some extends Pick<Ports, 'keys' | 'introspect'>>(ports: Some): Some
}

/** What a server in trouble answers in place of its keys, and of an introspection. */
const nonsense: unknown = { error: 'ordered from the lab' }

export function createFaults({ clock }: { clock: Clock }): Faults {
  const ordered = new Map<string, { faults: ReadonlySet<Fault>; expiresAt: number }>()
  const current = new AsyncLocalStorage<ReadonlySet<Fault>>()

  const active = (fault: Fault): boolean => current.getStore()?.has(fault) ?? false

  function take(value: string): ReadonlySet<Fault> | undefined {
    const order = ordered.get(value)
    ordered.delete(value)
    return order && order.expiresAt > clock.seconds() ? order.faults : undefined
  }

  return {
    order(faults) {
      const now = clock.seconds()
      for (const [value, { expiresAt }] of ordered) if (expiresAt <= now) ordered.delete(value)
      const value = randomBytes(16).toString('base64url')
      ordered.set(value, { faults: new Set(faults), expiresAt: now + FAULT_LIFE })
      return [FAULT_HEADER, value]
    },

    active,

    middleware(ctx, next) {
      const { [FIELD]: value, ...others } = ctx.req.headers
      if (typeof value !== 'string') return next()
      ctx.req.headers = others
      const faults = take(value)
      if (!faults) return next()
      return current.run(faults, () => {
        if (active('unexpected error')) throw new Error('Ordered from the lab.')
        return next()
      })
    },

    interfere() {
      if (active('database out of reach')) throw new DatabaseOutage('Ordered from the lab.')
      if (active('storage broken')) throw new Error('Ordered from the lab.')
    },

    aroundPorts: (ports) => ({
      ...ports,
      async keys(options) {
        if (active('keys out of reach')) throw new Error('Ordered from the lab.')
        if (active('keys unusable')) return nonsense as never
        return ports.keys(options)
      },
      async introspect(token) {
        if (active('introspection out of reach')) throw new Error('Ordered from the lab.')
        if (active('introspection unusable')) return nonsense
        return ports.introspect(token)
      },
    }),
  }
}
