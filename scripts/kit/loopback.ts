/** A client's own address on this machine, for the answer of the authorization server (RFC 8252 §7.3). */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Loopback = {
  redirectUri: string
  /** The next address that a browser opens here. */
  next(): Promise<URL>
  close(): void
}

const PAGE = '<!doctype html><title>Done</title><p>You can go back to the terminal now.</p>'

export async function openLoopback(): Promise<Loopback> {
  const arrived: URL[] = []
  const waiting: ((url: URL) => void)[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', origin)
    const known = url.pathname === '/callback'
    response.writeHead(known ? 200 : 404, {
      'content-type': 'text/html',
      // The address has the code in it: it goes no further.
      'referrer-policy': 'no-referrer',
      connection: 'close',
    })
    response.end(known ? PAGE : '')
    if (!known) return
    const first = waiting.shift()
    if (first) first(url)
    else arrived.push(url)
  })
  // Port 0: the system picks a free one, and no other program can have it at the same time.
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    redirectUri: `${origin}/callback`,
    async next() {
      return arrived.shift() ?? new Promise<URL>((resolve) => waiting.push(resolve))
    },
    close: () => void server.close(),
  }
}
