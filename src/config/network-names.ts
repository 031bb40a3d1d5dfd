/** Addresses and names as settings write them: what is loopback, an authority, a network. */
import { BlockList, isIP, isIPv6 } from 'node:net'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

export const withoutBrackets = (host: string): string => host.replace(/^\[(.*)\]$/, '$1')

/** Whether only this machine can be meant: `localhost` and what ends in it (RFC 6761 §6.3), 127.0.0.0/8, ::1. */
export function isLoopback(host: string): boolean {
  const name = withoutBrackets(host).toLowerCase()
  if (isIP(name)) return loopback.check(name, isIPv6(name) ? 'ipv6' : 'ipv4')
  return name === 'localhost' || name.endsWith('.localhost')
}

/** A host with or without a port (RFC 3986 §3.2, no user), in lower case; undefined when it is none. */
export function parseAuthority(text: string): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9._-]*[a-z0-9])?)(:(\d{1,5}))?$/i.exec(text)
  if (!match) return undefined
  const [, host = '', , , port] = match
  if (host.startsWith('[') && !isIPv6(withoutBrackets(host))) return undefined
  if (port !== undefined && (Number(port) === 0 || Number(port) > 65535)) return undefined
  return text.toLowerCase()
}

/** An IP address or a CIDR range; undefined when it is neither. */
export function parseNetwork(text: string): string | undefined {
  const [address = '', prefix, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return undefined
  if (prefix === undefined) return address
  const longest = version === 4 ? 32 : 128
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= longest ? text : undefined
}
