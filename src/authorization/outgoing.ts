/** Requests that the engine makes to addresses which clients registered. */

import { isLoopback } from '../config/network-names.ts'

type Fetch = typeof globalThis.fetch

/** What the engine sends along: an agent that hangs up on private and loopback addresses. */
type Guarded = RequestInit & { dispatcher?: unknown }

/**
 * The engine's guard keeps whoever registers a client from reaching into the server's own network. On a
 * developer's machine the clients are on that machine, so loopback, and nothing else, is let through when asked for.
 */
export function createOutgoingFetch({
  loopback,
  fetch = globalThis.fetch,
}: {
  loopback: boolean
  fetch?: Fetch
}): Fetch {
  return function outgoingFetch(target, options: Guarded = {}) {
    const url = new URL(target instanceof Request ? target.url : target)
    if (!loopback || !isLoopback(url.hostname)) return fetch(target, options)
    const { dispatcher, ...unguarded } = options
    return fetch(target, unguarded)
  }
}
