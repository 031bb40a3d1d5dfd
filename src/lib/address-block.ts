/** Where a request comes from, as it is counted: an address can be one of very many that its holder may choose from. */
import { isIPv6 } from 'node:net'

/**
 * A network of IPv6 is handed out as 64 bits at least, and a host may give itself any address in it (RFC 4291 §2.5.1,
 * RFC 8981), so all of it counts as one. IPv4 in the form of IPv6 (RFC 4291 §2.5.5.2) counts as what it is.
 */
export function addressBlock(address: string): string {
  const [withoutZone = ''] = address.split('%')
  if (!isIPv6(withoutZone)) return address
  const words = wordsOf(withoutZone)
  if (words.slice(0, 6).join(':') === '0:0:0:0:0:ffff') return dotted(words.slice(6))
  return `${words.slice(0, 4).join(':')}::/64`
}

/** All eight, in hexadecimal without zeros in front. */
function wordsOf(address: string): string[] {
  // The URL parser knows every way of writing one, and writes it in one way alone.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [left = [], right] = canonical.split('::').map((half) => half.split(':').filter(Boolean))
  if (right === undefined) return left
  return [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
}

const dotted = (words: readonly string[]): string =>
  words
    .map((word) => Number.parseInt(word, 16))
    .flatMap((word) => [word >> 8, word & 0xff])
    .join('.')
