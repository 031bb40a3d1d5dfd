/**
 * Requests of the engine to addresses that clients registered (`jwks_uri`, `backchannel_logout_uri`). It ends every
 * connection to a special-use address, so that no client can make this server knock at doors inside (RFC 9700 §4.14
 * and the like); while developing, clients are on loopback, so there loopback is the exception.
 */
import type { Configuration } from 'oidc-provider'
import { isLoopback } from '../config/network-names.ts'

/**
 * Bytes, decompressed. The engine sets none for the last two, and whoever keeps keys at an address could fill the memory
 * with what comes from there.
 */
export const BODY_LIMITS = {
  'client_id metadata document': 5 * 1024,
  jwks_uri: 64 * 1024,
  sector_identifier_uri: 64 * 1024,
}

export type OutgoingFetch = NonNullable<Configuration['fetch']>

/** What the engine hands over beside the standard options: its guard against special-use addresses, and a time-out. */
type EngineOptions = RequestInit & { dispatcher?: unknown }

/**
 * The engine's `fetch`. With `allowLoopback` (the local profile) a URL whose host is loopback by its name goes without
 * the guard, and follows no redirect: that could lead anywhere.
 */
export function createOutgoingFetch(options: { allowLoopback: boolean }): OutgoingFetch {
  return async function outgoingFetch(url, init = {}) {
    const target = new URL(url instanceof Request ? url.url : url)
    if (!options.allowLoopback || !isLoopback(target.hostname)) return fetch(url, init)
    const { dispatcher, ...unguarded } = init as EngineOptions
    return fetch(url, { ...unguarded, redirect: 'manual' })
  }
}
