/** Keys at a client's `jwks_uri` that change: what the engine is made to do, and relies on nothing but its own parts. */
import type { RequestListener } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose'
import { followClientKeys } from '../../src/authorization/client-keys.ts'
import { Provider } from '../../src/authorization/engine.ts'
import { fixedClock } from '../../src/lib/clock.ts'
import { formRequest } from '../../scripts/kit/client.ts'
import { listenOn } from '../helpers/listen.ts'
import { post } from '../helpers/person.ts'
import { start } from '../helpers/start.ts'

const ISSUER = 'https://id.example'

type Keys = { kid: string; privateKey: CryptoKey; jwk: JWK }

async function makeKeys(kid: string): Promise<Keys> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' }
  return { kid, privateKey, jwk }
}

const assertion = ({ privateKey, kid }: Keys, aud: string) =>
  new SignJWT({ jti: crypto.randomUUID() })
    .setProtectedHeader({ alg: 'ES256', kid })
    .setIssuer('program')
    .setSubject('program')
    .setAudience(aud)
    .setExpirationTime('1m')
    .sign(privateKey)

/** A token request by a client that proves itself with this key. */
const withKey = async (keys: Keys, aud: string) => ({
  grant_type: 'client_credentials',
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: await assertion(keys, aud),
})

/** Where the client keeps its keys, and how often somebody looked. */
async function keyHost(t: ExecutionContext, first: readonly Keys[]) {
  const serve =
    (keys: readonly Keys[]): RequestListener =>
    (_req, res) => {
      // Longer than anybody should believe.
      res.setHeader('cache-control', 'max-age=86400')
      res.end(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }))
    }
  const host = { answer: serve(first), looks: 0, uri: '', serve }
  const origin = await listenOn(t, (req, res) => {
    host.looks++
    host.answer(req, res)
  })
  host.uri = `${origin}/jwks`
  return host
}

/** An engine alone with one client, and a clock that the test moves. */
async function engineFor(t: ExecutionContext, jwks_uri: string) {
  const clock = fixedClock()
  const provider = new Provider(ISSUER, {
    adapter: () => ({ find: async () => undefined, upsert: async () => undefined }) as never,
    clients: [
      {
        client_id: 'program',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        token_endpoint_auth_method: 'private_key_jwt',
        jwks_uri,
      },
    ],
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    jwks: {
      keys: [await exportJWK((await generateKeyPair('RS256', { extractable: true })).privateKey)],
    },
    // Past the engine's guard, which lets nobody on this machine be asked.
    fetch: (url, options = {}) => fetch(url, { ...options, dispatcher: undefined } as RequestInit),
    ttl: { ClientCredentials: 60 },
  })
  followClientKeys(provider, clock)
  const answer = provider.callback()
  const origin = await listenOn(t, (req, res) => void answer(req, res))
  const status = async (keys: Keys) => {
    const response = await fetch(`${origin}/token`, formRequest(await withKey(keys, ISSUER)))
    await response.text()
    return response.status
  }
  return { clock, status }
}

test('a client that puts a new key at its jwks_uri is known by it at once', async (t) => {
  const [one, two] = [await makeKeys('one'), await makeKeys('two')]
  const host = await keyHost(t, [one])
  const server = await start(t)
  await server.clients.add({
    client_id: 'program',
    grant_types: ['client_credentials'],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri: host.uri,
  })
  const status = async (keys: Keys) =>
    (await post(server.url('/oauth/token'), await withKey(keys, server.issuer))).status
  t.is(await status(one), 200)
  host.answer = host.serve([one, two])
  t.is(await status(two), 200)
  t.is(await status(one), 200)
  t.is(host.looks, 2)
})

test('whoever invents keys has the host looked at once in ten seconds, and no more', async (t) => {
  const known = await makeKeys('known')
  const host = await keyHost(t, [known])
  const { clock, status } = await engineFor(t, host.uri)
  t.is(await status(known), 200)
  for (const looks of [2, 2, 2]) {
    t.is(await status(await makeKeys('invented')), 401)
    t.is(host.looks, looks)
  }
  clock.advance(10)
  for (const looks of [3, 3]) {
    t.is(await status(await makeKeys('invented')), 401)
    t.is(host.looks, looks)
  }
  t.is(await status(known), 200)
  // The kid of another's key is not enough.
  t.is(await status(await makeKeys('known')), 401)
  t.is(host.looks, 3)
})

for (const [how, answer] of [
  ['is gone from its jwks_uri', (_req, res) => res.end('{"keys":[]}')],
  ['cannot be fetched from its jwks_uri', (_req, res) => res.writeHead(500).end()],
] as [how: string, answer: RequestListener][]) {
  test(`a key that ${how} counts for a minute more at most, whatever was said of caching`, async (t) => {
    const keys = await makeKeys('one')
    const host = await keyHost(t, [keys])
    const { clock, status } = await engineFor(t, host.uri)
    t.is(await status(keys), 200)
    host.answer = answer
    clock.advance(59)
    t.is(await status(keys), 200)
    t.is(host.looks, 1)
    clock.advance(1)
    for (let tries = 0; tries < 3; tries++) t.not(await status(keys), 200)
    host.answer = host.serve([keys])
    clock.advance(10)
    t.is(await status(keys), 200)
  })
}
