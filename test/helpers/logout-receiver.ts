/** Apps that are told of sign-outs, and a person who signs out (OpenID Connect Back-Channel Logout 1.0). */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import type { Browser } from '../../scripts/kit/browser.ts'
import { WEB, type App } from './person.ts'
import type { TestServer } from './start.ts'

/**
 * An app's end of the line: keeps every logout token it is sent, and answers with these statuses, the last for good;
 * 0 is no answer at all.
 */
export async function listenFor(
  t: ExecutionContext,
  statuses: number[] = [200],
  host = '127.0.0.1',
) {
  const tokens: string[] = []
  const arrivals: (() => void)[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const type = request.headers['content-type']
      const form = new URLSearchParams(Buffer.concat(chunks).toString())
      if (request.method === 'POST' && type === 'application/x-www-form-urlencoded') {
        tokens.push(form.get('logout_token') ?? '')
      }
      const status = statuses[tokens.length - 1] ?? statuses.at(-1) ?? 200
      if (status !== 0) response.writeHead(status).end()
      for (const arrived of arrivals) arrived()
    })
  }).listen(0, host)
  await once(server, 'listening')
  t.teardown(() => server.close().closeAllConnections())
  const { port } = server.address() as AddressInfo
  return {
    uri: `http://${host.includes(':') ? `[${host}]` : host}:${port}/logout`,
    tokens,
    /** When so many have come. */
    async count(wanted: number) {
      while (tokens.length < wanted) {
        await new Promise<void>((resolve) => void arrivals.push(resolve))
      }
    },
  }
}

export async function addApp(
  server: TestServer,
  id: string,
  uri: string,
  sessionRequired = true,
): Promise<App> {
  await server.clients.add({
    client_id: id,
    client_secret: `${id}-secret`,
    redirect_uris: [WEB.redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    backchannel_logout_uri: uri,
    backchannel_logout_session_required: sessionRequired,
  })
  return { ...WEB, id, secret: `${id}-secret` }
}

export async function signOut({ browser }: { browser: Browser }): Promise<void> {
  const { page } = await browser.open('/oauth/logout')
  if (page) await browser.submit(page, {}, ['logout', 'yes'])
}
