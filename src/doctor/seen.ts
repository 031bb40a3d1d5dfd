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
  time: ({ claims, time }) =>
    typeof claims?.exp === 'number'
      ? { found: `expires in ${inWords(claims.exp - time)}` }
      : { found: 'no expiry is told' },
  claims: ({ claims }) => ({ found: { sub: claims?.sub, client_id: claims?.client_id } }),
  'introspected claims': ({ claims }) => ({
    found: { sub: claims?.sub, client_id: claims?.client_id },
  }),
  standing: () => ({ found: 'not revoked' }),
  scope: ({ wanted, claims }) => ({
    expected: wanted.scopes.length > 0 ? wanted.scopes : 'any token will do',
    found: scopesOf(claims?.scope),
  }),
}

export const seenBy = (check: string, facts: Facts): Evidence =>
  Object.hasOwn(seen, check) ? (seen[check]?.(facts) ?? {}) : {}
