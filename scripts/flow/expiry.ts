/** Expiry (RFC 6749 §5.1, RFC 6750 §3.1): a token is dead a few seconds after it was made, and the client copes. */
import { setTimeout as pause } from 'node:timers/promises'
import { challenges, claimsOf, refusal, says, whole } from '../kit/look.ts'
import type { App, Lesson, Stage } from '../kit/stage.ts'

/** Its access tokens live 5 seconds, so that nobody has to wait long. */
const BRIEF: App = {
  id: 'brief',
  secret: 'brief-secret',
  redirectUri: 'http://localhost:3000/callback',
}

export const expiry: Lesson = {
  name: 'expiry',
  about: 'An access token expires: 401 with invalid_token, refresh, call again.',
  person: 'anybody',

  run: (stage) => stage.withApp(BRIEF, { access_token_ttl: 5 }, (brief) => expire(stage, brief)),
}

async function expire(stage: Stage, brief: App): Promise<void> {
  const { api, metadata, show, signIn, post, callWith } = stage
  show.chapter('A token with an end')
  const first = await signIn({ scope: 'openid notes:read' }, {}, {}, brief)
  const { iat, exp } = claimsOf(first.access_token) as { iat: number; exp: number }
  show.note(`the access token lives ${exp - iat} seconds; expires_in said so at the token endpoint`)
  await waitFor(exp, (left) => show.note(`${left} s left …`))

  show.chapter('The API says no, and how')
  await callWith(first.access_token, `${api}/notes`, {
    title: 'Call the API with a token that has expired',
    status: 401,
    show: ['www-authenticate'],
    body: refusal,
    check: challenges('error="invalid_token"'),
    says: 'invalid_token: get another one and call again. A client need not look at its clock, which may be wrong; it can wait for this.',
    spec: 'RFC 6750 §3.1',
  })

  show.chapter('Refresh, and try once more')
  const use = { grant_type: 'refresh_token', refresh_token: first.refresh_token }
  const fresh = await post(metadata.token_endpoint, brief, use, {
    title: 'Refresh',
    status: 200,
    body: whole,
    check: says('expires_in', exp - iat),
    says: 'The refresh token lives much longer, and nobody is asked anything.',
    spec: 'RFC 6749 §6',
  })
  await callWith(String(fresh.json['access_token']), `${api}/notes`, {
    title: 'Make the same call again',
    status: 200,
    says: 'Once: a client that is refused twice in a row stops and signs in, instead of going round in circles.',
    spec: 'RFC 6750 §3.1',
  })
}

async function waitFor(exp: number, tell: (left: number) => void): Promise<void> {
  for (;;) {
    const left = exp * 1000 - Date.now()
    if (left <= -100) return
    if (left > 0) tell(Math.ceil(left / 1000))
    await pause(Math.min(1000, left + 150))
  }
}
