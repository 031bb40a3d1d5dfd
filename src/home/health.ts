/** For supervisors: is the process there, and can it do its work. */
import type Router from '@koa/router'
import type { Database } from '../db/client.ts'

export function registerHealth(router: Router, { db }: { db: Database }): void {
  router.get('/health/live', (ctx) => {
    ctx.set('Cache-Control', 'no-store')
    ctx.body = { status: 'live' }
  })

  router.get('/health/ready', async (ctx) => {
    ctx.set('Cache-Control', 'no-store')
    const ready = await db.revision.count().then(
      () => true,
      () => false,
    )
    ctx.status = ready ? 200 : 503
    if (!ready) ctx.set('Retry-After', '30')
    ctx.body = { status: ready ? 'ready' : 'the database does not answer' }
  })
}
