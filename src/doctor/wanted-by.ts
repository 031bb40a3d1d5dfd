/** What a protected API asks of a call, read from the guard of its route: nothing is written down twice. */
import type Router from '@koa/router'
import type { Wanted } from '../resource/facts.ts'
import { wantedOf } from '../resource/guard.ts'

/** `apis`: what each API asks where any token will do, which is also what it asks before it hides an unknown path. */
export function createWantedBy(router: Pick<Router, 'match'>, apis: readonly Wanted[]) {
  return function wantedBy(method: string, path: string): Wanted | undefined {
    for (const { stack } of router.match(path, method).pathAndMethod) {
      for (const middleware of stack) {
        const wanted = wantedOf(middleware as Parameters<typeof wantedOf>[0])
        if (wanted) return wanted
      }
    }
    return apis.find(({ audience }) => {
      const prefix = new URL(audience).pathname
      return path === prefix || path.startsWith(`${prefix}/`)
    })
  }
}
