/** What a note is made of, as JSON or as a form, checked before anything is written. */
import type { Context } from 'koa'
import { z } from 'zod'
import type { Database } from '../db/client.ts'
import { refuse } from '../refusals/refusal.ts'
import { readForm, readJson } from '../web/request-body.ts'
import { FORM } from './credentials.ts'

export type NoteInput = { text: string; shares: { sub: string }[] }

const MAX_TEXT = 10_000
const MAX_SHARES = 50

/** Half a surrogate pair cannot be stored as UTF-8 and would come back as another character. */
const text = z.string().refine((value) => value.isWellFormed(), 'has half a surrogate pair')

const NoteShape = z.strictObject({
  text: text.min(1).max(MAX_TEXT),
  shared_with: z.array(text.min(1).max(255)).max(MAX_SHARES).default([]),
})

/** Refuses with unsupported-media-type, content-too-large, body-malformed or invalid-input, in this order. */
export async function readNoteInput(ctx: Context, db: Database, owner: string): Promise<NoteInput> {
  const isForm = ctx.request.type.toLowerCase() === FORM
  const { success, data, error } = NoteShape.safeParse(
    isForm ? await readFields(ctx) : await readJson(ctx),
  )
  if (!success) {
    const found = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    refuse('invalid-input', { check: 'body', expected: '{ text, shared_with? }', found })
  }
  const shares = [...new Set(data.shared_with)].filter((sub) => sub !== owner)
  await requirePeople(db, shares)
  return { text: data.text, shares: shares.map((sub) => ({ sub })) }
}

/** Fields that are not the note's, such as the token, are left to whom they concern. */
async function readFields(ctx: Context): Promise<unknown> {
  const form = await readForm(ctx)
  return { text: form.get('text'), shared_with: form.getAll('shared_with') }
}

async function requirePeople(db: Database, subs: readonly string[]): Promise<void> {
  if (subs.length === 0) return
  const known = await db.account.findMany({
    where: { sub: { in: [...subs] } },
    select: { sub: true },
  })
  const unknown = subs.filter((sub) => !known.some((account) => account.sub === sub))
  if (unknown.length === 0) return
  refuse('invalid-input', { check: 'shared_with', expected: 'people known here', found: unknown })
}
