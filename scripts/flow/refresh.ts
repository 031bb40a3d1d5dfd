/** Refresh tokens (RFC 6749 §6): each is used once, and a second use ends the family (RFC 9700 §4.14.2). */
import { only, refusal, says, whole } from '../kit/look.ts'
import type { Lesson } from '../kit/stage.ts'

export const refresh: Lesson = {
  name: 'refresh',
  about: 'New tokens without asking anybody; each refresh token counts once, and reuse is theft.',
  person: 'anybody',

  async run({ app, api, metadata, show, signIn, post, callWith }) {
    show.chapter('A family begins')
    const first = await signIn({ scope: 'openid notes:read notes:write' })
    const use = (refresh_token: unknown, more: Record<string, string> = {}) => ({
      grant_type: 'refresh_token',
      refresh_token: String(refresh_token),
      ...more,
    })

    show.chapter('Rotation')
    const second = await post(metadata.token_endpoint, app, use(first.refresh_token), {
      title: 'Refresh',
      status: 200,
      body: whole,
      check: ({ json }) =>
        json['refresh_token'] === first.refresh_token
          ? 'the refresh token is the old one'
          : undefined,
      says: 'A new access token, and a new refresh token in place of the old one.',
      spec: 'RFC 6749 §6, RFC 9700 §2.2.2',
    })
    const narrow = use(second.json['refresh_token'], { scope: 'notes:read' })
    const third = await post(metadata.token_endpoint, app, narrow, {
      title: 'Refresh, and ask for less',
      status: 200,
      body: only('scope', 'expires_in'),
      check: says('scope', 'notes:read'),
      says: 'A token that is handed to a part of the app which only reads may carry less than was granted; never more.',
      spec: 'RFC 6749 §6',
    })
    await callWith(String(third.json['access_token']), `${api}/notes`, {
      title: 'Call the API',
      status: 200,
      says: 'The youngest of the family works.',
      spec: 'RFC 6750 §2.1',
    })

    show.chapter('Reuse')
    await post(metadata.token_endpoint, app, use(first.refresh_token), {
      title: 'Use the first refresh token a second time',
      status: 400,
      body: only('error', 'error_description'),
      check: says('error', 'invalid_grant'),
      says: 'Two parties hold the same token. One of them stole it, and the server cannot tell which.',
      spec: 'RFC 9700 §4.14.2, RFC 6749 §5.2',
    })
    await post(metadata.token_endpoint, app, use(third.json['refresh_token']), {
      title: 'Use the youngest refresh token',
      status: 400,
      body: only('error', 'error_description'),
      check: says('error', 'invalid_grant'),
      says: 'So the whole family is dead. The thief has nothing, and the person signs in again.',
      spec: 'RFC 9700 §4.14.2',
    })
    await callWith(String(third.json['access_token']), `${api}/notes`, {
      title: 'Call the API again',
      status: 401,
      show: ['www-authenticate'],
      body: refusal,
      check: says('detail', 'The access token was revoked'),
      says: 'The access tokens died with it.',
      spec: 'RFC 6750 §3.1',
    })
  },
}
