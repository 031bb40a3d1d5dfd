/** A server of the production profile, as it stands behind a proxy on this machine that ends TLS. */
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { startServer, type CountersignServer } from '../../src/index.ts'
import { temporaryFolder } from './database.ts'
import { CHEAP_HASHING } from './start.ts'

export const PRODUCTION_ISSUER = 'https://id.example.com'

export async function startProduction(t: ExecutionContext): Promise<CountersignServer> {
  const folder = await temporaryFolder(t)
  const server = await startServer({
    settings: {
      PROFILE: 'production',
      ISSUER: PRODUCTION_ISSUER,
      SECRET: 'a secret that is long enough for production',
      DATABASE_URL: `file:${join(folder, 'data.db')}`,
      DATA_DIR: folder,
      TRUST_PROXY: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: 'silent',
    },
    hashingCost: CHEAP_HASHING,
  })
  t.teardown(() => server.close())
  return server
}
