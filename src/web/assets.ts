/** The style sheet and the icon, under names that change with their content. */
import type Router from '@koa/router'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'
import { icon } from './icon.ts'
import { stylesheet } from './stylesheet.ts'

export type Asset = { path: string; type: string; body: Buffer; compressed: Buffer }

const require = createRequire(import.meta.url)

/** Pico (MIT) with our own rules after it. Read when first asked for, as many starts show no page. */
export const styleAsset = once(() =>
  createAsset(
    'countersign.css',
    'text/css; charset=utf-8',
    readFileSync(require.resolve('@picocss/pico/css/pico.fluid.classless.min.css'), 'utf8') +
      stylesheet,
  ),
)

export const iconAsset = once(() => createAsset('countersign.svg', 'image/svg+xml', icon))

export function registerAssets(router: Router): void {
  // Parameters instead of fixed paths, so that nothing is read before a page is shown.
  router.get('/assets/:file', async (ctx, next) => {
    const asset = [styleAsset(), iconAsset()].find(({ path }) => path === ctx.path)
    if (!asset) {
      await next()
      return
    }
    ctx.set('Cache-Control', 'public, max-age=31536000, immutable')
    ctx.set('Cross-Origin-Resource-Policy', 'same-origin')
    ctx.set('X-Content-Type-Options', 'nosniff')
    ctx.vary('Accept-Encoding')
    ctx.type = asset.type
    if (ctx.acceptsEncodings('gzip', 'identity') === 'gzip') {
      ctx.set('Content-Encoding', 'gzip')
      ctx.body = asset.compressed
    } else {
      ctx.body = asset.body
    }
  })
}

function createAsset(name: string, type: string, text: string): Asset {
  const body = Buffer.from(text)
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 12)
  return {
    path: `/assets/${name.replace('.', `.${hash}.`)}`,
    type,
    body,
    compressed: gzipSync(body),
  }
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
