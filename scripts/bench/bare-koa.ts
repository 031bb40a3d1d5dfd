/** The yardstick for the API: one Koa route that answers the same JSON without looking at the request. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'

const answer = {
  sub: 'service',
  client_id: 'service',
  scope: 'notes:read notes:write',
  aud: 'http://localhost:4010/api',
  exp: 2_000_000_000,
}

const app = new Koa()
app.use((ctx) => {
  ctx.body = answer
})
const handle = app.callback()
const server = createServer((req, res) => void handle(req, res))
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(JSON.stringify({ issuer: `http://localhost:${port}` }))
})
process.on('SIGTERM', () => process.exit(0))
