/** Tokens of the issuer that lack a claim, or have one of the wrong type (RFC 9068 §2.2). */
import { minted } from './token-case.ts'
import type { MakeToken, TokenCase } from './token-case.ts'

const invalid = 'token-claims-invalid'
const claiming = (claims: Readonly<Record<string, unknown>>): MakeToken => minted({ claims })

const texts: TokenCase[] = ['sub', 'client_id', 'jti'].flatMap((claim): TokenCase[] => [
  [`no ${claim}`, invalid, claiming({ [claim]: undefined })],
  [`${claim} of nothing`, invalid, claiming({ [claim]: '' })],
  [`${claim} null`, invalid, claiming({ [claim]: null })],
  [`${claim} 1`, invalid, claiming({ [claim]: 1 })],
  [`${claim} in a list`, invalid, claiming({ [claim]: ['x'] })],
])

const optional: TokenCase[] = [
  ['scope in a list', invalid, claiming({ scope: ['notes:read'] })],
  ['scope null', invalid, claiming({ scope: null })],
  ['grant_id 1', invalid, claiming({ grant_id: 1 })],
  ['auth_time of text', invalid, claiming({ auth_time: 'now' })],
  ['acr of an object', invalid, claiming({ acr: {} })],
  ['cnf of text', invalid, claiming({ cnf: 'jkt' })],
  ['cnf in a list', invalid, claiming({ cnf: [] })],
  ['a jkt that is no text', invalid, claiming({ cnf: { jkt: 1 } })],
  ['a key it is bound to, sent as Bearer', 'dpop-token-as-bearer', claiming({ cnf: { jkt: 'x' } })],
  ['no scope', 'accepted', claiming({ scope: undefined })],
  ['claims nobody knows', 'accepted', claiming({ act: { sub: 'x' }, 'https://x.example': [1] })],
]

export const requiredClaims: readonly TokenCase[] = [...texts, ...optional]
