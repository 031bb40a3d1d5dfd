/** The ordered list of what a call with Digest must pass (RFC 7616 §3.4). */
import { failedAttempts } from '../attempts.ts'
import { checkOn, type CheckOn } from '../check-list.ts'
import { oneSetOfCredentials } from '../credential-checks.ts'
import { failed, passed } from '../verdict.ts'
import type { DigestFacts } from './facts.ts'

const check = checkOn<DigestFacts>()

/**
 * First whether the request can be judged at all, then whether it answers a challenge of ours, then who sent it, and only for
 * whom that is proven whether the nonce is still good: an old nonce with a wrong password must not make a client try
 * again without asking.
 */
export const digestChecks: readonly CheckOn<DigestFacts>[] = [
  check('one set of credentials', ['authorization'], oneSetOfCredentials),
  check('Digest credentials', ['authorization'], ({ authorization: { lines } }) => {
    const [line] = lines
    if (line?.scheme === 'digest') return passed
    return failed('digest-required', {
      expected: 'an Authorization header with the scheme Digest',
      found: line ? (line.scheme ?? 'a header without a scheme') : 'no Authorization header',
    })
  }),
  check('parameters', ['credentials'], ({ credentials }) => {
    if (credentials.outcome === 'parsed') return passed
    const { parameter, expected, found } = credentials
    return failed('digest-malformed', { parameter, expected, found })
  }),
  check('uri', ['uri'], ({ uri }) => {
    if (uri.outcome === 'same') return passed
    return failed('digest-uri-mismatch', { expected: uri.expected, found: uri.found })
  }),
  check('realm', ['credentials'], ({ credentials, wanted }) => {
    if (credentials.outcome === 'malformed' || credentials.realm === wanted.realm) return passed
    return failed('digest-rejected', { expected: wanted.realm, found: credentials.realm })
  }),
  check('opaque', ['opaque'], ({ opaque }) =>
    opaque === 'ours'
      ? passed
      : failed('digest-rejected', { expected: 'the opaque of the challenge', found: 'another' }),
  ),
  check('nonce', ['nonce'], ({ nonce }) =>
    nonce.outcome === 'ours'
      ? passed
      : failed('digest-rejected', { expected: 'a nonce of this server', found: 'another' }),
  ),
  check('failed attempts', ['attempts'], failedAttempts),
  check('known person', ['person'], ({ person }) => {
    if (person === 'known' || person === 'disabled') return passed
    return failed('digest-rejected', {
      expected: 'a person of the seed file, as Digest is for these alone',
      found: person === 'unknown' ? 'nobody of this name' : 'a person who is not of that file',
    })
  }),
  check('response', ['response'], ({ response }) =>
    response === 'right'
      ? passed
      : failed('digest-rejected', {
          expected: 'the response that this person’s password makes',
          found: 'another',
        }),
  ),
  check('account in use', ['person'], ({ person }) =>
    person === 'disabled'
      ? failed('digest-rejected', { expected: 'an account in use', found: 'one switched off' })
      : passed,
  ),
  check('nonce age', ['nonce'], ({ nonce, time, wanted: { nonceLife } }) => {
    if (nonce.outcome === 'another' || time < nonce.issuedAt + nonceLife) return passed
    return failed('digest-stale', {
      expected: `younger than ${nonceLife} seconds`,
      found: `${Math.floor(time - nonce.issuedAt)} seconds old`,
    })
  }),
  check('nonce count', ['count', 'credentials'], ({ count, credentials }) => {
    if (count === 'higher') return passed
    return failed('digest-replay', {
      expected: 'an nc higher than all before it with this nonce',
      found: credentials.outcome === 'parsed' ? credentials.nc : undefined,
    })
  }),
]
