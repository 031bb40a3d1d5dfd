/** The form of `/device` in the words of the engine, which has its own for a yes and a no. */
import { Readable } from 'node:stream'
import type { Context } from 'koa'
import { readForm } from '../../web/request-body.ts'

/** What a person typed, or the address of a QR code holds. */
const typed = new WeakMap<object, string>()

export const typedUserCode = (ctx: object): string | undefined => typed.get(ctx)

/** A form of this page holds a code and a button; anything near this size is something else. Bytes. */
const FORM_LIMIT = 4 * 1024

/** Characters of a code that are kept, to be shown again. */
const MOST_TYPED = 64

/** Before the engine. Refuses a body that is no form. */
export async function prepareDevicePage(ctx: Context): Promise<void> {
  if (ctx.method === 'POST') return translateForm(ctx)
  const code = [ctx.query['user_code']].flat()[0]
  if (code === undefined || code === '') return
  typed.set(ctx, code.slice(0, MOST_TYPED))
  // The engine would answer with a page that submits itself, and that nobody without JavaScript gets past.
  ctx.querystring = ''
}

async function translateForm(ctx: Context): Promise<void> {
  const form = await readForm(ctx, { limit: FORM_LIMIT })
  const decision = form.get('decision')
  const userCode = form.get('user_code') ?? ''
  typed.set(ctx, userCode.slice(0, MOST_TYPED))
  const fields = new URLSearchParams({ xsrf: form.get('xsrf') ?? '', user_code: userCode })
  if (decision === 'allow') fields.set('confirm', 'yes')
  if (decision === 'deny') fields.set('abort', 'yes')
  giveBack(ctx, fields.toString())
}

/** The body was read; the engine reads it again, by these two members of the request. */
function giveBack(ctx: Context, body: string): void {
  const { req } = ctx
  const bytes = Buffer.from(body)
  req.headers['content-length'] = String(bytes.length)
  Object.defineProperty(req, 'readable', { value: true })
  Object.defineProperty(req, 'iterator', { value: () => Readable.from([bytes]).iterator() })
}
