/** What a step of an endpoint is, and the steps that several endpoints have in common. */
import type { RefusalId } from '../../refusals/catalogue.ts'

export type Step = { readonly name: string; readonly refuses: readonly RefusalId[] }

export type Endpoint = {
  /** The paths it answers. */
  readonly at: RegExp
  readonly steps: readonly Step[]
}

export const method = { name: 'method', refuses: ['method-not-allowed'] } as const
export const body = {
  name: 'body',
  refuses: ['content-too-large', 'unsupported-media-type', 'body-malformed'],
} as const
export const server = { name: 'server', refuses: ['internal-error', 'auth-backend-down'] } as const
export const oneClientAuthentication = {
  name: 'one client authentication',
  refuses: ['token-multiple-client-auth'],
} as const
export const attempts = { name: 'number of failed attempts', refuses: ['login-throttled'] } as const
export const clientAuthentication = {
  name: 'client authentication',
  refuses: ['token-no-client-auth', 'token-invalid-client', 'token-invalid-client-body'],
} as const
/** Who asks, as far as a client can say so. */
export const client = [oneClientAuthentication, attempts, clientAuthentication] as const
/** What it asks for. */
export const wanted = [
  { name: 'scope', refuses: ['token-invalid-scope'] },
  { name: 'resource', refuses: ['token-invalid-target'] },
  { name: 'authorization details', refuses: ['token-details-invalid'] },
] as const
export const clientProof = {
  name: 'DPoP proof',
  refuses: ['token-dpop-invalid', 'token-dpop-nonce'],
} as const

export const formPage = { name: 'page the form comes from', refuses: ['cross-site-form'] } as const

export const openSignIn = { name: 'browser and its sign-in', refuses: ['sign-in-expired'] } as const

export const ordinaryForm = {
  name: 'form with each parameter once',
  refuses: ['token-invalid-request'],
} as const
