/** The steps of the endpoints a person’s browser is sent to. */
import { attempts, body, formPage, method, openSignIn, server } from './step.ts'
import type { Endpoint } from './step.ts'

export const peoplesEndpoints = {
  /** Where a person's browser is sent, and where it comes back to after the pages. */
  authorize: {
    at: /^\/oauth\/authorize(\/|$)/,
    steps: [
      method,
      // Until here nobody trustworthy is known to go back to, so what fails is shown as a page.
      { name: 'client', refuses: ['authz-client-unknown', 'authz-document-refused'] },
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
      openSignIn,
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
      formPage,
      openSignIn,
      body,
      attempts,
      { name: 'name and password', refuses: ['sign-in-failed'] },
      { name: 'account', refuses: ['token-subject-disabled'] },
      { name: 'second step', refuses: ['second-step-failed'] },
      server,
    ],
  },

  /** Where a person types the code that a device shows (RFC 8628 §3.3). */
  device: {
    at: /^\/device(\/|$)/,
    steps: [
      method,
      formPage,
      body,
      openSignIn,
      attempts,
      { name: 'user code', refuses: ['user-code-unknown'] },
      { name: 'second step', refuses: ['authz-acr-unmet'] },
      server,
    ],
  },

  logout: {
    at: /^\/oauth\/logout(\/|$)/,
    steps: [
      method,
      formPage,
      body,
      { name: 'hint and return address', refuses: ['logout-refused'] },
      openSignIn,
      server,
    ],
  },
} as const satisfies Record<string, Endpoint>
