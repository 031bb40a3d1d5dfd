/** Answers with a rendered page, its status and its security headers. */
import type { Context } from 'koa'
import { pageHeaders, type PolicyOptions } from './content-security-policy.ts'

export type SendPageOptions = PolicyOptions & {
  /** 200 unless said otherwise. */
  status?: number
  /** `no-store` unless said otherwise: most pages are about one person or one moment. */
  cacheControl?: string
}

export function sendPage(
  ctx: Pick<Context, 'set' | 'status' | 'type' | 'body'>,
  page: string,
  { status = 200, cacheControl = 'no-store', ...policy }: SendPageOptions = {},
): void {
  ctx.status = status
  ctx.set(pageHeaders(policy))
  ctx.set('Cache-Control', cacheControl)
  ctx.type = 'html'
  ctx.body = page
}
