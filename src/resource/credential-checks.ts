/**
 * Checks on how a token was sent, before anything is known about it (RFC 6750 §2, §3.1; RFC 9449
 * §7.1; RFC 9110 §11.4).
 */
import { isTokenScheme } from './credentials.ts'
import type { AuthorizationFacts, ElsewhereFacts, TokenScheme } from './credentials.ts'
import { failed, passed } from './verdict.ts'
import type { Verdict } from './verdict.ts'

type Authorization = { authorization: AuthorizationFacts }
type Places = Authorization & { elsewhere: ElsewhereFacts }

/** More than one is refused without a look at either: the answer would tell which of them was good. */
export function oneSetOfCredentials({ authorization: { lines } }: Authorization): Verdict {
  const several = lines.length > 1 || lines[0]?.shape === 'several'
  if (!several) return passed
  return failed('multiple-authorization', {
    expected: 'one Authorization header with one set of credentials',
    found: lines.length > 1 ? `${lines.length} headers` : 'several in one header',
  })
}

export function credentialsSyntax({ authorization: { lines } }: Authorization): Verdict {
  const [line] = lines
  if (line?.shape === 'no scheme') {
    return failed('credentials-malformed', {
      expected: 'a scheme, one space or more, and the token',
      found: 'no scheme that ends with a space',
    })
  }
  const scheme = line?.scheme
  if (!isTokenScheme(scheme)) return passed
  if (line?.shape === 'scheme only') {
    const found = SPELLING[scheme]
    return failed('scheme-without-credentials', { expected: `${found} <token>`, found })
  }
  if (line?.shape === 'other') {
    return failed('credentials-malformed', {
      expected: 'one token of letters, digits and -._~+/, with = at its end only',
      found: 'other characters after the scheme',
    })
  }
  return passed
}

export function knownScheme({ authorization: { lines } }: Authorization): Verdict {
  const scheme = lines[0]?.scheme
  if (scheme === undefined || isTokenScheme(scheme)) return passed
  return failed('unsupported-scheme', { expected: Object.values(SPELLING), found: scheme })
}

/** A token in the query is not counted: it is ignored everywhere (OAuth 2.1 §5.1). */
export function onePlace({ authorization: { lines }, elsewhere: { body } }: Places): Verdict {
  const inHeader = lines.some(({ scheme }) => scheme !== undefined)
  if (body === 'malformed' && !inHeader) {
    return failed('credentials-malformed', {
      expected: 'one token of letters, digits and -._~+/, with = at its end only',
      found: 'other characters in the form parameter access_token',
    })
  }
  const inBody = body === 'one' || body === 'malformed'
  if (body !== 'repeated' && !(inHeader && inBody)) return passed
  return failed('multiple-token-methods', {
    expected: 'the token in one place',
    found: body === 'repeated' ? 'access_token twice in the form' : 'header and form',
  })
}

export function credentialsPresent({
  authorization: { lines },
  elsewhere: { query, body },
}: Places): Verdict {
  if (lines[0]?.scheme !== undefined || body === 'one') return passed
  const expected = 'an Authorization header with the scheme Bearer or DPoP'
  if (query) return failed('token-in-query', { expected, found: 'access_token in the query' })
  if (body === 'refused') {
    return failed('token-in-body-refused', {
      expected,
      found:
        'access_token in a body that is JSON, or in a form sent with another method than POST, PUT or PATCH',
    })
  }
  return failed('no-credentials', {
    expected,
    found: lines.length > 0 ? 'an empty Authorization header' : 'no Authorization header',
  })
}

const SPELLING = { bearer: 'Bearer', dpop: 'DPoP' } as const satisfies Record<TokenScheme, string>
