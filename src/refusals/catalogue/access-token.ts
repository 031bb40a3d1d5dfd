/**
 * Access tokens that are not good ones: one answer on the wire, many reasons (RFC 9068 §4, RFC 6750 §3.1).
 * The description names the reason only where the signature was verified before.
 */
import type { Chapter, Row } from './row.ts'

const tokenRefusal = {
  arises: 'api',
  status: 401,
  schemes: ['Bearer', 'DPoP'],
  error: 'invalid_token',
} as const satisfies Partial<Row>

/** What a stranger may know about a token nobody vouches for. */
const NOT_VALID = 'The access token is not valid'

export const accessToken = {
  'token-malformed': {
    ...tokenRefusal,
    title: 'Malformed token',
    description: NOT_VALID,
    cause:
      'The token is not three base64url parts with two dots, or its parts are not JSON. Encrypted tokens are not agreed on here.',
    fix: 'Send the access_token from the token response, unchanged and uncut.',
    client: 'REFRESH',
    person: 'Your sign-in is damaged. Sign in again.',
    spec: 'RFC 7515 §5.2; RFC 7519 §7.2',
  },
  'token-unknown': {
    ...tokenRefusal,
    title: 'Unknown token',
    description: NOT_VALID,
    cause:
      'The authorization server does not know this token, or no longer: it was never issued, has expired, was revoked, or is meant for another resource.',
    fix: 'Get a new token from the issuer that the resource metadata names.',
    client: 'REFRESH',
    person: 'We do not recognise this sign-in.',
    spec: 'RFC 7662 §2.2; RFC 6750 §3.1',
  },
  'token-bad-signature': {
    ...tokenRefusal,
    title: 'Bad signature',
    description: NOT_VALID,
    cause: 'The signature does not fit the token: it was altered, cut, or signed with another key.',
    fix: 'Send the token as it was issued. Compare its length with the one in the token response.',
    client: 'REFRESH',
    person: 'Your sign-in could not be verified.',
    spec: 'RFC 9068 §4; RFC 7515 §5.2',
  },
  'token-alg-refused': {
    ...tokenRefusal,
    title: 'Algorithm refused',
    description: NOT_VALID,
    cause: 'The alg in the token’s header is none, or not on the list of this API.',
    fix: 'Send an access token of this issuer. Never choose the algorithm from the token itself.',
    client: 'REFRESH',
    person: 'Your sign-in could not be verified.',
    spec: 'RFC 9068 §4, §2.1; RFC 8725 §3.1',
  },
  'token-key-unknown': {
    ...tokenRefusal,
    title: 'Unknown key',
    description: NOT_VALID,
    cause:
      'No key at the issuer’s jwks_uri has the kid of this token, not even after fetching the keys again.',
    fix: 'Check that the token comes from this issuer and from this database; after a reset, or once keys were dropped as compromised, old tokens have no key.',
    client: 'REFRESH',
    person: 'Your sign-in could not be verified.',
    spec: 'RFC 9068 §4; RFC 7515 §4.1.4',
  },
  'token-crit-unsupported': {
    ...tokenRefusal,
    title: 'Critical header not understood',
    description: NOT_VALID,
    cause: 'The token’s header has crit, or b64, and with them rules this API does not know.',
    fix: 'Send an access token of this issuer; it has neither.',
    client: 'REFRESH',
    person: 'Your sign-in could not be verified.',
    spec: 'RFC 7515 §4.1.11; RFC 7797 §6, §7',
  },
  'token-wrong-typ': {
    ...tokenRefusal,
    title: 'Not an access token',
    description: 'This is not an access token',
    cause: 'The typ in the token’s header is not at+jwt. Most often an ID token was sent.',
    fix: 'Send the access_token from the token response, not the id_token or the refresh_token.',
    client: 'FIX',
    person: 'The app used the wrong kind of sign-in.',
    spec: 'RFC 9068 §4, §2.1',
  },
  'token-wrong-issuer': {
    ...tokenRefusal,
    title: 'Wrong issuer',
    description: 'The token comes from another issuer',
    cause: 'The iss of the token is not, letter for letter, the issuer this API trusts.',
    fix: 'Get the token from the issuer that the resource metadata names. Look for a trailing slash or another port.',
    client: 'FIX',
    person: 'This sign-in belongs to another service.',
    spec: 'RFC 9068 §4; RFC 7519 §4.1.1',
  },
  'token-wrong-audience': {
    ...tokenRefusal,
    title: 'Wrong audience',
    description: 'The token was issued for another resource',
    cause: 'The aud of the token does not name this API.',
    fix: 'Ask for the token with resource=<the resource in the metadata of this API>.',
    client: 'REAUTH',
    person: 'This sign-in belongs to another service.',
    spec: 'RFC 9068 §4; RFC 8707 §2',
  },
  'token-claims-invalid': {
    ...tokenRefusal,
    title: 'Invalid claims',
    description: 'A required claim is missing or has the wrong type',
    cause:
      'The token lacks exp, sub, jti or client_id, one of its claims has the wrong type, or a name stands in it twice.',
    fix: 'Let the authorization server make the token. The doctor names the claim.',
    client: 'REFRESH',
    person: 'Your sign-in is damaged. Sign in again.',
    spec: 'RFC 9068 §2.2; RFC 7519 §4',
  },
  'token-expired': {
    ...tokenRefusal,
    title: 'Token expired',
    description: 'The access token expired',
    cause: 'The exp of the token has passed.',
    fix: 'Use the refresh token once for a new access token, and retry with that.',
    client: 'REFRESH',
    person: 'Your sign-in timed out. Sign in again to carry on.',
    spec: 'RFC 6750 §3; RFC 9068 §4',
  },
  'token-not-yet-valid': {
    ...tokenRefusal,
    title: 'Token not yet valid',
    description: 'The token is not valid yet',
    cause: 'The nbf or the iat of the token lies in the future.',
    fix: 'Compare the clocks of the machine that made the token and of this one.',
    client: 'REFRESH',
    person: 'The clock of some computer is wrong. Try again in a moment.',
    spec: 'RFC 7519 §4.1.5, §4.1.6',
  },
  'token-revoked': {
    ...tokenRefusal,
    title: 'Token revoked',
    description: 'The access token was revoked',
    cause:
      'The token, or everything that came from the same sign-in, was revoked: by the app, by withdrawn consent, by signing out, or because a code or a refresh token was used twice.',
    fix: 'Send the person through sign-in again. A refresh token of the same sign-in will not work either.',
    client: 'AUTH',
    person: 'This app’s access was withdrawn.',
    spec: 'RFC 6750 §3.1; RFC 7009 §2.1',
  },
  'token-subject-disabled': {
    ...tokenRefusal,
    title: 'Account disabled',
    description: 'The access token was revoked',
    cause: 'The account the token stands for is switched off.',
    fix: 'Switch the account on again, or use another one. A new token does not help.',
    client: 'STOP',
    person: 'This account is switched off. Ask the owner of the service.',
    spec: 'RFC 6750 §3.1; RFC 9068 §4',
  },
} as const satisfies Chapter
