/** A server of the production profile, as it stands behind a proxy on this machine that ends TLS. */
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { startServer, type CountersignServer } from '../../src/index.ts'
import { temporaryFolder } from './database.ts'
import { CHEAP_HASHING } from './start.ts'

export const PRODUCTION_ISSUER = 'https://id.example.com'

export async function startProduction(
  t: ExecutionContext,
  settings: Record<string, string> = {},
): Promise<CountersignServer> {
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
      ...settings,
    },
    hashingCost: CHEAP_HASHING,
  })
  t.teardown(() => server.close())
  return server
}

type Init = { method?: string; headers?: HeadersInit; body?: unknown; redirect?: RequestRedirect }

/** `fetch` as clients have it: by the issuer's name, through the proxy. */
export const productionFetch =
  ({ port }: Pick<CountersignServer, 'port'>) =>
  (url: string | URL, init: Init = {}): Promise<Response> => {
    const { origin, host, pathname, search } = new URL(url)
    if (origin !== PRODUCTION_ISSUER) throw new Error(`not our issuer: ${origin}`)
    const headers = new Headers(init.headers)
    headers.set('X-Forwarded-Host', host)
    headers.set('X-Forwarded-Proto', 'https')
    const target = `http://127.0.0.1:${port}${pathname}${search}`
    return fetch(target, { ...init, headers } as RequestInit)
  }
