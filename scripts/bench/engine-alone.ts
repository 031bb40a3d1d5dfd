/** The yardstick: oidc-provider by itself, in memory, with the same algorithms and the same kinds of tokens. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from '../../src/authorization/engine.ts'

async function privateKey(alg: string) {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  return { ...(await exportJWK(privateKey)), alg, use: 'sig' }
}

const keys = await Promise.all([privateKey('ES256'), privateKey('RS256')])

const port = Number(process.env['PORT'] ?? 0)
const server = createServer()
await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
const issuer = `http://localhost:${(server.address() as AddressInfo).port}`
const api = `${issuer}/api`

// The engine announces its development settings on the console; here they are what is wanted.
console.warn = console.info = () => undefined

const provider = new Provider(issuer, {
  jwks: { keys },
  clients: [
    {
      client_id: 'service',
      client_secret: 'service-secret',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    },
    {
      client_id: 'web',
      client_secret: 'web-secret',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['http://localhost:3000/callback'],
      response_types: ['code'],
    },
  ],
  scopes: ['openid', 'offline_access', 'profile'],
  pkce: { required: () => true },
  issueRefreshToken: async () => true,
  rotateRefreshToken: true,
  expiresWithSession: async () => false,
  ttl: { AccessToken: () => 300, ClientCredentials: () => 300, RefreshToken: () => 86_400 },
  features: {
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: async () => api,
      useGrantedResource: async () => true,
      getResourceServerInfo: async () => ({
        scope: 'notes:read notes:write',
        audience: api,
        accessTokenTTL: 300,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
})
const answer = provider.callback()
server.on('request', (req, res) => void answer(req, res))
console.log(JSON.stringify({ issuer }))
process.on('SIGTERM', () => process.exit(0))
