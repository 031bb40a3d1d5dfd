/** Tokens of another kind, of another place, of another time, and tokens that are not whole. */
import type { Facts } from '../../resource/facts.ts'
import { dateInWords, inWords, listed } from '../words.ts'
import { issuerDifference } from './issuer-difference.ts'
import type { Classic, Remark, View } from './view.ts'

/** What a text without dots can be, and what is said of each in the place of an access token. */
const OTHER_KINDS: Readonly<Record<string, Remark>> = {
  'refresh token': {
    says: 'This is a refresh token, and no API takes one.',
    fix: 'Send it to the token endpoint (grant_type=refresh_token), and send the access_token of the answer here.',
  },
  'authorization code': {
    says: 'This is an authorization code, not a token.',
    fix: 'Redeem it at the token endpoint (grant_type=authorization_code), and send the access_token of the answer here.',
  },
  'device code': {
    says: 'This is a device code, not a token.',
    fix: 'Ask for tokens with it at the token endpoint, and send the access_token of the answer here.',
  },
  'registration access token': {
    says: 'This token manages the registration of a client, and is good for nothing else.',
    fix: 'Get an access token at the token endpoint.',
  },
}

/** Claims that stand in ID tokens (OpenID Connect Core 1.0 §2, §3.1.3.6), and in no access token of ours. */
const OF_ID_TOKENS = ['nonce', 'at_hash', 'c_hash', 's_hash', 'azp']

function isIdToken({ header, claims }: Facts): boolean {
  if (!header || !claims || isAccessTokenType(header.typ)) return false
  const marks = OF_ID_TOKENS.some((name) => claims[name] !== undefined)
  const forClient = typeof claims.aud === 'string' && !claims.aud.includes(':')
  return marks || (forClient && claims.client_id === undefined)
}

const isAccessTokenType = (typ: unknown): boolean =>
  typeof typ === 'string' && /^(application\/)?at\+jwt$/i.test(typ)

/** Octets of a signature, or at least so many (RFC 7518 §3.3, §3.4; RFC 8037 §3.1). */
const SIGNATURE_LENGTHS: Readonly<Record<string, number>> = {
  ES256: 64,
  EdDSA: 64,
  ES384: 96,
  ES512: 132,
  RS256: 256,
  PS256: 256,
}

const CUT =
  'Copy the token whole, in one line; terminals and logs cut long lines. Compare its length with the one in the token response.'

export const tokenClassics: readonly Classic[] = [
  {
    on: ['structure', 'active', 'introspected type'],
    look({ kind }) {
      return kind === undefined ? undefined : OTHER_KINDS[kind]
    },
  },
  {
    on: ['structure'],
    look({ kind, facts: { wanted }, resources }) {
      if (kind !== 'opaque access token') return undefined
      const others = resources.filter((one) => one !== wanted.audience)
      return {
        says: `This is an opaque access token of this server, and ${wanted.audience} takes JWTs.`,
        fix: `Send it to the API it was asked for (${listed(others)}), or ask for a token with resource=${wanted.audience}.`,
      }
    },
  },
  {
    on: ['structure'],
    look({ facts: { structure } }) {
      const fault = structure?.fault
      if (fault === 'two segments') {
        return { says: 'The token has two parts instead of three: its end is missing.', fix: CUT }
      }
      if (fault?.endsWith('is not canonical base64url') === true) {
        const part = /the (\w+)/.exec(fault)?.[1] ?? 'token'
        return {
          says: `The ${part} is no whole base64url: a character was lost, added or changed on the way.`,
          fix: CUT,
        }
      }
      return undefined
    },
  },
  {
    on: ['algorithm', 'key', 'signature', 'type', 'audience'],
    look({ facts }) {
      if (!isIdToken(facts)) return undefined
      const { aud } = facts.claims ?? {}
      const whose = typeof aud === 'string' ? `, for the client ${aud},` : ''
      return {
        says: `This is an ID token${whose} and not an access token.`,
        fix: 'Send the access_token of the token response, not the id_token: that one tells the app itself who signed in.',
      }
    },
  },
  {
    on: ['issuer'],
    look: ({ facts: { claims }, issuer }) => issuerDifference(claims?.iss, issuer),
  },
  {
    on: ['signature'],
    look({ facts: { header, structure } }) {
      const alg = typeof header?.alg === 'string' ? header.alg : ''
      const whole = Object.hasOwn(SIGNATURE_LENGTHS, alg) ? SIGNATURE_LENGTHS[alg] : undefined
      const found = structure?.signatureBytes
      if (whole === undefined || found === undefined || found >= whole) {
        return undefined
      }
      return {
        says: `The signature has ${found} bytes where ${alg} makes ${whole}: the token was cut at its end.`,
        fix: CUT,
      }
    },
  },
  { on: ['audience'], look: otherAudience },
  { on: ['time'], look: otherTime },
]

function otherAudience({ facts, resources, issuer }: View): Remark | undefined {
  const { wanted, claims } = facts
  const found = [claims?.aud].flat().filter((one) => typeof one === 'string')
  if (found.length === 0) return undefined
  const fix = `Ask for a token with resource=${wanted.audience} in the authorization and the token request.`
  if (found.every((one) => one === `${issuer}/oauth/userinfo`)) {
    return {
      says: 'The token was issued for userinfo alone: no scope of this API was asked for.',
      fix,
    }
  }
  const ours = found.filter((one) => resources.includes(one))
  const whose = ours.length > 0 ? `another API of this server, ${listed(ours)}` : listed(found)
  return { says: `The token was issued for ${whose}, and this is ${wanted.audience}.`, fix }
}

/** A date in milliseconds, taken for seconds, lies in the year 50000 and later. */
const MILLISECONDS = 1e11

function otherTime({ facts }: View): Remark | undefined {
  const { exp, iat, nbf } = facts.claims ?? {}
  const { age = 0 } = facts
  // For a token that was made older it is that much later.
  const time = facts.time + age
  const now = dateInWords(facts.time)
  if (typeof exp === 'number' && (exp > MILLISECONDS || Number(iat) > MILLISECONDS)) {
    return {
      says: 'The dates of the token are milliseconds, or no dates at all.',
      fix: 'Write exp, iat and nbf in seconds since 1970 (RFC 7519 §2).',
    }
  }
  const ahead = [iat, nbf].filter((one): one is number => typeof one === 'number' && one > time)
  const skew = ahead.length > 0 ? Math.max(...ahead) - time : 0
  if (typeof exp === 'number' && exp <= time) {
    const life = typeof iat === 'number' ? `, ${inWords(exp - iat)} after it was issued` : ''
    const clocks =
      age > 0
        ? ` Everything issued before was made ${inWords(age)} older, on order.`
        : skew > 0
          ? ' It also comes from the future, so one of the clocks is wrong.'
          : ` If that cannot be, compare clocks: here it is ${now}.`
    return {
      says: `The token expired ${inWords(time - exp)} ago${life}.${clocks}`,
      expected: `an exp later than ${now}`,
      found: `exp ${dateInWords(exp)}`,
    }
  }
  if (skew === 0) return undefined
  const latest = Math.max(...ahead)
  const which = iat === latest ? 'was issued' : 'becomes valid'
  return {
    expected: `${iat === latest ? 'an iat' : 'an nbf'} not later than ${now}`,
    found: `${iat === latest ? 'iat' : 'nbf'} ${dateInWords(latest)}`,
    says: `The token ${which} ${inWords(skew)} in the future: the clock of the machine that made it is ahead, or this one is behind (here it is ${now}).`,
    fix: 'Set both clocks by NTP; in a virtual machine or a container, look at the clock of its host.',
  }
}
