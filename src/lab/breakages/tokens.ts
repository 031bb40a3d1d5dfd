/**
 * Breakages of the access token, from its text to the person behind it, each leaving everything
 * else good.
 */
import type { TokenOptions } from '../mint.ts'
import { withToken } from './breakage.ts'
import type { Breakage, GoodRequest } from './breakage.ts'
import type { RequestParts } from '../request.ts'

const SCOPE = 'notes:read notes:write'

/** The good request with another token of the same person. */
async function minted(good: GoodRequest, options: TokenOptions): Promise<RequestParts> {
  return withToken(good, await good.mint.mint({ sub: good.sub, scope: SCOPE, ...options }))
}

/** The same with dates of its own: seconds from now. */
async function dated(good: GoodRequest, offsets: Record<string, number>): Promise<RequestParts> {
  const { header, payload } = await good.mint.parts({ sub: good.sub, scope: SCOPE })
  const now = Number(payload.iat)
  const changed = { ...payload }
  for (const [name, offset] of Object.entries(offsets)) changed[name] = now + offset
  return withToken(good, await good.mint.compose({ header, payload: changed }))
}

/** Another first character: the last one has bits that count for nothing. */
function withOtherSignature(token: string): string {
  const at = token.lastIndexOf('.') + 1
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
}

export const tokenBreakages = {
  'token-malformed': { request: (good) => withToken(good, 'abc.def') },
  'token-unknown': { request: (good) => withToken(good, 'Zm9yZ290dGVuLW9wYXF1ZS10b2tlbg') },
  'token-bad-signature': { request: (good) => withToken(good, withOtherSignature(good.token)) },
  'token-alg-refused': {
    request: (good) => minted(good, { header: { alg: 'none' }, signer: 'nobody' }),
  },
  'token-key-unknown': {
    request: (good) =>
      minted(good, { header: { kid: 'nobody-published-this' }, signer: 'stranger' }),
  },
  'token-crit-unsupported': {
    request: (good) => minted(good, { header: { crit: ['x'], x: 1 } }),
  },
  'token-wrong-typ': { request: (good) => minted(good, { header: { typ: 'JWT' } }) },
  'token-wrong-issuer': { request: (good) => minted(good, { claims: { iss: `${good.issuer}/` } }) },
  'token-wrong-audience': {
    request: (good) => minted(good, { audience: 'https://other.example' }),
  },
  'token-claims-invalid': { request: (good) => minted(good, { claims: { jti: undefined } }) },
  'token-expired': {
    request: (good) => dated(good, { iat: -3_900, exp: -3_600 }),
  },
  'token-not-yet-valid': { request: (good) => dated(good, { nbf: 3_600, exp: 3_900 }) },
  'token-revoked': {
    async request(good) {
      const { header, payload } = await good.mint.parts({ sub: good.sub, scope: SCOPE })
      await good.deny(`jti:${String(payload.jti)}`, 'revoked')
      return withToken(good, await good.mint.compose({ header, payload }))
    },
  },
  'token-subject-disabled': {
    async request(good) {
      const sub = 'somebody-switched-off'
      await good.deny(`account:${sub}`, 'disabled')
      return minted(good, { sub })
    },
  },
} satisfies Record<string, Breakage>
