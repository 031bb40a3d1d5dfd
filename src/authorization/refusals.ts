/** The engine's errors as ids of the catalogue, by where they arose, their code and their detail. */
import type { RefusalId } from '../refusals/catalogue.ts'
import type { Evidence } from '../refusals/refusal.ts'
import { DOCUMENT_FAULT } from './client-documents.ts'
import { errors } from './engine.ts'

export type EngineError = Error & {
  error?: string | undefined
  error_description?: string | undefined
  error_detail?: string | undefined
  statusCode?: number | undefined
}

/** `text` is matched against the description, the detail and the cause. The first rule that fits decides. */
type Rule = { id: RefusalId; error?: string; text?: RegExp }

const TOO_LARGE: Rule = { id: 'content-too-large', error: 'invalid_request', text: /too large/ }

const AUTHORIZATION: readonly Rule[] = [
  { id: 'authz-document-refused', error: 'invalid_client', text: DOCUMENT_FAULT },
  { id: 'authz-client-unknown', error: 'invalid_client' },
  { id: 'authz-client-unknown', error: 'invalid_request', text: /'client_id'/ },
  { id: 'authz-redirect-uri-mismatch', error: 'invalid_redirect_uri' },
  { id: 'authz-redirect-uri-mismatch', error: 'invalid_request', text: /'redirect_uri'/ },
  { id: 'authz-par', error: 'invalid_request', text: /Pushed Authorization Request must be used/ },
  { id: 'authz-pkce-required', error: 'invalid_request', text: /PKCE|code_challenge/ },
  { id: 'authz-unsupported-response-type', error: 'unsupported_response_type' },
  { id: 'authz-unsupported-response-mode', error: 'unsupported_response_mode' },
  { id: 'authz-unauthorized-client', error: 'unauthorized_client' },
  {
    id: 'authz-unauthorized-client',
    error: 'invalid_request',
    text: /response_type is not allowed for this client/,
  },
  { id: 'authz-request-object', error: 'invalid_request_object' },
  { id: 'authz-par-expired', error: 'invalid_request_uri', text: /expired, or was already used/ },
  { id: 'authz-request-uri-invalid', error: 'invalid_request_uri' },
  { id: 'authz-request-not-supported', error: 'request_not_supported' },
  { id: 'authz-request-uri-not-supported', error: 'request_uri_not_supported' },
  { id: 'authz-registration-not-supported', error: 'registration_not_supported' },
  { id: 'authz-details-invalid', error: 'invalid_authorization_details' },
  { id: 'authz-invalid-scope', error: 'invalid_scope' },
  { id: 'authz-invalid-target', error: 'invalid_target' },
  { id: 'authz-access-denied', error: 'access_denied' },
  { id: 'authz-login-required', error: 'login_required' },
  { id: 'authz-consent-required', error: 'consent_required' },
  { id: 'authz-account-selection-required', error: 'account_selection_required' },
  { id: 'authz-interaction-required', error: 'interaction_required' },
  { id: 'authz-acr-unmet', error: 'unmet_authentication_requirements' },
  { id: 'authz-invalid-request' },
]

/** Wherever a client authenticates. */
const CLIENT_AUTHENTICATION: readonly Rule[] = [
  TOO_LARGE,
  { id: 'token-no-client-auth', error: 'invalid_request', text: /no client authentication/ },
  {
    id: 'token-multiple-client-auth',
    error: 'invalid_request',
    text: /client authentication must/,
  },
  // RFC 7617 gives broken Basic no code of its own, and RFC 6749 §5.2 asks for 401 where the header was used.
  {
    id: 'token-invalid-client',
    error: 'invalid_request',
    text: /authorization header|Authorization header/,
  },
  { id: 'token-no-client-auth', error: 'invalid_client', text: /authentication mechanism/ },
  // RFC 7521 §4.2.1 and RFC 7523 §3.2: an assertion that is no JWT is a client that failed to authenticate.
  { id: 'token-invalid-client-body', error: 'invalid_request', text: /invalid client_assertion/ },
  { id: 'token-invalid-client', error: 'invalid_client' },
]

const TOKEN: readonly Rule[] = [
  ...CLIENT_AUTHENTICATION,
  { id: 'token-dpop-nonce', error: 'use_dpop_nonce' },
  { id: 'token-dpop-invalid', error: 'invalid_dpop_proof' },
  { id: 'token-dpop-invalid', text: /DPoP proof JWT (Replay|not provided)|missing DPoP proof/ },
  {
    id: 'grant-code-replayed',
    error: 'invalid_grant',
    text: /(authorization code|AuthorizationCode) already/,
  },
  { id: 'grant-pkce-mismatch', error: 'invalid_grant', text: /PKCE|code_verifier/ },
  {
    id: 'grant-refresh-reused',
    error: 'invalid_grant',
    text: /(refresh token|RefreshToken) already/,
  },
  {
    id: 'grant-refresh-invalid',
    error: 'invalid_grant',
    text: /refresh token|(jkt|x5t#S256) verification/,
  },
  { id: 'token-invalid-request', error: 'invalid_grant', text: /mutual TLS client certificate/ },
  { id: 'grant-code-invalid', error: 'invalid_grant' },
  { id: 'device-pending', error: 'authorization_pending' },
  { id: 'device-slow-down', error: 'slow_down' },
  { id: 'device-expired', error: 'expired_token' },
  { id: 'device-denied', error: 'access_denied' },
  { id: 'token-unauthorized-client', error: 'unauthorized_client' },
  {
    id: 'token-unauthorized-client',
    error: 'invalid_request',
    text: /not allowed for this client/,
  },
  { id: 'token-unsupported-grant-type', error: 'unsupported_grant_type' },
  { id: 'token-invalid-scope', error: 'invalid_scope' },
  { id: 'token-invalid-target', error: 'invalid_target' },
  { id: 'token-details-invalid', error: 'invalid_authorization_details' },
  { id: 'token-invalid-request' },
]

/** RFC 9126 §2.3: the codes of the authorization endpoint in the format of the token endpoint. */
const PUSHED: readonly Rule[] = [
  ...CLIENT_AUTHENTICATION,
  { id: 'token-dpop-nonce', error: 'use_dpop_nonce' },
  { id: 'token-dpop-invalid', error: 'invalid_dpop_proof' },
  { id: 'token-dpop-invalid', error: 'invalid_request', text: /DPoP proof JWT Replay/ },
  {
    id: 'token-unauthorized-client',
    error: 'invalid_request',
    text: /response_type is not allowed for this client/,
  },
  { id: 'par-request-object', error: 'invalid_request_object' },
  { id: 'token-invalid-scope', error: 'invalid_scope' },
  { id: 'token-invalid-target', error: 'invalid_target' },
  { id: 'token-details-invalid', error: 'invalid_authorization_details' },
  { id: 'par-refused' },
]

/** RFC 8628 §3.1, §3.2: the codes of the token endpoint. */
const DEVICE_AUTHORIZATION: readonly Rule[] = [
  ...CLIENT_AUTHENTICATION,
  {
    id: 'token-unauthorized-client',
    error: 'invalid_request',
    text: /not allowed for this client/,
  },
  { id: 'token-invalid-scope', error: 'invalid_scope' },
  { id: 'token-invalid-target', error: 'invalid_target' },
  { id: 'token-details-invalid', error: 'invalid_authorization_details' },
  { id: 'par-request-object', error: 'invalid_request_object' },
  { id: 'token-invalid-request' },
]

/** The person's page (RFC 8628 §3.3); most of what is wrong there the page itself tells (device-screens.ts). */
const DEVICE_PAGE: readonly Rule[] = [
  { id: 'sign-in-expired', error: 'invalid_request', text: /device form details|xsrf token/ },
  { id: 'authz-acr-unmet', error: 'unmet_authentication_requirements' },
  { id: 'user-code-unknown' },
]

/** Of the client that a token was issued to, which the asker can do nothing about. */
const DOCUMENT_AWAY: Rule = {
  id: 'auth-backend-down',
  error: 'invalid_client',
  text: DOCUMENT_FAULT,
}

const INTROSPECTION: readonly Rule[] = [
  DOCUMENT_AWAY,
  TOO_LARGE,
  { id: 'introspect-unauthenticated', error: 'invalid_client' },
  {
    id: 'introspect-unauthenticated',
    text: /no client authentication|uthorization header|invalid client_assertion/,
  },
  {
    id: 'token-multiple-client-auth',
    error: 'invalid_request',
    text: /client authentication must/,
  },
  { id: 'token-invalid-request' },
]

const REVOCATION: readonly Rule[] = [
  ...CLIENT_AUTHENTICATION,
  { id: 'revoke-refused', error: 'unsupported_token_type' },
  { id: 'revoke-foreign-token', error: 'invalid_request', text: /issued to another client/ },
  { id: 'token-invalid-request' },
]

/** What is left after our own look at the credentials (userinfo.ts). */
const USERINFO: readonly Rule[] = [
  DOCUMENT_AWAY,
  { id: 'multiple-token-methods', text: /one mechanism/ },
  { id: 'insufficient-scope', error: 'insufficient_scope' },
  { id: 'dpop-nonce-required', error: 'use_dpop_nonce' },
  { id: 'dpop-ath-mismatch', error: 'invalid_dpop_proof', text: /ath mismatch/ },
  { id: 'dpop-iat-outside-window', error: 'invalid_dpop_proof', text: /recent enough/ },
  { id: 'dpop-proof-invalid', error: 'invalid_dpop_proof' },
  { id: 'dpop-proof-missing', text: /`DPoP` header not provided/ },
  { id: 'dpop-replay', error: 'invalid_token', text: /Replay detected/ },
  { id: 'dpop-unbound-token', error: 'invalid_token', text: /not sender-constrained/ },
  { id: 'dpop-key-mismatch', error: 'invalid_token', text: /jkt verification/ },
  { id: 'mtls-cert-mismatch', error: 'invalid_token', text: /x5t#S256/ },
  { id: 'token-wrong-audience', error: 'invalid_token', text: /audience prevents/ },
  { id: 'token-revoked', error: 'invalid_token', text: /grant (not found|is expired)/ },
  { id: 'token-subject-disabled', error: 'invalid_token', text: /account not found/ },
  { id: 'token-unknown', error: 'invalid_token' },
  TOO_LARGE,
  { id: 'credentials-malformed' },
]

const REGISTRATION: readonly Rule[] = [
  TOO_LARGE,
  { id: 'no-credentials', text: /no access token provided/ },
  { id: 'dcr-redirect-uri-refused', error: 'invalid_redirect_uri' },
  { id: 'dcr-statement-refused', error: 'invalid_software_statement' },
  { id: 'dcr-statement-unapproved', error: 'unapproved_software_statement' },
  { id: 'dcr-metadata-refused', error: 'invalid_client_metadata' },
  { id: 'dcr-token-refused', error: 'invalid_token' },
  { id: 'dcr-token-refused', error: 'invalid_request', text: /authorization header|one mechanism/ },
  { id: 'dcr-token-refused', error: 'invalid_request', text: /query parameter/ },
  { id: 'dcr-refused', error: 'invalid_request', text: /JSON object|content-type|parse the/ },
  { id: 'dcr-metadata-refused' },
]

const LOGOUT: readonly Rule[] = [{ id: 'logout-refused' }]

/** Route names are the engine's. Those that are not here are of the authorization endpoint. */
export const RULES: Record<string, readonly Rule[]> = {
  token: TOKEN,
  pushed_authorization_request: PUSHED,
  introspection: INTROSPECTION,
  revocation: REVOCATION,
  device_authorization: DEVICE_AUTHORIZATION,
  code_verification: DEVICE_PAGE,
  device_resume: DEVICE_PAGE,
  userinfo: USERINFO,
  registration: REGISTRATION,
  client: REGISTRATION,
  client_update: REGISTRATION,
  client_delete: REGISTRATION,
  end_session: LOGOUT,
  end_session_confirm: LOGOUT,
  end_session_success: LOGOUT,
}

const AUTHORIZATION_ROUTES = new Set(['authorization', 'resume'])

/** `outage`: the error comes from a database that does not answer. */
export function refusalOf(
  error: EngineError,
  route: string | undefined,
  { outage = false } = {},
): RefusalId {
  if (error instanceof errors.SessionNotFound) return 'sign-in-expired'
  const code = error.error ?? ''
  if (code === '' || code === 'server_error' || (error.statusCode ?? 500) >= 500) {
    if (AUTHORIZATION_ROUTES.has(route ?? '')) {
      return outage ? 'authz-temporarily-unavailable' : 'authz-server-error'
    }
    if (outage) return route === 'revocation' ? 'revoke-busy' : 'auth-backend-down'
    return 'internal-error'
  }
  const rules = RULES[route ?? ''] ?? AUTHORIZATION
  const text = textOf(error)
  const rule = rules.find(
    (one) =>
      (one.error === undefined || one.error === code) &&
      (one.text === undefined || one.text.test(text)),
  )
  return rule?.id ?? 'authz-invalid-request'
}

function textOf(error: EngineError): string {
  const cause = error.cause instanceof Error ? error.cause.message : ''
  return [error.error_description, error.error_detail, cause].filter(Boolean).join(' | ')
}

/** Such as why a client's `jwks_uri` could not be read. Nothing is decided by it: some of it is the client's own. */
function deeperCauses(error: EngineError): string[] {
  const causes: string[] = []
  let { cause } = error
  for (let depth = 0; depth < 4 && cause instanceof Error; depth++) {
    const said = (cause as EngineError).error_description ?? cause.message
    if (depth > 0 || said !== cause.message) causes.push(said)
    ;({ cause } = cause)
  }
  return causes
}

/** Characters kept of the engine's words. */
const MOST_WORDS = 300

/** The engine's own words on what it found; they name parameters and never repeat a credential. */
export function evidenceOf(error: EngineError): Evidence {
  const found = [textOf(error), ...deeperCauses(error)].join(' | ').slice(0, MOST_WORDS)
  return { check: error.error ?? error.name, found }
}
