/** Hostile input 13–35 and more of its kind: the token itself, as a list for everybody who judges tokens. */
import { algorithms } from './tokens/algorithms.ts'
import { claims } from './tokens/claims.ts'
import { encodings } from './tokens/encodings.ts'
import { headers } from './tokens/headers.ts'
import { keys } from './tokens/keys.ts'
import { payloads } from './tokens/payloads.ts'
import { requiredClaims } from './tokens/required-claims.ts'
import { signatures } from './tokens/signatures.ts'
import type { TokenCase } from './tokens/token-case.ts'

export const tokens: readonly TokenCase[] = [
  ...algorithms,
  ...signatures,
  ...keys,
  ...headers,
  ...encodings,
  ...payloads,
  ...claims,
  ...requiredClaims,
]
