/** A client's own address on this machine, for the answer of the authorization server (RFC 8252 §7.3). */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Loopback = {
  redirectUri: string
  /** The next address that a browser opens here. */
  next(): Promise<URL>
  close(): void
}

const page = (title: string, text: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>
  body { font: 1.125rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 18vh auto; padding: 0 1rem }
</style>
<h1>${title}</h1>
<p>${text}</p>
</html>
`

/** What is said never depends on what stands in the address: anybody can have written that. */
const DONE = page(
  'All done here',
  'The app has its answer. Go back to the terminal: if the script wants more of you, it says so there. If not, you can close this window.',
)
const LOST = page('Nothing is here', 'The app is called back at another address.')

export async function openLoopback(): Promise<Loopback> {
  const arrived: URL[] = []
  const waiting: ((url: URL) => void)[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', origin)
    const known = url.pathname === '/callback'
    response.writeHead(known ? 200 : 404, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
      // The address has the code in it: it goes no further.
      'referrer-policy': 'no-referrer',
      connection: 'close',
    })
    response.end(known ? DONE : LOST)
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
