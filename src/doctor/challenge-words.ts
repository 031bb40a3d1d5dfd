/** What the schemes, parameters and error codes of a challenge mean, and what a client does with them: data. */

export type Words = { meaning: string; client: string; source: string }

export const schemeWords: Readonly<Record<string, Omit<Words, 'client'>>> = {
  bearer: {
    meaning: 'An access token is wanted: Authorization: Bearer <token>.',
    source: 'RFC 6750 §3',
  },
  dpop: {
    meaning:
      'An access token that is bound to a key is wanted, with a proof: Authorization: DPoP <token> and DPoP: <proof>.',
    source: 'RFC 9449 §7.1',
  },
  basic: {
    meaning: 'A user name and a password are wanted, in base64.',
    source: 'RFC 7617 §2',
  },
  digest: {
    meaning: 'A user name is wanted, and a hash that proves the password.',
    source: 'RFC 7616 §3.3',
  },
  negotiate: { meaning: 'Kerberos or NTLM is wanted.', source: 'RFC 4559 §4' },
}

const realm: Words = {
  meaning: 'The name of the protected space, for people and for password stores.',
  client: 'shows it when it asks for a password, and keeps credentials apart by it',
  source: 'RFC 9110 §11.5',
}

/** By parameter; what a scheme has to itself is under `scheme parameter`. */
export const parameterWords: Readonly<Record<string, Words>> = {
  realm,
  scope: {
    meaning: 'The scopes that this operation needs, all of them.',
    client: 'asks for these together with those it has, and keeps the union',
    source: 'RFC 6750 §3',
  },
  error: {
    meaning: 'Why what was sent was refused. Absent where nothing was sent.',
    client: 'decides by it what to do next',
    source: 'RFC 6750 §3.1',
  },
  error_description: {
    meaning: 'A sentence for programmers.',
    client: 'logs it; never shows it to people and never decides by it',
    source: 'RFC 6750 §3',
  },
  error_uri: {
    meaning: 'A page about this refusal, for programmers.',
    client: 'logs it',
    source: 'RFC 6750 §3',
  },
  resource_metadata: {
    meaning:
      'Where the API describes itself: its identifier, its scopes, and who issues tokens for it.',
    client:
      'fetches it to find the authorization server, and compares its resource with the address it called',
    source: 'RFC 9728 §5.1',
  },
  acr_values: {
    meaning: 'The kinds of sign-in that are strong enough here.',
    client: 'starts a new authorization with these acr_values (and openid in its scope)',
    source: 'RFC 9470 §3',
  },
  max_age: {
    meaning: 'How many seconds ago the person may have signed in, at most.',
    client: 'starts a new authorization with this max_age (and openid in its scope)',
    source: 'RFC 9470 §3',
  },
  algs: {
    meaning: 'The algorithms a proof may be signed with.',
    client: 'signs its proofs with one of them',
    source: 'RFC 9449 §7.1',
  },
  charset: {
    meaning: 'The encoding of user name and password.',
    client: 'encodes both in UTF-8 before anything else',
    source: 'RFC 7617 §2.1',
  },
  nonce: {
    meaning: 'A value of the server that goes into the hash.',
    client: 'uses it with a count (nc) that goes up by one each time',
    source: 'RFC 7616 §3.3',
  },
  opaque: {
    meaning: 'A value of the server for itself.',
    client: 'sends it back unchanged',
    source: 'RFC 7616 §3.3',
  },
  qop: {
    meaning: 'What the hash covers: auth is the request line, auth-int the body too.',
    client: 'chooses one of them',
    source: 'RFC 7616 §3.3',
  },
  algorithm: {
    meaning: 'The hash.',
    client: 'uses it, and passes over the challenge if it cannot',
    source: 'RFC 7616 §3.3',
  },
  stale: {
    meaning: 'true: the nonce was too old, and name and password were right.',
    client: 'repeats at once with the new nonce, and asks nobody',
    source: 'RFC 7616 §3.3',
  },
  domain: {
    meaning: 'The addresses these credentials are good for.',
    client: 'sends them there without being asked first',
    source: 'RFC 7616 §3.3',
  },
  userhash: {
    meaning: 'true: the server takes a hash in the place of the user name.',
    client: 'may hide the user name',
    source: 'RFC 7616 §3.4.4',
  },
}

export const unknownParameter: Words = {
  meaning: 'Not known here.',
  client: 'ignores what it does not know',
  source: 'RFC 9110 §11.2',
}

/** Values of `error`, in the place of what the parameter means at large. */
export const errorWords: Readonly<Record<string, Words>> = {
  invalid_request: {
    meaning: 'The request is malformed: credentials twice, in two places, or not whole.',
    client: 'cannot help itself: a programmer has to change the request',
    source: 'RFC 6750 §3.1',
  },
  invalid_token: {
    meaning: 'The token is expired, revoked, damaged, or not for this API.',
    client: 'refreshes once; if that fails, asks for a new authorization',
    source: 'RFC 6750 §3.1',
  },
  insufficient_scope: {
    meaning: 'The token is good and lacks scope for this operation.',
    client:
      'asks for a new authorization with the scopes it has and those named; a refresh does not help',
    source: 'RFC 6750 §3.1',
  },
  invalid_dpop_proof: {
    meaning: 'The proof is missing, malformed, or made for another request.',
    client: 'makes a new proof for this one request and tries once more',
    source: 'RFC 9449 §7.1',
  },
  use_dpop_nonce: {
    meaning: 'The proof has to carry the nonce of the DPoP-Nonce header.',
    client: 'makes a new proof with that nonce and tries once more, silently',
    source: 'RFC 9449 §8, §9',
  },
  insufficient_user_authentication: {
    meaning: 'The token is good, and the person has to sign in more strongly or again.',
    client: 'starts a new authorization with the acr_values and max_age named beside it',
    source: 'RFC 9470 §3',
  },
}
