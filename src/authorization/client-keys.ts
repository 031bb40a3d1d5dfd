/**
 * The keys that clients publish at their `jwks_uri`, as the engine keeps them: asked for anew when an unfamiliar one is
 * used (OpenID Connect Core §10.1.1), and not believed for longer than a minute. The engine by itself asks again only
 * when a signature does not fit, so a key that its client took away would count for as long as somebody uses it.
 */
import type { Provider } from 'oidc-provider'
import type { Clock } from '../lib/clock.ts'

/** Seconds, whatever the host says of caching: a key that leaked should be gone soon. */
const KEYS_LIFE = 60

/** Seconds between two looks for unfamiliar keys: anybody can make such a request, and the host is somebody else's. */
const PAUSE = 10

/** What the engine has of a client's keys; its types leave it out. */
type KeyStore = {
  freshUntil?: number
  fresh(): boolean
  refresh(): Promise<void>
  selectForVerify(wanted: { alg?: string; kid?: string }): readonly unknown[]
}

export function followClientKeys(provider: Provider, clock: Clock): void {
  const { Client } = provider
  const find = Client.find.bind(Client)
  const followed = new WeakSet<KeyStore>()
  Client.find = async (clientId: string) => {
    const client = await find(clientId)
    if (client?.['jwksUri'] === undefined) return client
    const store = client['asymmetricKeyStore'] as KeyStore
    if (!followed.has(store)) follow(store, clock)
    followed.add(store)
    return client
  }
}

function follow(store: KeyStore, clock: Clock): void {
  const refresh = store.refresh.bind(store)
  const select = store.selectForVerify.bind(store)
  let askedAt = 0
  let lookedAt = 0
  const expire = () => {
    store.freshUntil = 0
  }

  store.refresh = async () => {
    if (clock.seconds() >= askedAt + KEYS_LIFE) expire()
    if (store.fresh()) return
    try {
      await refresh()
    } catch (error) {
      // The engine takes an error page for fresh, with the keys of before.
      expire()
      throw error
    }
    askedAt = clock.seconds()
  }

  // Where nothing is found and the keys are not fresh, the engine refreshes them and looks once more.
  store.selectForVerify = (wanted) => {
    const now = clock.seconds()
    if (now >= askedAt + KEYS_LIFE) expire()
    if (!store.fresh()) return []
    const found = select(wanted)
    if (found.length === 0 && now >= lookedAt + PAUSE) {
      lookedAt = now
      expire()
    }
    return found
  }
}
