/** Parts of the engine that its types leave out: private to it, so engine-keys.ts alone uses them, under a test. */

declare module 'oidc-provider/lib/helpers/initialize_keystore.js' {
  import type { JWK } from 'jose'
  import type { Provider } from 'oidc-provider'

  export default function initializeKeyStore(this: Provider, jwks: { keys: JWK[] }): void
}

declare module 'oidc-provider/lib/helpers/weak_cache.js' {
  import type { JWK } from 'jose'
  import type { Provider } from 'oidc-provider'

  export default function instance(provider: Provider): { jwks: { keys: JWK[] } }
}
