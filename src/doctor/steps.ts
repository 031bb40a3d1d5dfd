/**
 * What the HTTP edge and each endpoint of the authorization server ask of a request, in their order,
 * and the refusals that each step can end in. Data: the doctor shows the steps before the one that failed as passed.
 */
import type { catalogue, RefusalId } from '../refusals/catalogue.ts'

export type Step = { readonly name: string; readonly refuses: readonly RefusalId[] }

export type Endpoint = {
  /** The paths it answers. */
  readonly at: RegExp
  readonly steps: readonly Step[]
}

const method = { name: 'method', refuses: ['method-not-allowed'] } as const
const body = {
  name: 'body',
  refuses: ['content-too-large', 'unsupported-media-type', 'body-malformed'],
} as const
const server = { name: 'server', refuses: ['internal-error', 'auth-backend-down'] } as const
const oneClientAuthentication = {
  name: 'one client authentication',
  refuses: ['token-multiple-client-auth'],
} as const
const attempts = { name: 'number of failed attempts', refuses: ['login-throttled'] } as const
const clientAuthentication = {
  name: 'client authentication',
  refuses: ['token-no-client-auth', 'token-invalid-client', 'token-invalid-client-body'],
} as const
const clientProof = {
  name: 'DPoP proof',
  refuses: ['token-dpop-invalid', 'token-dpop-nonce'],
} as const

export const endpoints = {
  /** Where a person's browser is sent, and where it comes back to after the pages. */
  authorize: {
    at: /^\/oauth\/authorize(\/|$)/,
    steps: [
      method,
      // Until here nobody trustworthy is known to go back to, so what fails is shown as a page.
      { name: 'client', refuses: ['authz-client-unknown'] },
      { name: 'return address', refuses: ['authz-redirect-uri-mismatch'] },
      {
        name: 'parameters',
        refuses: ['authz-invalid-request', 'authz-registration-not-supported'],
      },
      {
        name: 'request object',
        refuses: ['authz-request-object', 'authz-request-not-supported'],
      },
      {
        name: 'pushed request',
        refuses: [
          'authz-par',
          'authz-par-expired',
          'authz-request-uri-invalid',
          'authz-request-uri-not-supported',
        ],
      },
      {
        name: 'response type',
        refuses: [
          'authz-unsupported-response-type',
          'authz-unauthorized-client',
          'authz-unsupported-response-mode',
        ],
      },
      { name: 'PKCE', refuses: ['authz-pkce-required'] },
      { name: 'scope', refuses: ['authz-invalid-scope'] },
      { name: 'resource', refuses: ['authz-invalid-target'] },
      { name: 'authorization details', refuses: ['authz-details-invalid'] },
      { name: 'browser and its sign-in', refuses: ['sign-in-expired'] },
      { name: 'sign-in', refuses: ['authz-login-required', 'authz-account-selection-required'] },
      { name: 'second step', refuses: ['authz-acr-unmet', 'authz-interaction-required'] },
      { name: 'consent', refuses: ['authz-consent-required', 'authz-access-denied'] },
      {
        name: 'server',
        refuses: ['authz-server-error', 'authz-temporarily-unavailable', ...server.refuses],
      },
    ],
  },

  /** The pages between: sign-in, second step, consent. */
  interaction: {
    at: /^\/interaction(\/|$)/,
    steps: [
      method,
      { name: 'page the form comes from', refuses: ['cross-site-form'] },
      { name: 'browser and its sign-in', refuses: ['sign-in-expired'] },
      body,
      attempts,
      { name: 'name and password', refuses: ['sign-in-failed'] },
      { name: 'account', refuses: ['token-subject-disabled'] },
      { name: 'second step', refuses: ['second-step-failed'] },
      server,
    ],
  },

  device: {
    at: /^\/device(\/|$)/,
    steps: [
      method,
      { name: 'page the form comes from', refuses: ['cross-site-form'] },
      body,
      attempts,
      { name: 'user code', refuses: ['user-code-unknown'] },
      server,
    ],
  },

  logout: {
    at: /^\/oauth\/logout(\/|$)/,
    steps: [
      method,
      { name: 'page the form comes from', refuses: ['cross-site-form'] },
      body,
      { name: 'hint and return address', refuses: ['logout-refused'] },
      { name: 'browser and its sign-in', refuses: ['sign-in-expired'] },
      server,
    ],
  },

  token: {
    at: /^\/oauth\/token$/,
    steps: [
      method,
      body,
      { name: 'form with each parameter once', refuses: ['token-invalid-request'] },
      oneClientAuthentication,
      attempts,
      // Before the grant, so that a stranger cannot find out which codes there are.
      clientAuthentication,
      { name: 'grant type', refuses: ['token-unsupported-grant-type'] },
      { name: 'grant type of this client', refuses: ['token-unauthorized-client'] },
      clientProof,
      {
        name: 'grant',
        refuses: [
          'grant-code-invalid',
          'grant-code-replayed',
          'grant-refresh-invalid',
          'grant-refresh-reused',
          'exchange-subject-invalid',
          'device-pending',
          'device-slow-down',
          'device-expired',
          'device-denied',
        ],
      },
      { name: 'PKCE', refuses: ['grant-pkce-mismatch'] },
      { name: 'scope', refuses: ['token-invalid-scope'] },
      { name: 'resource', refuses: ['token-invalid-target'] },
      { name: 'authorization details', refuses: ['token-details-invalid'] },
      server,
    ],
  },

  par: {
    at: /^\/oauth\/par$/,
    steps: [
      method,
      body,
      oneClientAuthentication,
      attempts,
      clientAuthentication,
      clientProof,
      { name: 'request object', refuses: ['par-request-object'] },
      { name: 'pushed parameters', refuses: ['par-refused', 'authz-details-invalid'] },
      server,
    ],
  },

  introspect: {
    at: /^\/oauth\/introspect$/,
    steps: [
      method,
      body,
      { name: 'form with each parameter once', refuses: ['token-invalid-request'] },
      oneClientAuthentication,
      attempts,
      {
        name: 'client authentication',
        refuses: ['introspect-unauthenticated', ...clientAuthentication.refuses],
      },
      { name: 'right to ask', refuses: ['introspect-underprivileged'] },
      { name: 'token', refuses: ['introspect-inactive'] },
      server,
    ],
  },

  revoke: {
    at: /^\/oauth\/revoke$/,
    steps: [
      method,
      body,
      { name: 'form with each parameter once', refuses: ['token-invalid-request'] },
      oneClientAuthentication,
      attempts,
      clientAuthentication,
      { name: 'kind of token', refuses: ['revoke-refused'] },
      { name: 'token', refuses: ['revoke-unknown-token'] },
      { name: 'list of what is revoked', refuses: ['revoke-busy'] },
      server,
    ],
  },

  /** Registration (RFC 7591) and its management (RFC 7592). */
  register: {
    at: /^\/oauth\/register(\/|$)/,
    steps: [
      method,
      { name: 'registration token', refuses: ['dcr-token-refused', 'registration-gone'] },
      body,
      { name: 'JSON object', refuses: ['dcr-refused'] },
      {
        name: 'software statement',
        refuses: ['dcr-statement-refused', 'dcr-statement-unapproved'],
      },
      { name: 'redirect URIs', refuses: ['dcr-redirect-uri-refused'] },
      { name: 'client metadata', refuses: ['dcr-metadata-refused'] },
      server,
    ],
  },

  /** The authorization server's own protected resource. */
  userinfo: {
    at: /^\/oauth\/userinfo$/,
    steps: [
      method,
      { name: 'one set of credentials', refuses: ['multiple-authorization'] },
      {
        name: 'credentials syntax',
        refuses: ['scheme-without-credentials', 'credentials-malformed'],
      },
      { name: 'known scheme', refuses: ['unsupported-scheme'] },
      { name: 'one place', refuses: ['multiple-token-methods'] },
      {
        name: 'credentials present',
        refuses: ['no-credentials', 'token-in-query', 'token-in-body-refused'],
      },
      { name: 'number of proofs', refuses: ['dpop-proof-missing', 'dpop-proof-multiple'] },
      {
        name: 'token',
        refuses: [
          'token-malformed',
          'token-unknown',
          'token-bad-signature',
          'token-expired',
          'token-revoked',
          'token-subject-disabled',
          'token-wrong-audience',
        ],
      },
      {
        name: 'proof',
        refuses: [
          'dpop-proof-invalid',
          'dpop-ath-mismatch',
          'dpop-iat-outside-window',
          'dpop-nonce-required',
          'dpop-replay',
        ],
      },
      {
        name: 'key binding',
        refuses: ['dpop-key-mismatch', 'dpop-token-as-bearer', 'dpop-unbound-token'],
      },
      { name: 'scope', refuses: ['insufficient-scope'] },
      server,
    ],
  },

  basic: {
    at: /^\/challenge\/basic(\/|$)/,
    steps: [
      { name: 'credentials present', refuses: ['basic-required'] },
      attempts,
      { name: 'name and password', refuses: ['basic-rejected'] },
      method,
      server,
    ],
  },

  digest: {
    at: /^\/challenge\/digest(\/|$)/,
    steps: [
      { name: 'credentials present', refuses: ['digest-required'] },
      { name: 'parameters', refuses: ['digest-malformed'] },
      { name: 'address', refuses: ['digest-uri-mismatch'] },
      attempts,
      { name: 'name and response', refuses: ['digest-rejected'] },
      { name: 'age of the nonce', refuses: ['digest-stale'] },
      { name: 'nonce count', refuses: ['digest-replay'] },
      method,
      server,
    ],
  },
} as const satisfies Record<string, Endpoint>

/** What every request passes before anybody asks who sends it, and what stands in every handler. */
export const edge = [
  { name: 'framing', refuses: ['malformed-http', 'request-timeout'] },
  { name: 'header size', refuses: ['header-too-large'] },
  { name: 'target length', refuses: ['uri-too-long'] },
  { name: 'host', refuses: ['misdirected'] },
  { name: 'known method', refuses: ['method-unknown'] },
  { name: 'secure connection', refuses: ['plaintext-http'] },
  { name: 'proxy', refuses: ['proxy-auth-required'] },
  { name: 'page the form comes from', refuses: ['cross-site-form'] },
  { name: 'address', refuses: ['not-found'] },
  { name: 'method of the address', refuses: ['method-not-allowed'] },
  { name: 'accepted types', refuses: ['not-acceptable'] },
  { name: 'body', refuses: ['unsupported-media-type', 'content-too-large', 'body-malformed'] },
  { name: 'fields', refuses: ['invalid-input'] },
  { name: 'server', refuses: ['internal-error'] },
] as const satisfies readonly Step[]

/** The ids of the catalogue that arise in one place. */
type ArisingIn<Place extends string> = {
  [Id in RefusalId]: (typeof catalogue)[Id]['arises'] extends Place ? Id : never
}[RefusalId]

type Covered =
  | (typeof endpoints)[keyof typeof endpoints]['steps'][number]['refuses'][number]
  | (typeof edge)[number]['refuses'][number]

type Nothing<Ids extends never> = Ids

/** Does not compile when the catalogue has an id of the server, or of HTTP, that no step refuses with. */
export type Uncovered = Nothing<Exclude<ArisingIn<'authorization-server' | 'http'>, Covered>>

const all: readonly Endpoint[] = Object.values(endpoints)

/**
 * The steps of a refused request: those of its endpoint; else, as long as the address is unknown, of an endpoint
 * that refuses with this id; else the edge.
 */
export function stepsFor(id: RefusalId, path: string): readonly Step[] {
  const here = all.find(({ at }) => at.test(path))
  if (here && refuses(here.steps, id)) return here.steps
  if (refuses(edge, id)) return edge
  return all.find(({ steps }) => refuses(steps, id))?.steps ?? []
}

const refuses = (steps: readonly Step[], id: RefusalId): boolean =>
  steps.some((step) => step.refuses.includes(id))
