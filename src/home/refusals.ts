/** The catalogue of refusals, for people and as JSON: where `error_uri` and a problem's `type` lead. */
import type Router from '@koa/router'
import type { Context } from 'koa'
import { refusalIds, rowOf, type RefusalId } from '../refusals/catalogue.ts'
import { challengesFor } from '../refusals/challenge.ts'
import { refusalUrl } from '../refusals/problem.ts'
import { refuse } from '../refusals/refusal.ts'
import { prefersHtml } from '../refusals/respond.ts'
import { sendPage } from '../web/send-page.ts'
import { refusalEntryPage, refusalsPage, type RefusalEntry } from './refusals-page.ts'

/** The catalogue changes only with the program; a short life spares a reload behind "back". */
const CACHE_CONTROL = 'public, max-age=60'

export type RefusalsParts = {
  issuer: string
  /** Whether there is a lab that provokes them. */
  hasLab: boolean
}

export function registerRefusals(router: Router, { issuer, hasLab }: RefusalsParts): void {
  router.get('/refusals', async (ctx) => {
    const entries = refusalIds.map(entryOf)
    answer(ctx, { refusals: entries.map(asJson) }, () => refusalsPage(entries))
  })

  router.get('/refusals/:id', async (ctx) => {
    const id = refusalIds.find((known) => known === ctx.params['id'])
    if (id === undefined) {
      refuse('not-found', { check: 'refusal', found: ctx.params['id'] })
    }
    const entry = entryOf(id)
    answer(ctx, asJson(entry), () =>
      refusalEntryPage(entry, sampleChallenges(entry, issuer), { hasLab }),
    )
  })
}

const entryOf = (id: RefusalId): RefusalEntry => ({ id, ...rowOf(id) })

/** The challenge as the API sends it; the authorization server offers Basic alone. */
function sampleChallenges({ id, arises }: RefusalEntry, issuer: string): string[] {
  switch (arises) {
    case 'api':
      return challengesFor(id, {
        realm: 'api',
        schemes: ['Bearer'],
        scope: 'notes:read',
        resourceMetadata: `${issuer}/.well-known/oauth-protected-resource/api`,
        errorUri: refusalUrl(issuer, id),
      })
    case 'authorization-server':
      return challengesFor(id, { realm: 'as', schemes: ['Basic'] })
    case 'http':
    case 'client':
      return []
  }
}

/** The members are named one by one: a new column of the table is published on purpose only. */
function asJson(entry: RefusalEntry) {
  const { id, arises, status, schemes, error } = entry
  const { description, cause, fix, client, person, spec, reason } = entry
  return {
    id,
    arises,
    status,
    schemes,
    error,
    description,
    cause,
    fix,
    client,
    person,
    spec,
    reason,
  }
}

/** A page for whoever prefers HTML, JSON for everybody else. */
function answer(ctx: Context, json: object, page: () => string): void {
  ctx.vary('Accept')
  if (prefersHtml(ctx)) {
    sendPage(ctx, page(), { cacheControl: CACHE_CONTROL })
  } else {
    ctx.set('Cache-Control', CACHE_CONTROL)
    ctx.body = json
  }
}
