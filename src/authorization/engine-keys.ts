/** The engine given other signing keys while it runs: it was made for one set, which is there until it ends. */
import initializeKeyStore from 'oidc-provider/lib/helpers/initialize_keystore.js'
import type { Provider } from 'oidc-provider'
import instance from 'oidc-provider/lib/helpers/weak_cache.js'
import type { SigningKeys } from './keys.ts'

/**
 * Returns a function that catches up with the database and, where something has changed, exchanges what the engine
 * signs with, what it verifies with and what it publishes, all in one turn of the event loop: no request sees one
 * without the other. It signs with the first key that fits.
 */
export function createKeyFollower(provider: Provider, keys: SigningKeys): () => Promise<void> {
  let given: unknown
  let published: unknown

  function exchange(): void {
    const now = { keys: keys.privateKeys(), set: keys.publicKeySet() }
    if (now.keys !== given) initializeKeyStore.call(provider, { keys: [...now.keys] })
    // It would publish all that it knows; keys that are only kept for sign-outs are nobody's business.
    if (now.keys !== given || now.set !== published) instance(provider).jwks = now.set
    ;({ keys: given, set: published } = now)
  }

  exchange()
  return async function followKeys() {
    await keys.refresh()
    exchange()
  }
}
