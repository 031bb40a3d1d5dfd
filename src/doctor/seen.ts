/** What the checks that passed saw: the other half of an explanation is what is right. */
import type { Evidence } from '../refusals/refusal.ts'
import type { Facts } from '../resource/facts.ts'
import { scopesOf } from '../resource/permission.ts'
import { inWords } from './words.ts'

type Seen = (facts: Facts) => Evidence

const seen: Readonly<Record<string, Seen>> = {
  'one set of credentials': ({ authorization }) => {
    const lines = authorization?.lines.length ?? 0
    return { found: lines === 0 ? 'no Authorization header' : 'one Authorization header' }
  },
  'known scheme': ({ authorization }) => ({ found: authorization?.lines[0]?.scheme }),
  structure: () => ({ found: 'a JWS: header, payload, signature' }),
  algorithm: ({ header }) => ({ found: header?.alg }),
  issuer: ({ wanted }) => ({ expected: wanted.issuer, found: wanted.issuer }),
  key: ({ header }) => ({ found: header?.kid }),
  type: ({ header }) => ({ found: header?.typ }),
  audience: ({ wanted, claims }) => ({ expected: wanted.audience, found: claims?.aud }),
  time: ({ claims, time, age = 0 }) =>
    typeof claims?.exp === 'number'
      ? { found: `expires in ${inWords(claims.exp - time - age)}` }
      : { found: 'no expiry is told' },
  claims: ({ claims }) => ({ found: { sub: claims?.sub, client_id: claims?.client_id } }),
  'introspected claims': ({ claims }) => ({
    found: { sub: claims?.sub, client_id: claims?.client_id },
  }),
  binding: ({ claims }) => ({
    found: claims?.cnf === undefined ? 'not bound to a key' : claims.cnf,
  }),
  standing: () => ({ found: 'not revoked' }),
  'one proof': () => ({ found: 'one DPoP header' }),
  'proof method': ({ proofClaims, request }) => ({
    expected: request?.method,
    found: proofClaims?.htm,
  }),
  'proof address': ({ proofClaims, request }) => ({
    expected: request?.url,
    found: proofClaims?.htu,
  }),
  'proof key': ({ proofKey }) => ({
    found: proofKey?.outcome === 'usable' ? proofKey.thumbprint : undefined,
  }),
  'proof nonce': ({ nonce }) => ({ found: nonce }),
  'authentication level': ({ wanted, claims }) => ({ expected: wanted.acr, found: claims?.acr }),
  scope: ({ wanted, claims }) => ({
    expected: wanted.scopes.length > 0 ? wanted.scopes : 'any token will do',
    found: scopesOf(claims?.scope),
  }),
}

export const seenBy = (check: string, facts: Facts): Evidence =>
  Object.hasOwn(seen, check) ? (seen[check]?.(facts) ?? {}) : {}
