import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import {
  catalogue,
  chapters,
  refusalIds,
  rowOf,
  type RefusalId,
} from '../../src/refusals/catalogue.ts'
import { start } from '../helpers/start.ts'

const rows = refusalIds.map((id) => [id, rowOf(id)] as const)

test('every row has every text', (t) => {
  for (const [id, row] of rows) {
    for (const name of [
      'title',
      'description',
      'cause',
      'fix',
      'client',
      'person',
      'spec',
    ] as const) {
      t.true(row[name].length > 0, `${id}: ${name}`)
    }
    t.regex(row.cause, /^[A-Z].*\.$/, id)
    t.regex(row.fix, /^[A-Z].*\.$/, id)
    t.regex(row.person, /^[A-Z].*[.?]$/, id)
    t.regex(row.spec, /^(RFC|OpenID|OAuth|Fetch)/, id)
    t.regex(id, /^[a-z]+(-[a-z]+)*$/)
  }
})

test('titles and descriptions are sentences without a full stop', (t) => {
  for (const [id, row] of rows) {
    t.regex(row.title, /^[A-Za-z].*[^.]$/, id)
    t.regex(row.description, /^[A-Z].*[^.]$/, id)
  }
})

test('descriptions and codes keep to the characters of RFC 6750 §3: no quote, no backslash, ASCII', (t) => {
  for (const [id, { description, error = '' }] of rows) {
    t.regex(description, /^[\x20\x21\x23-\x5B\x5D-\x7E]+$/, id)
    t.regex(error, /^[\x21\x23-\x5B\x5D-\x7E]*$/, id)
  }
})

test('an id stands in one chapter only', (t) => {
  const all = Object.values(chapters).flatMap((chapter) => Object.keys(chapter))
  t.deepEqual([...new Set(all)], all)
  t.deepEqual(all, [...refusalIds])
})

test('a 401 has a challenge, and what is not about credentials has none (RFC 9110 §15.5.2)', (t) => {
  for (const [id, { status, schemes, arises }] of rows) {
    if (status === 401) t.true(schemes.length > 0, id)
    if ([404, 405, 406, 413, 414, 415, 421, 422, 429, 431].includes(status) || status >= 500) {
      t.deepEqual([...schemes], [], id)
    }
    t.is(status === 0, arises === 'client', id)
  }
})

test('whoever sent no usable credential is told no error code (RFC 6750 §3.1)', (t) => {
  for (const id of ['no-credentials', 'unsupported-scheme', 'token-in-query'] as const) {
    t.is(rowOf(id).error, undefined)
    t.is(rowOf(id).status, 401)
  }
})

test('before the signature is verified, every bad token gets the same words', (t) => {
  const unverified: RefusalId[] = [
    'token-malformed',
    'token-unknown',
    'token-bad-signature',
    'token-alg-refused',
    'token-key-unknown',
    'token-crit-unsupported',
  ]
  for (const id of unverified) {
    const { status, error, description } = rowOf(id)
    t.deepEqual(
      [status, error, description],
      [401, 'invalid_token', 'The access token is not valid'],
    )
  }
})

test('a disabled account and a revoked token get the same words', (t) => {
  t.is(catalogue['token-subject-disabled'].description, catalogue['token-revoked'].description)
})

// The sentences that other people's tests and documents may rely on.
const promised: Partial<Record<RefusalId, string>> = {
  'scheme-without-credentials': 'The Authorization header has a scheme but no credentials',
  'credentials-malformed': 'The token contains characters that are not allowed',
  'multiple-authorization': 'Multiple methods used to include access token',
  'multiple-token-methods': 'The access token was sent in more than one place',
  'token-wrong-typ': 'This is not an access token',
  'token-wrong-issuer': 'The token comes from another issuer',
  'token-wrong-audience': 'The token was issued for another resource',
  'token-claims-invalid': 'A required claim is missing or has the wrong type',
  'token-expired': 'The access token expired',
  'token-not-yet-valid': 'The token is not valid yet',
  'token-revoked': 'The access token was revoked',
  'insufficient-scope': 'This operation needs more scope',
  'step-up-acr': 'A different authentication level is required',
  'step-up-max-age': 'More recent authentication is required',
  'mtls-cert-mismatch': 'The client certificate does not match the token',
  'dpop-proof-missing': 'A DPoP proof is required',
  'dpop-proof-multiple': 'Only one DPoP header is allowed',
  'dpop-proof-invalid': 'The DPoP proof is not valid',
  'dpop-ath-mismatch': 'The DPoP proof was made for another token',
  'dpop-iat-outside-window': 'The DPoP proof is too old or too new',
  'dpop-replay': 'The proof was used before',
  'dpop-nonce-required': 'Resource server requires nonce in DPoP proof',
  'dpop-key-mismatch': 'Invalid DPoP key binding',
  'dpop-token-as-bearer': 'The token is bound to a key; use the DPoP scheme',
  'dpop-unbound-token': 'The token is not bound to a key',
}

test('the descriptions that were promised are kept to the letter', (t) => {
  for (const [id, sentence] of Object.entries(promised)) {
    t.is(rowOf(id as RefusalId).description, sentence, id)
  }
})

// Written out, so that changing a status or a code must be meant.
const wire = `
plaintext-http 403
malformed-http 400
misdirected 421
header-too-large 431
request-timeout 408
content-too-large 413
uri-too-long 414
method-not-allowed 405
method-unknown 501
unsupported-media-type 415
not-acceptable 406
body-malformed 400
invalid-input 422
cross-site-form 403
not-found 404
internal-error 500
no-credentials 401
unsupported-scheme 401
scheme-without-credentials 400 invalid_request
credentials-malformed 400 invalid_request
multiple-authorization 400 invalid_request
multiple-token-methods 400 invalid_request
token-in-query 401
token-in-body-refused 401
token-malformed 401 invalid_token
token-unknown 401 invalid_token
token-bad-signature 401 invalid_token
token-alg-refused 401 invalid_token
token-key-unknown 401 invalid_token
token-crit-unsupported 401 invalid_token
token-wrong-typ 401 invalid_token
token-wrong-issuer 401 invalid_token
token-wrong-audience 401 invalid_token
token-claims-invalid 401 invalid_token
token-expired 401 invalid_token
token-not-yet-valid 401 invalid_token
token-revoked 401 invalid_token
token-subject-disabled 401 invalid_token
dpop-proof-missing 401 invalid_dpop_proof
dpop-proof-multiple 401 invalid_dpop_proof
dpop-proof-invalid 401 invalid_dpop_proof
dpop-ath-mismatch 401 invalid_dpop_proof
dpop-iat-outside-window 401 invalid_dpop_proof
dpop-replay 401 invalid_dpop_proof
dpop-nonce-required 401 use_dpop_nonce
dpop-key-mismatch 401 invalid_token
dpop-token-as-bearer 401 invalid_token
dpop-unbound-token 401 invalid_token
mtls-cert-mismatch 401 invalid_token
insufficient-scope 403 insufficient_scope
step-up-acr 401 insufficient_user_authentication
step-up-max-age 401 insufficient_user_authentication
transfer-not-granted 403
forbidden 403
hidden 404
legal 451
rate-limited 429
login-throttled 429
auth-backend-down 503 temporarily_unavailable
auth-backend-broken 500 server_error
basic-required 401
basic-rejected 401
digest-required 401
digest-rejected 401
digest-stale 401
digest-replay 401
digest-malformed 400
digest-uri-mismatch 400
proxy-auth-required 407
authz-client-unknown 400
authz-document-refused 400
authz-redirect-uri-mismatch 400
authz-invalid-request 303 invalid_request
authz-pkce-required 303 invalid_request
authz-unsupported-response-type 303 unsupported_response_type
authz-unauthorized-client 303 unauthorized_client
authz-invalid-scope 303 invalid_scope
authz-invalid-target 303 invalid_target
authz-access-denied 303 access_denied
authz-login-required 303 login_required
authz-consent-required 303 consent_required
authz-account-selection-required 303 account_selection_required
authz-interaction-required 303 interaction_required
authz-acr-unmet 303 unmet_authentication_requirements
authz-request-object 303 invalid_request_object
authz-request-uri-invalid 303 invalid_request_uri
authz-request-not-supported 303 request_not_supported
authz-request-uri-not-supported 303 request_uri_not_supported
authz-registration-not-supported 303 registration_not_supported
authz-unsupported-response-mode 303 unsupported_response_mode
authz-details-invalid 303 invalid_authorization_details
authz-par 303 invalid_request
authz-par-expired 400 invalid_request_uri
authz-server-error 303 server_error
authz-temporarily-unavailable 303 temporarily_unavailable
sign-in-expired 400
sign-in-failed 403
second-step-failed 403
user-code-unknown 400
logout-refused 400
token-invalid-request 400 invalid_request
token-invalid-client 401 invalid_client
token-invalid-client-body 401 invalid_client
token-no-client-auth 401 invalid_client
token-multiple-client-auth 400 invalid_request
grant-code-invalid 400 invalid_grant
grant-code-replayed 400 invalid_grant
grant-pkce-mismatch 400 invalid_grant
grant-refresh-invalid 400 invalid_grant
grant-refresh-reused 400 invalid_grant
token-unauthorized-client 400 unauthorized_client
token-unsupported-grant-type 400 unsupported_grant_type
token-invalid-scope 400 invalid_scope
token-invalid-target 400 invalid_target
token-details-invalid 400 invalid_authorization_details
token-dpop-invalid 400 invalid_dpop_proof
token-dpop-nonce 400 use_dpop_nonce
exchange-subject-invalid 400 invalid_request
exchange-actor-invalid 400 invalid_request
exchange-not-allowed 400 invalid_request
device-code-invalid 400 invalid_grant
device-pending 400 authorization_pending
device-slow-down 400 slow_down
device-expired 400 expired_token
device-denied 400 access_denied
par-refused 400 invalid_request
par-request-object 400 invalid_request_object
introspect-unauthenticated 401 invalid_client
introspect-jwt-unauthenticated 400 invalid_client
introspect-underprivileged 401 invalid_token
introspect-inactive 200
revoke-unknown-token 200
revoke-foreign-token 400 invalid_request
revoke-refused 400 unsupported_token_type
revoke-busy 503
client-iss-mismatch 0
client-metadata-mismatch 0
dcr-refused 400 invalid_request
dcr-redirect-uri-refused 400 invalid_redirect_uri
dcr-metadata-refused 400 invalid_client_metadata
dcr-statement-refused 400 invalid_software_statement
dcr-statement-unapproved 400 unapproved_software_statement
dcr-token-refused 401 invalid_token
registration-gone 401 invalid_token
`

test('status and code of every row are those of the table', (t) => {
  t.deepEqual(
    rows.map(([id, { status, error }]) => [id, status, error].join(' ').trim()),
    wire.trim().split('\n'),
  )
})

test('the table in the README and the list at /refusals have the same rows', async (t) => {
  const readme = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8')
  const inReadme = [...readme.matchAll(/^\| `([a-z-]+)`( \*)? +\| (\d+|–) +\|/gm)]
  t.deepEqual(
    inReadme.map(([, id, star, status]) => [id, star !== undefined, status]),
    rows.map(([id, { status, reason }]) => [
      id,
      reason !== undefined,
      status === 0 ? '–' : String(status),
    ]),
  )
  const server = await start(t)
  const response = await fetch(server.url('/refusals'))
  const { refusals } = (await response.json()) as { refusals: Record<string, unknown>[] }
  t.deepEqual(
    refusals,
    rows.map(([id, { title, headers, ...row }]) => ({ id, ...row })),
  )
})
