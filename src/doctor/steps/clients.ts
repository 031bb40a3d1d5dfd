/** The steps of the endpoints that clients call. */
import {
  attempts,
  body,
  client,
  clientAuthentication,
  clientProof,
  method,
  oneClientAuthentication,
  ordinaryForm,
  server,
  wanted,
} from './step.ts'
import type { Endpoint } from './step.ts'

export const clientsEndpoints = {
  token: {
    at: /^\/oauth\/token$/,
    steps: [
      method,
      body,
      ordinaryForm,
      // Before the grant, so that a stranger cannot find out which codes there are.
      ...client,
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
          'exchange-actor-invalid',
          'exchange-not-allowed',
          'device-code-invalid',
          'device-pending',
          'device-slow-down',
          'device-expired',
          'device-denied',
        ],
      },
      { name: 'PKCE', refuses: ['grant-pkce-mismatch'] },
      ...wanted,
      server,
    ],
  },

  par: {
    at: /^\/oauth\/par$/,
    steps: [
      method,
      body,
      ...client,
      { name: 'kind of client', refuses: ['token-unauthorized-client'] },
      clientProof,
      { name: 'request object', refuses: ['par-request-object'] },
      { name: 'pushed parameters', refuses: ['par-refused'] },
      ...wanted,
      server,
    ],
  },

  /** Where a device asks for its codes (RFC 8628 §3.1). */
  deviceAuthorization: {
    at: /^\/oauth\/device$/,
    steps: [
      method,
      body,
      ordinaryForm,
      ...client,
      { name: 'grant type of this client', refuses: ['token-unauthorized-client'] },
      { name: 'request object', refuses: ['par-request-object'] },
      ...wanted,
      server,
    ],
  },

  introspect: {
    at: /^\/oauth\/introspect$/,
    steps: [
      method,
      body,
      ordinaryForm,
      oneClientAuthentication,
      attempts,
      {
        name: 'client authentication',
        refuses: [
          'introspect-unauthenticated',
          'introspect-jwt-unauthenticated',
          ...clientAuthentication.refuses,
        ],
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
      ordinaryForm,
      ...client,
      { name: 'kind of token', refuses: ['revoke-refused', 'revoke-foreign-token'] },
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
      {
        name: 'registration token',
        refuses: ['no-credentials', 'dcr-token-refused', 'registration-gone'],
      },
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
} as const satisfies Record<string, Endpoint>
