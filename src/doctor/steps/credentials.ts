/** The steps of what takes credentials and is not one of the protected APIs. */
import { attempts, body, method, server } from './step.ts'
import type { Endpoint } from './step.ts'

export const credentialEndpoints = {
  /** The authorization server's own protected resource. */
  userinfo: {
    at: /^\/oauth\/userinfo$/,
    steps: [
      method,
      body,
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
          'token-wrong-typ',
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
        refuses: [
          'dpop-key-mismatch',
          'dpop-token-as-bearer',
          'dpop-unbound-token',
          'mtls-cert-mismatch',
        ],
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
