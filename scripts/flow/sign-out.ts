/** Signing out (OpenID Connect RP-Initiated Logout): the session ends, with the tokens that came from it. */
import { authorizationUrl } from '../kit/client.ts'
import { only, refusal, says } from '../kit/look.ts'
import type { App, Lesson, Stage } from '../kit/stage.ts'

const WEB: App = {
  id: 'web',
  secret: 'web-secret',
  redirectUri: 'http://localhost:3000/callback',
}

export const signOut: Lesson = {
  name: 'sign-out',
  about:
    'The app sends the person to sign out: session and tokens end, but not what was meant to last.',
  person: 'anybody',

  async run(stage) {
    const home = stage.visitor.browser ? 'http://localhost:3000/' : stage.app.redirectUri
    const like = { post_logout_redirect_uris: [home] }
    await stage.withApp(WEB, like, (app) => leave(stage, app, home))
  },
}

/** `home`: where the app wants the browser back after the sign-out. */
async function leave(stage: Stage, app: App, home: string): Promise<void> {
  const { api, metadata, visitor, show, request, signIn, post, callWith } = stage
  show.chapter('Two sign-ins, one to last')
  const ask = { scope: 'openid notes:read' }
  const passing = await signIn(ask, {}, {}, app)
  const forGood = { scope: 'openid notes:read offline_access', prompt: 'consent' }
  const lasting = await signIn(forGood, {}, {}, app)
  const silent = request({ ...ask, prompt: 'none' }, app)
  silent.answer(await visitor.visit(silent.url), 'code')
  show.note('prompt=none worked: there is a session. (OpenID Connect Core §3.1.2.1)')

  show.chapter('The server asks')
  const url = authorizationUrl(metadata.end_session_endpoint, {
    id_token_hint: passing.id_token,
    post_logout_redirect_uri: home,
    state: 'signed-out',
  })
  const landed = await visitor.visit(
    url,
    { task: 'Say that you want to sign out.' },
    {
      request: {
        title: 'Send the browser to sign out',
        status: 200,
        says: 'A page that asks: a stranger’s link must not sign anybody out. id_token_hint says who is meant, and by which app.',
        spec: 'OpenID Connect RP-Initiated Logout §2, §6',
      },
      signOut: {
        title: 'Alice signs out',
        show: ['location'],
        says: 'The session is over, and the browser goes back to an address that is registered for this.',
        spec: 'OpenID Connect RP-Initiated Logout §3',
      },
    },
  )
  const back = `${home}?state=signed-out`
  if (landed.href !== back) throw new Error('the browser did not come back to the app')

  show.chapter('What has ended, and what has not')
  const nobody = request({ ...ask, prompt: 'none' }, app)
  nobody.answer(await visitor.visit(nobody.url), { error: 'login_required' })
  show.note('prompt=none once more: there is no session now, and no page may ask for one.')
  await callWith(passing.access_token, `${api}/notes`, {
    title: 'Call the API with a token of the session',
    status: 401,
    show: ['www-authenticate'],
    body: refusal,
    check: says('detail', 'The access token was revoked'),
    says: 'Tokens that came from the session ended with it, on the next call.',
    spec: 'RFC 6750 §3.1',
  })
  const use = { grant_type: 'refresh_token', refresh_token: lasting.refresh_token }
  const fresh = await post(metadata.token_endpoint, app, use, {
    title: 'Refresh what was granted with offline_access',
    status: 200,
    body: only('scope', 'expires_in'),
    says: 'Alice allowed the app to go on while she is away, and this is what that means.',
    spec: 'OpenID Connect Core §11',
  })
  await post(
    metadata.revocation_endpoint,
    app,
    { token: String(fresh.json['refresh_token']) },
    {
      title: 'Until the app gives it back',
      status: 200,
      says: 'An app that signs a person out for good revokes this as well.',
      spec: 'RFC 7009 §2.1',
    },
  )
}
