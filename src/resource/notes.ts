/** `/api/notes`: people's notes, which they read, write, and share read-only with others. */
import { randomUUID } from 'node:crypto'
import type Router from '@koa/router'
import type { Database } from '../db/client.ts'
import type { Clock } from '../lib/clock.ts'
import { accessOf } from './guard.ts'
import type { Guard } from './guard.ts'
import type { ProtectedResource } from './metadata.ts'
import { readNoteInput } from './note-input.ts'
import { requireOwner, requireVisible } from './permission.ts'
import { answersJson, listLimit, onlyMethods } from './representation.ts'

type Parts = { db: Database; clock: Clock; guard: Guard; resource: ProtectedResource }

/** Every answer is refused, or given, in this order: token, scope, object, body. */
export function registerNotes(router: Router, { db, clock, guard, resource }: Parts): void {
  const any = guard({ resource })
  const read = guard({ resource, scope: 'notes:read' })
  const write = guard({ resource, scope: 'notes:write' })

  router.get('/api/notes', read, answersJson, async (ctx) => {
    const notes = await db.note.findMany({
      where: visibleTo(accessOf(ctx).sub),
      include: { shares: true },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
      take: listLimit(ctx.querystring),
    })
    ctx.body = { notes: notes.map(representation) }
  })

  router.post('/api/notes', write, answersJson, async (ctx) => {
    const { sub } = accessOf(ctx)
    const { text, shares } = await readNoteInput(ctx, db, sub)
    const id = `note-${randomUUID()}`
    const note = await db.note.create({
      data: { id, text, owner: sub, createdAt: clock.date(), shares: { create: shares } },
      include: { shares: true },
    })
    ctx.status = 201
    ctx.set('Location', `/api/notes/${id}`)
    ctx.body = representation(note)
  })
  router.all('/api/notes', any, onlyMethods('GET', 'HEAD', 'POST'))

  router.get('/api/notes/:id', read, answersJson, async (ctx) => {
    ctx.body = representation(await visibleNote(ctx.params.id, accessOf(ctx).sub))
  })

  router.put('/api/notes/:id', write, answersJson, async (ctx) => {
    const { sub } = accessOf(ctx)
    const { id } = await ownNote(ctx.params.id, sub)
    const { text, shares } = await readNoteInput(ctx, db, sub)
    // PUT replaces the whole note: who is not named any more does not see it any more.
    const data = { text, shares: { deleteMany: {}, create: shares } }
    const note = await db.note
      .update({ where: { id, owner: sub }, data, include: { shares: true } })
      .catch((error: unknown) => (isGone(error) ? undefined : Promise.reject(error as Error)))
    ctx.body = representation(requireVisible(note))
  })

  router.delete('/api/notes/:id', write, async (ctx) => {
    const { sub } = accessOf(ctx)
    const { id } = await ownNote(ctx.params.id, sub)
    const { count } = await db.note.deleteMany({ where: { id, owner: sub } })
    requireVisible(count > 0 ? count : undefined)
    ctx.status = 204
  })

  // Which verbs a note has is told only to those who could see the note itself.
  const others = onlyMethods('GET', 'HEAD', 'PUT', 'DELETE')
  router.all('/api/notes/:id', any, async (ctx, next) => {
    const { sub, scopes } = accessOf(ctx)
    if (!scopes.includes('notes:read')) refuseUnseen()
    await visibleNote(ctx.params.id, sub)
    await others(ctx, next)
  })

  /** What is not there and what is somebody else's take the same query, and the same time. */
  async function visibleNote(id: string | undefined, sub: string) {
    if (!isNoteId(id)) refuseUnseen()
    const where = { id, ...visibleTo(sub) }
    return requireVisible(await db.note.findFirst({ where, include: { shares: true } }))
  }

  async function ownNote(id: string | undefined, sub: string) {
    const note = await visibleNote(id, sub)
    requireOwner(note, sub)
    return note
  }
}

function refuseUnseen(): never {
  return requireVisible<never>(undefined)
}

const visibleTo = (sub: string) => ({ OR: [{ owner: sub }, { shares: { some: { sub } } }] })

/** Keeps from the database what it could not compare: a NUL, a broken escape that the router left as it was. */
const isNoteId = (id: string | undefined): id is string => /^[\w-]{1,64}$/.test(id ?? '')

type StoredNote = {
  id: string
  text: string
  owner: string
  createdAt: Date
  shares: readonly { sub: string }[]
}

const representation = ({ id, text, owner, createdAt, shares }: StoredNote) => ({
  id,
  text,
  owner,
  shared_with: shares.map(({ sub }) => sub).toSorted(),
  created_at: createdAt.toISOString(),
})

/** Prisma: the row to update is not there (any more). */
const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'P2025'
