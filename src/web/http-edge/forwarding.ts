/** What proxies say about a request: believed from the addresses in TRUST_PROXY, and removed from all others. */
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, isIPv6 } from 'node:net'

export type Forwarding = {
  /** The address the request came from. */
  client: string
  /** Whether the peer is one of the proxies that are believed. */
  believed: boolean
  /** The host the proxy was asked for. */
  host?: string
  /** The scheme the proxy was asked with. */
  proto?: string
}

/** Networks as settings write them: an address, or a range such as `10.0.0.0/8`. */
export type ForwardingOptions = { trustProxy: readonly string[] }

/**
 * Returns a function that reads, and cleans, the headers of one request. Of a list, the last member counts: it was
 * written by the proxy next to us, while the first may have come from the client. Names written with an underscore are
 * removed always, as some software reads both spellings alike.
 */
export function trustedForwarding({ trustProxy }: ForwardingOptions) {
  const trusted = networksOf(trustProxy)
  const isTrusted = (address: string): boolean =>
    trustProxy.length > 0 &&
    isIP(address) !== 0 &&
    trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')

  return function readForwarding(req: IncomingMessage): Forwarding {
    const peer = plainAddress(req.socket.remoteAddress ?? '')
    const believed = isTrusted(peer)
    let found = false
    for (const name in req.headers) {
      if (!FORWARDING.test(name)) continue
      found = true
      if (!believed || name.includes('_')) removeHeader(req, name)
    }
    if (!found || !believed) return { client: peer, believed }
    const last = (name: string) => listOf(req.headers[name]).at(-1)
    const host = last('x-forwarded-host')
    const proto = last('x-forwarded-proto')?.toLowerCase()
    return {
      client: clientAddress(listOf(req.headers['x-forwarded-for']), peer, isTrusted),
      believed,
      ...(host !== undefined && { host }),
      ...(proto !== undefined && { proto }),
    }
  }
}

const FORWARDING = /^(?:x[-_]forwarded[-_]|x[-_]real[-_]ip$|forwarded$)/

function networksOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', prefix] = network.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return list
}

/** From the right, the first address that is no trusted proxy: what stands left of it may be invented. */
function clientAddress(
  chain: readonly string[],
  peer: string,
  isTrusted: (address: string) => boolean,
): string {
  let client = peer
  for (const entry of chain.toReversed()) {
    const address = plainAddress(withoutPort(entry))
    if (isIP(address) === 0) break
    client = address
    if (!isTrusted(address)) break
  }
  return client
}

/** Everywhere somebody could read it. */
export function removeHeader(req: IncomingMessage, name: string): void {
  // Node makes the second view of rawHeaders when it is first asked for, so it must be asked for before they shrink.
  const { headers, headersDistinct, rawHeaders } = req
  for (const view of [headers, headersDistinct]) Reflect.deleteProperty(view, name)
  for (let at = rawHeaders.length - 2; at >= 0; at -= 2) {
    if (rawHeaders[at]?.toLowerCase() === name) rawHeaders.splice(at, 2)
  }
}

const listOf = (value: string | string[] | undefined): string[] =>
  [value ?? []]
    .flat()
    .flatMap((one) => one.split(','))
    .map((one) => one.trim())
    .filter((one) => one !== '')

/** Some proxies add a port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
const withoutPort = (entry: string): string =>
  /^\[([^\]]*)\](?::\d+)?$/.exec(entry)?.[1] ?? entry.replace(/^([\d.]+):\d+$/, '$1')

/** A server that listens on IPv6 sees IPv4 callers in a mapped form. */
const plainAddress = (address: string): string => address.replace(/^::ffff:(?=[\d.]+$)/i, '')
