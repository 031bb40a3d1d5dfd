/** Consent: in part, refused, remembered, taken back. What a person answers, and what the app learns of it. */
import { challenges, only, refusal, says } from '../kit/look.ts'
import type { Lesson, Stage } from '../kit/stage.ts'

const WISH = { scope: 'openid notes:read notes:write' }

export const consent: Lesson = {
  name: 'consent',
  about: 'A person allows a part, says no, changes her mind; the app reads what it was given.',
  person: 'anybody',

  async run(stage) {
    const { app, api, metadata, visitor, show, request, signIn, post, callWith } = stage
    show.chapter('In part')
    const part = await signIn({ ...WISH, prompt: 'consent' }, { allow: ['notes:read'] })
    requireScope(part.scope, 'notes:write', false)
    await callWith(part.access_token, `${api}/notes`, {
      title: 'Read with what was allowed',
      status: 200,
      says: 'The app asked for two things and got one. The scope of the token answer says which; an app that does not look finds out later.',
      spec: 'RFC 6749 §3.3, §5.1',
    })
    await write(stage, part.access_token, {
      title: 'Write with what was not allowed',
      status: 403,
      show: ['www-authenticate'],
      body: refusal,
      check: challenges('insufficient_scope'),
      says: 'To the API it is a scope that is missing. Why it is missing is between the person and the app.',
      spec: 'RFC 6750 §3.1',
    })

    show.chapter('No')
    const refused = request({ ...WISH, prompt: 'consent' })
    refused.answer(await visitor.visit(refused.url, { deny: true }), { error: 'access_denied' })
    show.note('An answer like any other: the app goes on without, and does not ask again at once.')

    show.chapter('Remembered: only what is new is asked for')
    const all = await signIn(WISH)
    requireScope(all.scope, 'notes:write', true)
    const again = await signIn(WISH)
    requireScope(again.scope, 'notes:write', true)
    show.note(
      'The second time nobody was asked, unless the app is one that anybody can pretend to be.',
    )

    show.chapter('Less than before')
    const less = await signIn({ ...WISH, prompt: 'consent' }, { allow: ['notes:read'] })
    requireScope(less.scope, 'notes:write', false)
    await write(stage, less.access_token, {
      title: 'Write after the person has left it out',
      status: 403,
      body: refusal,
      says: 'What is cleared at the consent page is forgotten, and asked for anew the next time.',
      spec: 'RFC 6749 §3.3',
    })

    show.chapter('Taken back')
    const name = app.id === 'cli' ? 'Command line' : 'Web shop'
    await visitor.withdraw(
      { id: app.id, name },
      {
        withdraw: {
          title: 'Alice takes back, on /account, what the app was allowed',
          show: ['location'],
          says: 'The page lists every app with what it may do. She needs no help of the app, and the app is not asked.',
          spec: 'RFC 7009 §1, RFC 6749 §1.5',
        },
      },
    )
    await callWith(less.access_token, `${api}/notes`, {
      title: 'Call the API with a token from before',
      status: 401,
      show: ['www-authenticate'],
      body: refusal,
      check: says('detail', 'The access token was revoked'),
      says: 'At once, although the token is a JWT with minutes to live: this API looks whether it was taken back.',
      spec: 'RFC 6750 §3.1',
      // A reader takes a moment to press the button.
      ...(!visitor.browser && { again: ({ status }) => (status === 200 ? 1 : undefined) }),
    })
    const old = { grant_type: 'refresh_token', refresh_token: less.refresh_token }
    await post(metadata.token_endpoint, app, old, {
      title: 'Try to refresh',
      status: 400,
      body: only('error', 'error_description'),
      check: says('error', 'invalid_grant'),
      says: 'The refresh token ended too. What is left to the app is to ask the person again.',
      spec: 'RFC 6749 §5.2',
    })
    const next = request({ ...WISH, prompt: 'none' })
    // An app without a secret may never be answered without a page (RFC 8252 §8.6), which has a code of its own.
    const error = app.secret === undefined ? 'interaction_required' : 'consent_required'
    next.answer(await visitor.visit(next.url), { error })
    show.note(
      'Asked with prompt=none, which allows no page; and it needs one, as nothing of what she had allowed is remembered.',
    )
  },
}

type Expected = Parameters<Stage['call']>[1]

const write = ({ callWith, api }: Stage, token: string, expected: Expected) =>
  callWith(token, `${api}/notes`, expected, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text: 'Written by npm run flow consent' }),
  })

function requireScope(granted: string, scope: string, wanted: boolean): void {
  if (granted.split(' ').includes(scope) === wanted) return
  throw new Error(`the granted scope is "${granted}", ${wanted ? 'without' : 'with'} ${scope}`)
}
