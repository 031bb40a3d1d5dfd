/**
 * Breakages of HTTP itself, of the address, and of the server, refused before anybody asks for a
 * token.
 */
import { without } from './breakage.ts'
import type { Breakage, GoodRequest } from './breakage.ts'

const hostOf = (good: GoodRequest): string => new URL(good.issuer).host

/** Lines as they stand, for what no list of fields could say. */
const bytes = (...lines: string[]): { bytes: string } => ({
  bytes: [...lines, '', ''].join('\r\n'),
})

export const httpBreakages = {
  'malformed-http': {
    place: 'edge',
    // The space before the colon: some read another field than others (RFC 9112 §5.1).
    request: (good) =>
      bytes(
        `GET ${good.target} HTTP/1.1`,
        `Host: ${hostOf(good)}`,
        `Authorization : Bearer ${good.token}`,
      ),
  },
  misdirected: {
    place: 'edge',
    request: (good) => ({
      ...good,
      headers: [['Host', 'other.example'], ...without(good.headers, 'host')],
    }),
  },
  'header-too-large': {
    place: 'edge',
    body: { field: 'authorization' },
    request: (good) =>
      bytes(
        `GET ${good.target} HTTP/1.1`,
        `Host: ${hostOf(good)}`,
        `Authorization: Bearer ${'a'.repeat(64 * 1024)}`,
      ),
  },
  'request-timeout': {
    place: 'edge',
    slow: true,
    request: (good) => ({ bytes: `GET ${good.target} HTTP/1.1\r\nHost: ${hostOf(good)}\r\n` }),
  },
  'uri-too-long': {
    place: 'edge',
    request: (good) => ({ ...good, target: `${good.target}?q=${'a'.repeat(9_000)}` }),
  },
  'method-unknown': { place: 'edge', request: (good) => ({ ...good, method: 'BREW' }) },
  'cross-site-form': {
    place: 'outside',
    request: (good) => ({
      method: 'POST',
      target: '/interaction/of-nobody/login',
      headers: [
        ['Host', hostOf(good)],
        ['Origin', 'https://elsewhere.example'],
        ['Content-Type', 'application/x-www-form-urlencoded'],
      ],
      body: 'login=alice&password=guess',
    }),
  },
  'not-found': { place: 'outside', request: (good) => ({ ...good, target: '/nothing-is-here' }) },
  'internal-error': {
    place: 'outside',
    faults: ['unexpected error'],
    request: (good) => good,
  },
} satisfies Record<string, Breakage>
