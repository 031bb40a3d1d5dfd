/** `/doctor`: why a request was refused, and what would happen to a pasted one. Only in the local profile. */
import type Router from '@koa/router'
import type { Context } from 'koa'
import { problemOf } from '../refusals/problem.ts'
import { prefersHtml } from '../refusals/respond.ts'
import { readForm, readJson } from '../web/request-body.ts'
import { sendPage } from '../web/send-page.ts'
import type { Diagnosis } from './diagnosis.ts'
import { examine } from './examine.ts'
import { judge, requireInput } from './judge.ts'
import type { JudgeParts } from './judge/parts.ts'
import { diagnosisPage, doctorPage, forgottenPage } from './page.ts'
import { FORGOTTEN } from './words.ts'

export function registerDoctor(router: Router, parts: JudgeParts): void {
  const { issuer } = parts

  router.get('/doctor', async (ctx) => {
    sendPage(ctx, doctorPage())
  })

  router.post('/doctor', async (ctx) => {
    const input = requireInput(await readInput(ctx))
    answer(ctx, await judge(input, parts))
  })

  router.get('/doctor/:requestId', async (ctx) => {
    const entry = parts.find((ctx.params['requestId'] ?? '').toLowerCase())
    answer(ctx, entry && (await examine(entry, parts)))
  })

  /** A page for whoever prefers HTML, JSON for everybody else. */
  function answer(ctx: Context, diagnosis: Diagnosis | undefined): void {
    ctx.vary('Accept')
    if (!diagnosis) {
      answerForgotten(ctx)
    } else if (prefersHtml(ctx)) {
      sendPage(ctx, diagnosisPage(diagnosis))
    } else {
      ctx.set('Cache-Control', 'no-store')
      ctx.body = diagnosis
    }
  }

  /** Said here, as the catalogue's sentence cannot know about ids. */
  function answerForgotten(ctx: Context): void {
    const id = 'not-found'
    ctx.state['refusal'] = id
    if (prefersHtml(ctx)) {
      sendPage(ctx, forgottenPage(), { status: 404 })
      return
    }
    const requestId = String(ctx.state['requestId'])
    ctx.status = 404
    ctx.set('Cache-Control', 'no-store')
    ctx.set('Content-Type', 'application/problem+json')
    ctx.body = JSON.stringify({
      ...problemOf(id, { issuer, requestId, doctor: false }),
      detail: FORGOTTEN,
    })
  }
}

/** JSON of programs, or the form of our own page. */
async function readInput(ctx: Context): Promise<unknown> {
  if (ctx.request.type.toLowerCase() === 'application/x-www-form-urlencoded') {
    return (await readForm(ctx)).get('input')
  }
  const body = await readJson(ctx)
  return typeof body === 'object' && body !== null && 'input' in body ? body.input : undefined
}
