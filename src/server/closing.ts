/** Stops accepting, lets what is in flight finish, and ends what does not finish in time. */
import type { Server } from 'node:http'

/** Milliseconds that requests in flight are given. */
const GRACE = 8_000

export async function closeServers(servers: readonly Server[], grace = GRACE): Promise<void> {
  const closed = servers.map(
    (server) =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        // A connection that is kept alive and idle would hold the server open for as long as its client likes.
        server.closeIdleConnections()
      }),
  )
  const timer = setTimeout(() => {
    for (const server of servers) server.closeAllConnections()
  }, grace)
  await Promise.all(closed)
  clearTimeout(timer)
}
