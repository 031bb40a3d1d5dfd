/** The engine's errors as ids of the catalogue, by where they arose, their code and their detail. */
import type { RefusalId } from '../refusals/catalogue.ts'
import { errors } from './engine.ts'

type EngineError = Error & {
  error?: string | undefined
  error_description?: string | undefined
  error_detail?: string | undefined
  statusCode?: number | undefined
}

type Rule = { id: RefusalId; error?: string; text?: RegExp }

/** The first rule that fits decides. `text` is matched against the description and the detail. */
const AUTHORIZATION: readonly Rule[] = [
  { id: 'authz-client-unknown', error: 'invalid_client' },
  { id: 'authz-client-unknown', error: 'invalid_request', text: /'client_id'/ },
  { id: 'authz-redirect-uri-mismatch', error: 'invalid_redirect_uri' },
  { id: 'authz-redirect-uri-mismatch', error: 'invalid_request', text: /'redirect_uri'/ },
  { id: 'authz-pkce-required', error: 'invalid_request', text: /PKCE|code_challenge/ },
  { id: 'authz-unsupported-response-type', error: 'unsupported_response_type' },
  { id: 'authz-unauthorized-client', error: 'unauthorized_client' },
  {
    id: 'authz-unauthorized-client',
    error: 'invalid_request',
    text: /not allowed for this client/,
  },
  { id: 'authz-invalid-scope', error: 'invalid_scope' },
  { id: 'authz-invalid-target', error: 'invalid_target' },
  { id: 'authz-access-denied', error: 'access_denied' },
  { id: 'authz-login-required', error: 'login_required' },
  { id: 'authz-consent-required', error: 'consent_required' },
  { id: 'authz-interaction-required', error: 'interaction_required' },
  { id: 'authz-acr-unmet', error: 'unmet_authentication_requirements' },
  { id: 'authz-invalid-request' },
]

const TOKEN: readonly Rule[] = [
  { id: 'token-no-client-auth', error: 'invalid_request', text: /no client authentication/ },
  {
    id: 'token-multiple-client-auth',
    error: 'invalid_request',
    text: /client authentication must/,
  },
  { id: 'token-invalid-client', error: 'invalid_client' },
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
  { id: 'grant-refresh-invalid', error: 'invalid_grant', text: /refresh token/ },
  { id: 'grant-code-invalid', error: 'invalid_grant' },
  { id: 'token-unauthorized-client', error: 'unauthorized_client' },
  {
    id: 'token-unauthorized-client',
    error: 'invalid_request',
    text: /not allowed for this client/,
  },
  { id: 'token-unsupported-grant-type', error: 'unsupported_grant_type' },
  { id: 'token-invalid-scope', error: 'invalid_scope' },
  { id: 'token-invalid-target', error: 'invalid_target' },
  { id: 'token-invalid-request' },
]

const INTROSPECTION: readonly Rule[] = [
  { id: 'introspect-unauthenticated', error: 'invalid_client' },
  { id: 'introspect-unauthenticated', text: /no client authentication/ },
  { id: 'token-invalid-request' },
]

const USERINFO: readonly Rule[] = [
  { id: 'no-credentials', text: /no access token provided/ },
  { id: 'insufficient-scope', error: 'insufficient_scope' },
  { id: 'token-unknown', error: 'invalid_token' },
  { id: 'unsupported-scheme', text: /scheme must be/ },
  { id: 'token-in-query', text: /query parameter/ },
  { id: 'multiple-token-methods', text: /one mechanism/ },
  { id: 'credentials-malformed' },
]

const LOGOUT: readonly Rule[] = [{ id: 'logout-refused' }]

/** Route names are the engine's. */
const RULES: Record<string, readonly Rule[]> = {
  token: TOKEN,
  introspection: INTROSPECTION,
  revocation: TOKEN,
  userinfo: USERINFO,
  end_session: LOGOUT,
  end_session_confirm: LOGOUT,
  end_session_success: LOGOUT,
}

export function refusalOf(error: EngineError, route: string | undefined): RefusalId {
  if (error instanceof errors.SessionNotFound) return 'sign-in-expired'
  const code = error.error ?? ''
  if (code === '' || code === 'server_error' || (error.statusCode ?? 500) >= 500) {
    return route === 'authorization' || route === 'resume' ? 'authz-server-error' : 'internal-error'
  }
  const text = `${error.error_description ?? ''} ${error.error_detail ?? ''}`
  const rules = RULES[route ?? ''] ?? AUTHORIZATION
  const rule = rules.find(
    (one) =>
      (one.error === undefined || one.error === code) &&
      (one.text === undefined || one.text.test(text)),
  )
  return rule?.id ?? 'authz-invalid-request'
}
