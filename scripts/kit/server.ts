/** A server for the time of a script: one that runs already, or one of its own in a temporary folder. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StartOptions } from '../../src/index.ts'

export async function withServer(
  url: string | undefined,
  use: (origin: string) => Promise<void>,
  options: Pick<StartOptions, 'timeouts'> = {},
): Promise<void> {
  if (url !== undefined) return use(await issuerAt(url))
  const { startServer } = await import('../../src/index.ts')
  const folder = await mkdtemp(join(tmpdir(), 'countersign-'))
  const server = await startServer({
    settings: { DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'silent' },
    ...options,
  })
  try {
    await use(server.issuer)
  } finally {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function issuerAt(url: string): Promise<string> {
  const { origin } = new URL(url)
  try {
    const metadata = await fetch(`${origin}/.well-known/openid-configuration`)
    return ((await metadata.json()) as { issuer: string }).issuer
  } catch {
    console.error(
      `No Countersign answers at ${origin}. Start one with "npm start", or leave --url out.`,
    )
    process.exit(1)
  }
}
