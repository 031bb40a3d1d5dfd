/** The lab put together: what stands under the servers for it, and its routes. In the local profile only. */
import type Router from '@koa/router'
import type { SigningKeys } from '../authorization/keys.ts'
import { ACR_PASSWORD } from '../lib/acr.ts'
import type { AuthorizationServer } from '../authorization/provider.ts'
import type { Config } from '../config.ts'
import type { Database } from '../db/client.ts'
import type { Denylist } from '../db/denylist.ts'
import type { Accounts } from '../directory/accounts.ts'
import type { Clients } from '../directory/clients.ts'
import type { Resources } from '../directory/resources.ts'
import type { SeedReport } from '../directory/seed.ts'
import type { Clock } from '../lib/clock.ts'
import type { Secrets } from '../lib/secrets.ts'
import { createDigestNonces } from '../resource/digest.ts'
import { protectedResource } from '../resource/metadata.ts'
import { createFaults, type Faults } from './faults.ts'
import { createLab } from './lab.ts'
import { createMintRequest } from './mint-request.ts'
import { createMint } from './mint.ts'
import { registerLab } from './routes.ts'
import { createThrowaways, type Throwaways } from './throwaways.ts'

/** What the servers are given, so that the lab can make up people and outages. */
export type LabGround = { throwaways: Throwaways; faults: Faults }

export const createLabGround = (parts: {
  db: Database
  clock: Clock
  secrets: Secrets
  issuer: string
}): LabGround => ({ throwaways: createThrowaways(parts), faults: createFaults(parts) })

export type OpenLabParts = {
  config: Pick<Config, 'port' | 'host'>
  issuer: string
  clock: Clock
  secrets: Secrets
  keys: SigningKeys
  accounts: Accounts
  clients: Clients
  resources: Resources
  denylist: Denylist
  seed: Pick<SeedReport, 'people' | 'clients'>
  authorization: Pick<AuthorizationServer, 'provider'>
}

export function openLab(router: Router, ground: LabGround, parts: OpenLabParts): void {
  const { config, issuer, keys, accounts, clients, resources, seed, authorization } = parts
  const { provider } = authorization
  const api = resources.byIdentifier(`${issuer}/api`)
  // A seed file without the demo API leaves nothing to break.
  if (!api) return
  const mint = createMint({ keys: () => accessTokenKey(keys), issuer, clock: parts.clock })
  const lab = createLab({
    ...parts,
    ...ground,
    mint,
    port: config.port,
    hosts: config.host,
    resource: protectedResource(api),
    digestNonces: createDigestNonces(parts),
    cookieName: (kind) => provider.cookieName(kind),
  })
  const usual = { login: seed.people[0]?.login, clientId: seed.clients[0]?.clientId }
  registerLab(router, {
    lab,
    mint: createMintRequest({
      ...parts,
      mint,
      provider,
      usual,
      usualAcr: ACR_PASSWORD,
    }),
    choices: async () => ({
      people: usualFirst(
        usual.login,
        (await accounts.list()).flatMap(({ login, disabled }) => (disabled ? [] : [login])),
      ),
      clients: usualFirst(
        usual.clientId,
        (await clients.list()).map(({ clientId }) => clientId),
      ),
      audiences: resources.all().map(({ identifier, scopes }) => ({
        identifier,
        scopes: Object.keys(scopes),
      })),
    }),
  })
}

const usualFirst = (usual: string | undefined, names: readonly string[]): string[] =>
  names.toSorted((a, b) => Number(b === usual) - Number(a === usual))

async function accessTokenKey(keys: SigningKeys) {
  await keys.refresh()
  const key = keys.privateKeys().find(({ alg }) => alg === 'ES256')
  if (!key) throw new Error('There is always a key for access tokens.')
  return key
}
