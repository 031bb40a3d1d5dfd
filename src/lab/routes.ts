/** `/lab`: good tokens and every refusal on order. In the local profile only; see web/local-only.ts for who may ask. */
import type Router from '@koa/router'
import type { Context } from 'koa'
import { refusalIds, rowOf } from '../refusals/catalogue.ts'
import { prefersHtml } from '../refusals/respond.ts'
import { Refusal, refuse } from '../refusals/refusal.ts'
import { readForm, readJson } from '../web/request-body.ts'
import { sendPage } from '../web/send-page.ts'
import { isProvokable } from './breakages.ts'
import type { ProvokableId } from './breakages.ts'
import type { Lab } from './lab.ts'
import type { MintedToken } from './mint.ts'
import { breakPage, labPage, mintedPage } from './page.ts'
import type { LabPageProps } from './page.ts'

export type LabRoutesParts = {
  lab: Lab
  mint: (input: unknown) => Promise<MintedToken>
  /** Names to choose from on the page. */
  choices: () => Promise<LabPageProps>
}

const FORM = 'application/x-www-form-urlencoded'

export function registerLab(router: Router, { lab, mint, choices }: LabRoutesParts): void {
  router.get('/lab', async (ctx) => sendPage(ctx, labPage(await choices())))

  router.post('/lab/mint', async (ctx) => {
    if (ctx.request.type.toLowerCase() === FORM) return mintFromForm(ctx)
    answerJson(ctx, await mint(await readJson(ctx)))
  })

  router.get('/lab/break/:id', async (ctx) => {
    const prepared = await lab.prepare(provokable(ctx))
    if (prefersHtml(ctx)) sendPage(ctx, breakPage(prepared))
    else answerJson(ctx, prepared)
  })

  router.post('/lab/break/:id', async (ctx) => {
    const provoked = await lab.provoke(provokable(ctx))
    if (prefersHtml(ctx)) sendPage(ctx, breakPage(provoked))
    else answerJson(ctx, provoked)
  })

  async function mintFromForm(ctx: Context): Promise<void> {
    const form = await readForm(ctx)
    const names = ['sub', 'client_id', 'audience', 'scope', 'expires_in', 'acr']
    const fields: Record<string, string> = {}
    for (const name of names) {
      const value = form.get(name)?.trim() ?? ''
      if (value !== '') fields[name] = value
    }
    const { expires_in: life, ...texts } = fields
    try {
      const minted = await mint({
        ...texts,
        ...(life !== undefined && { expires_in: numberIn(life) }),
      })
      sendPage(ctx, mintedPage(minted))
    } catch (error) {
      if (!(error instanceof Refusal) || error.id !== 'invalid-input') throw error
      const faults = (error.members['faults'] ?? []) as string[]
      sendPage(ctx, labPage({ ...(await choices()), failed: { fields, faults } }), {
        status: rowOf(error.id).status,
      })
    }
  }
}

/** What is no number stays a text, and is refused as one. */
const numberIn = (text: string): unknown => (/^\d{1,15}$/.test(text) ? Number(text) : text)

function answerJson(ctx: Context, body: unknown): void {
  ctx.set('Cache-Control', 'no-store')
  ctx.body = body
}

/** Refuses with not-found, and the reason, what is not provoked here. */
function provokable(ctx: { params: Record<string, string> }): ProvokableId {
  const asked = ctx.params['id']
  const id = refusalIds.find((known) => known === asked)
  if (id !== undefined && isProvokable(id)) return id
  const reason = id === undefined ? 'No refusal has this id.' : rowOf(id).reason
  const evidence = {
    check: 'breakage',
    expected: 'a refusal that can be provoked here',
    found: asked,
  }
  refuse('not-found', { ...evidence, reason }, {}, { reason })
}
