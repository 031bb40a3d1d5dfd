/**
 * `/ledger/entries`: a second API with an identifier of its own, which takes opaque tokens (RFC
 * 7662).
 */
import type Router from '@koa/router'
import type { Database } from '../db/client.ts'
import { accessOf } from './guard.ts'
import type { Guard } from './guard.ts'
import type { ProtectedResource } from './metadata.ts'
import { answersJson, listLimit, onlyMethods } from './representation.ts'

type Parts = { db: Database; guard: Guard; resource: ProtectedResource }

export function registerLedger(router: Router, { db, guard, resource }: Parts): void {
  router.get(
    '/ledger/entries',
    guard({ resource, scope: 'ledger:read' }),
    answersJson,
    async (ctx) => {
      const entries = await db.ledgerEntry.findMany({
        where: { owner: accessOf(ctx).sub },
        orderBy: [{ bookedAt: 'asc' }, { id: 'asc' }],
        take: listLimit(ctx.querystring),
      })
      ctx.body = {
        entries: entries.map(({ id, text, amount, currency, bookedAt }) => ({
          id,
          text,
          amount,
          currency,
          booked_at: bookedAt.toISOString(),
        })),
      }
    },
  )
  router.all('/ledger/entries', guard({ resource }), onlyMethods('GET', 'HEAD'))
}
