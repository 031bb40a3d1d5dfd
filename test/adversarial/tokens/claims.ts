/** Tokens of the issuer that say something else than they should: dates, issuer, audience (RFC 7519 §2, §4.1; RFC 9068 §4). */
import type { WholeBench } from '../bench.ts'
import { composed, minted } from './token-case.ts'
import type { MakeToken, TokenCase } from './token-case.ts'

const HOUR = 3_600
const invalid = 'token-claims-invalid'

/** JSON text in place of a date, as no JavaScript value could be written as 1e400. */
const dated = (
  claim: 'exp' | 'iat' | 'nbf',
  value: string | ((now: number) => string),
): MakeToken =>
  composed(({ payload }, { now }) => {
    const text = typeof value === 'string' ? value : value(now)
    const rest = payload.replace(new RegExp(`"${claim}":\\d+,?`), '')
    return { payload: rest.replace('{', `{"${claim}":${text},`) }
  })

const claiming = (claims: (bench: WholeBench) => Readonly<Record<string, unknown>>): MakeToken =>
  minted((bench) => ({ claims: claims(bench) }))

const noDates: TokenCase[] = (['exp', 'iat', 'nbf'] as const).flatMap((claim): TokenCase[] => [
  [`${claim} of text`, invalid, dated(claim, (now) => `"${now}"`), numberOf(claim, 26)],
  [`${claim} of a day in words`, invalid, dated(claim, '"2036-01-01T00:00:00Z"')],
  [`${claim} null`, invalid, dated(claim, 'null'), numberOf(claim, 26)],
  [`${claim} true`, invalid, dated(claim, 'true')],
  [`${claim} in a list`, invalid, dated(claim, (now) => `[${now}]`)],
  [`${claim} of an object`, invalid, dated(claim, '{}')],
  [`${claim} 1e400`, invalid, dated(claim, '1e400'), numberOf(claim, 28)],
  [`${claim} -1e400`, invalid, dated(claim, '-1e400')],
])

/** The list speaks of `exp` there. */
function numberOf(claim: string, number: number): number | undefined {
  return claim === 'exp' ? number : undefined
}

const dates: TokenCase[] = [
  ['no exp', invalid, claiming(() => ({ exp: undefined })), 26],
  ['no iat', invalid, claiming(() => ({ iat: undefined }))],
  ['exp 1e20', invalid, dated('exp', '1e20'), 28],
  ['exp in milliseconds', invalid, dated('exp', (now) => String((now + 300) * 1000)), 28],
  ['exp 0', 'token-expired', dated('exp', '0')],
  ['exp -1', 'token-expired', dated('exp', '-1')],
  ['a fraction in exp', 'accepted', dated('exp', (now) => String(now + 300.5)), 27],
  ['exp with an exponent', 'accepted', dated('exp', (now) => `${(now + 300) / 10}e1`)],
  [
    'exp an hour ago',
    'token-expired',
    minted(({ now }) => ({ issuedAt: now - 2 * HOUR, expiresIn: HOUR })),
    29,
  ],
  [
    'exp 4 s ago',
    'token-expired',
    minted(({ now }) => ({ issuedAt: now - 304, expiresIn: 300 })),
    29,
  ],
  ['iat 0', invalid, dated('iat', '0')],
  ['iat -1', invalid, dated('iat', '-1')],
  ['iat in milliseconds', 'token-not-yet-valid', dated('iat', (now) => String(now * 1000))],
  ['iat an hour ahead', 'token-not-yet-valid', minted(({ now }) => ({ issuedAt: now + HOUR })), 30],
  ['a fraction in iat', 'accepted', dated('iat', (now) => String(now - 0.5))],
  [
    'nbf an hour ahead',
    'token-not-yet-valid',
    minted(({ now }) => ({ expiresIn: 2 * HOUR, claims: { nbf: now + HOUR } })),
    30,
  ],
  ['nbf in milliseconds', 'token-not-yet-valid', dated('nbf', (now) => String(now * 1000))],
  ['nbf -1', 'accepted', dated('nbf', '-1')],
  ['a fraction in nbf', 'accepted', dated('nbf', (now) => String(now - 0.5))],
]

const otherAudience = 'token-wrong-audience'
const audience = (change: (ours: string) => unknown): MakeToken =>
  claiming(({ issuer }) => ({ aud: change(`${issuer}/api`) }))

const audiences: TokenCase[] = [
  ['our audience among others', 'accepted', audience((ours) => ['https://a.example', ours]), 31],
  ['our audience twice', 'accepted', audience((ours) => [ours, ours])],
  ['aud of nobody', otherAudience, audience(() => []), 31],
  ['aud of an object', invalid, audience(() => ({})), 31],
  ['our audience as the name of a member', invalid, audience((ours) => ({ [ours]: true }))],
  ['aud and a slash', otherAudience, audience((ours) => `${ours}/`), 31],
  ['aud in capitals', otherAudience, audience((ours) => ours.toUpperCase())],
  ['aud and a query', otherAudience, audience((ours) => `${ours}?x`)],
  ['aud and a fragment', otherAudience, audience((ours) => `${ours}#x`)],
  ['aud and a NUL', otherAudience, audience((ours) => `${ours}\0`)],
  ['aud that begins with ours', otherAudience, audience((ours) => `${ours}.attacker.example`)],
  ['two audiences in one text', otherAudience, audience((ours) => `${ours} https://a.example`)],
  ['aud of the other API', otherAudience, claiming(({ issuer }) => ({ aud: `${issuer}/ledger` }))],
  ['aud of the issuer', otherAudience, claiming(({ issuer }) => ({ aud: issuer }))],
  ['no aud', otherAudience, audience(() => undefined)],
  ['aud of nothing', otherAudience, audience(() => '')],
  ['aud null', invalid, audience(() => null)],
  ['aud 1', invalid, audience(() => 1)],
  ['a number among aud', invalid, audience((ours) => [ours, 1])],
  ['aud in a list in a list', invalid, audience((ours) => [[ours]])],
]

const otherIssuer = 'token-wrong-issuer'
const issuedBy = (change: (ours: string) => unknown): MakeToken =>
  claiming(({ issuer }) => ({ iss: change(issuer) }))

const issuers: TokenCase[] = [
  ['iss and a slash', otherIssuer, issuedBy((ours) => `${ours}/`), 32],
  ['iss in a list', otherIssuer, issuedBy((ours) => [ours]), 32],
  ['iss in capitals', otherIssuer, issuedBy((ours) => ours.toUpperCase()), 32],
  ['iss of the other scheme', otherIssuer, issuedBy((ours) => ours.replace('http:', 'https:'))],
  [
    'iss by another name of ours',
    otherIssuer,
    issuedBy((ours) => ours.replace('localhost', '127.0.0.1')),
  ],
  ['iss without its port', otherIssuer, issuedBy((ours) => ours.replace(/:\d+$/, ''))],
  ['iss and a NUL', otherIssuer, issuedBy((ours) => `${ours}\0`)],
  ['iss and a space', otherIssuer, issuedBy((ours) => ` ${ours}`)],
  ['iss in an object', otherIssuer, issuedBy((ours) => ({ iss: ours }))],
  ['no iss', otherIssuer, issuedBy(() => undefined)],
  ['iss null', otherIssuer, issuedBy(() => null)],
]

export const claims: readonly TokenCase[] = [...noDates, ...dates, ...audiences, ...issuers]
