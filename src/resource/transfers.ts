/**
 * `/api/transfers`: money that a person sends, for which it asks for a second step and a sign-in of
 * the last minutes (RFC 9470), and which a token may allow one by one (RFC 9396).
 */
import { randomUUID } from 'node:crypto'
import type Router from '@koa/router'
import type { Database } from '../db/client.ts'
import { ACR_MFA } from '../lib/acr.ts'
import type { Clock } from '../lib/clock.ts'
import { refuse } from '../refusals/refusal.ts'
import { parseAuthorizationDetails } from './authorization-details.ts'
import { accessOf } from './guard.ts'
import type { Access, Guard } from './guard.ts'
import type { ProtectedResource } from './metadata.ts'
import { requireVisible } from './permission.ts'
import { answersJson, listLimit, onlyMethods } from './representation.ts'
import { readTransferInput } from './transfer-input.ts'
import type { TransferInput } from './transfer-input.ts'

/** Seconds since the sign-in. */
const MAX_AGE = 300

type Parts = { db: Database; clock: Clock; guard: Guard; resource: ProtectedResource }

/** Every answer is refused, or given, in this order: token, sign-in, scope, body, what was allowed in detail, payee. */
export function registerTransfers(router: Router, { db, clock, guard, resource }: Parts): void {
  const scope = 'transfers:write'
  const any = guard({ resource })
  // There is no scope for reading them, and to look at what was sent needs no second step.
  const read = guard({ resource, scope })
  const send = guard({ resource, scope, acr: ACR_MFA, maxAge: MAX_AGE })

  router.get('/api/transfers', read, answersJson, async (ctx) => {
    const transfers = await db.transfer.findMany({
      where: { owner: accessOf(ctx).sub },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
      take: listLimit(ctx.querystring),
    })
    ctx.body = { transfers: transfers.map(representation) }
  })

  router.post('/api/transfers', send, answersJson, async (ctx) => {
    const access = accessOf(ctx)
    const input = await readTransferInput(ctx)
    requireGranted(access, input)
    await requirePayee(input)
    const { to: payee, amount, currency } = input
    const id = `transfer-${randomUUID()}`
    const transfer = await db.transfer.create({
      data: { id, owner: access.sub, payee, amount, currency, createdAt: clock.date() },
    })
    ctx.status = 201
    ctx.set('Location', `/api/transfers/${id}`)
    ctx.body = representation(transfer)
  })
  router.all('/api/transfers', any, onlyMethods('GET', 'HEAD', 'POST'))

  router.get('/api/transfers/:id', read, answersJson, async (ctx) => {
    ctx.body = representation(await ownTransfer(ctx.params.id, accessOf(ctx)))
  })

  // Which verbs a transfer has is told only to those who could see it.
  const others = onlyMethods('GET', 'HEAD')
  router.all('/api/transfers/:id', any, async (ctx, next) => {
    const access = accessOf(ctx)
    if (!access.scopes.includes(scope)) requireVisible(undefined)
    await ownTransfer(ctx.params.id, access)
    await others(ctx, next)
  })

  /** What is not there and what is somebody else's take the same query, and the same time. */
  async function ownTransfer(id: string | undefined, { sub }: Access): Promise<StoredTransfer> {
    const where = { id: requireVisible(isTransferId(id) ? id : undefined), owner: sub }
    return requireVisible(await db.transfer.findFirst({ where }))
  }

  async function requirePayee({ to }: TransferInput): Promise<void> {
    if (await db.account.findUnique({ where: { sub: to }, select: { sub: true } })) return
    refuse('invalid-input', { check: 'to', expected: 'a person known here', found: to })
  }
}

/**
 * RFC 9396 §9.1: a token with details of our type allows these transfers and no other, and one without them what
 * its scope says. Judged before the payee is looked up: who may send one certain transfer need not learn who is here.
 */
function requireGranted({ claims }: Access, { to, amount, currency }: TransferInput): void {
  const details = parseAuthorizationDetails(claims.authorization_details ?? [])
  // The guard has read them before; should it ever not have, what cannot be read allows nothing.
  const granted = 'fault' in details ? [] : details.transfers
  if (granted.length === 0 && !('fault' in details)) return
  const isGranted = granted.some(
    (one) => one.payee === to && one.amount === amount && (one.currency ?? currency) === currency,
  )
  if (isGranted) return
  refuse('transfer-not-granted', {
    check: 'authorization_details',
    expected: granted,
    found: { payee: to, amount, currency },
  })
}

/** Keeps from the database what it could not compare. */
const isTransferId = (id: string | undefined): id is string => /^[\w-]{1,64}$/.test(id ?? '')

type StoredTransfer = {
  id: string
  payee: string
  amount: number
  currency: string
  createdAt: Date
}

const representation = ({ id, payee, amount, currency, createdAt }: StoredTransfer) => ({
  id,
  to: payee,
  amount,
  currency,
  created_at: createdAt.toISOString(),
})
