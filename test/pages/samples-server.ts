/** Serves the sample pages as the real server would: same headers, same assets. */
import Router from '@koa/router'
import type { ExecutionContext } from 'ava'
import Koa from 'koa'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { registerAssets } from '../../src/web/assets.ts'
import { sendPage } from '../../src/web/send-page.ts'
import { samples } from './samples.ts'

/** Its origin; it is closed when the test ends. */
export async function serveSamples(t: ExecutionContext): Promise<string> {
  const router = new Router({ sensitive: true, strict: true })
  registerAssets(router)
  router.get('/:name', async (ctx) => {
    const page = samples[ctx.params['name'] ?? '']
    if (page !== undefined) {
      sendPage(ctx, page)
    }
  })
  return listen(t, new Koa().use(router.routes()).callback())
}

/** What Koa makes of an app. */
export type Handler = ReturnType<Koa['callback']>

/** Listens on a free port until the test ends; `host` is a loopback address. */
export async function listen(
  t: ExecutionContext,
  handler: Handler,
  host = '127.0.0.1',
): Promise<string> {
  const server = createServer((request, response) => void handler(request, response)).listen(
    0,
    host,
  )
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
