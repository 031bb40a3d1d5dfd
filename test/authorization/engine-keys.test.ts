/** The engine's private parts that give it other keys while it runs: what we rely on, at every version of it. */
import test from 'ava'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JWK } from 'jose'
import { createKeyFollower } from '../../src/authorization/engine-keys.ts'
import { Provider } from '../../src/authorization/engine.ts'
import { makeKey, publicHalf, type SigningKey } from '../../src/authorization/keys/key-pair.ts'
import { SIGNING_ALGORITHMS } from '../../src/authorization/keys/standing.ts'
import type { SigningKeys } from '../../src/authorization/keys.ts'
import { listenOn } from '../helpers/listen.ts'

/** An engine alone, and keys that the test turns. */
async function engineWith(t: Parameters<typeof listenOn>[0], first: SigningKey[]) {
  let all: readonly SigningKey[] = first
  let set: { keys: JWK[] } = { keys: first.map(publicHalf) }
  const keys = {
    refresh: async () => undefined,
    privateKeys: () => all,
    publicKeySet: () => set,
  } as unknown as SigningKeys
  const provider = new Provider('https://id.example', {
    // Nothing is stored here; without one the engine warns of its own.
    adapter: () => ({ find: async () => undefined }) as never,
    jwks: { keys: first.map((key) => ({ ...key })) },
    clients: SIGNING_ALGORITHMS.map((alg) => ({
      client_id: alg,
      redirect_uris: ['https://app.example/cb'],
      token_endpoint_auth_method: 'none',
      id_token_signed_response_alg: alg,
    })),
    enabledJWA: { idTokenSigningAlgValues: [...SIGNING_ALGORITHMS] },
    features: { devInteractions: { enabled: false } },
    findAccount: async (_ctx, accountId) => ({
      accountId,
      claims: async () => ({ sub: accountId }),
    }),
  })
  const follow = createKeyFollower(provider, keys)
  const answer = provider.callback()
  const origin = await listenOn(t, (req, res) => void answer(req, res))
  return {
    provider,
    async turn(next: readonly SigningKey[], published = next) {
      all = next
      set = { keys: published.map(publicHalf) }
      await follow()
    },
    async published() {
      const { keys } = (await (await fetch(`${origin}/jwks`)).json()) as { keys: JWK[] }
      return keys
    },
    async idToken(alg: string) {
      const client = await provider.Client.find(alg)
      if (!client) throw new Error(alg)
      const token = new provider.IdToken({ sub: 'alice' }, { client })
      Object.assign(token, { scope: 'openid' })
      return token.issue({ use: 'idtoken', expiresAt: Math.floor(Date.now() / 1000) + 60 } as never)
    },
  }
}

const each = () => Promise.all(SIGNING_ALGORITHMS.map((alg) => makeKey(alg)))

test('given other keys the engine signs with the first one that fits, and publishes what it is told', async (t) => {
  const [old, fresh] = [await each(), await each()]
  const engine = await engineWith(t, old)
  for (const [now, all, published] of [
    [old, [...old, ...fresh], [...old, ...fresh]],
    [fresh, [...fresh, ...old], [...fresh, ...old]],
    [fresh, [...fresh, ...old], fresh],
  ] as const) {
    await engine.turn(all, published)
    t.deepEqual(await engine.published(), JSON.parse(JSON.stringify(published.map(publicHalf))))
    for (const [at, alg] of SIGNING_ALGORITHMS.entries()) {
      const token = await engine.idToken(alg)
      t.is(decodeProtectedHeader(token).kid, now[at]?.kid)
      await jwtVerify(token, createLocalJWKSet({ keys: await engine.published() }))
    }
  }
})

test('what was signed before is taken for as long as the engine knows its key', async (t) => {
  const [old, fresh] = [await each(), await each()]
  const engine = await engineWith(t, old)
  const client = await engine.provider.Client.find('ES256')
  const token = await engine.idToken('ES256')
  const model = engine.provider.IdToken as unknown as {
    validate: (token: string, client: unknown) => Promise<unknown>
  }
  await engine.turn([...fresh, ...old], fresh)
  await t.notThrowsAsync(() => model.validate(token, client))
  await engine.turn(fresh)
  await t.throwsAsync(() => model.validate(token, client))
})

test('the keys that it is given are not altered, nor frozen', async (t) => {
  const keys = await each()
  const copy = structuredClone(keys)
  const engine = await engineWith(t, keys)
  await engine.turn([...keys])
  await engine.idToken('EdDSA')
  t.deepEqual(keys, copy)
  t.false(keys.some((key) => Object.isFrozen(key)))
})
