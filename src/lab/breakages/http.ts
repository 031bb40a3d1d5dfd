/**
 * Breakages of HTTP itself, of the address, and of the server, refused before anybody asks for a
 * token.
 */
import { withAuthorization, without } from './breakage.ts'
import type { Breakage, GoodRequest } from './breakage.ts'

const hostOf = (good: GoodRequest): string => new URL(good.issuer).host

export const httpBreakages = {
  'malformed-http': {
    place: 'edge',
    // The space before the colon: some read another field than others (RFC 9112 §5.1).
    request: (good) => ({
      ...good,
      headers: [
        ...without(good.headers, 'authorization'),
        ['Authorization ', `Bearer ${good.token}`],
      ],
    }),
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
    request: (good) => withAuthorization(good, `Bearer ${'a'.repeat(17 * 1024)}`),
  },
  'request-timeout': {
    place: 'edge',
    slow: true,
    // The rest of the body never comes.
    request: (good) => ({
      ...good,
      method: 'POST',
      headers: [...good.headers, ['Content-Type', 'application/json'], ['Content-Length', '100']],
      body: '{"text":',
    }),
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
