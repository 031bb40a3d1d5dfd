/** A token sent to the API of a server, in the header or, where it is too long for that, in a form. */
import type { RefusalId } from '../../src/refusals/catalogue.ts'
import type { WholeBench } from './bench.ts'
import { accepted, invalidRequest, invalidToken } from './input.ts'
import type { Answer, HostileRequest } from './input.ts'
import type { TokenCase } from './tokens/token-case.ts'

/** What fits beside the other fields into the 16 KiB of a header. */
const LONGEST = 15_000

export const request =
  (make: TokenCase[2]) =>
  async (bench: WholeBench): Promise<HostileRequest> => {
    const token = await make(bench)
    if (token.length <= LONGEST) {
      return { line: 'GET /api/whoami', fields: [`Authorization: Bearer ${token}`] }
    }
    return {
      line: 'POST /api/whoami',
      fields: ['Content-Type: application/x-www-form-urlencoded'],
      body: `access_token=${token}`,
      traces: token.split('.').filter((segment) => segment.length > 12),
    }
  }

/** What is told of tokens whose signature was good; of all others nothing. */
const WORDS: Partial<Record<RefusalId, string>> = {
  'token-wrong-typ': 'This is not an access token',
  'token-wrong-issuer': 'The token comes from another issuer',
  'token-wrong-audience': 'The token was issued for another resource',
  'token-claims-invalid': 'A required claim is missing or has the wrong type',
  'token-expired': 'The access token expired',
  'token-not-yet-valid': 'The token is not valid yet',
  'dpop-token-as-bearer': 'The token is bound to a key; use the DPoP scheme',
}

export function answer(outcome: TokenCase[1]): Answer {
  if (outcome === 'accepted') return accepted
  if (outcome === 'credentials-malformed') return noToken68
  return invalidToken(outcome, WORDS[outcome])
}

const noToken68 = invalidRequest(
  'credentials-malformed',
  'The token contains characters that are not allowed',
)
