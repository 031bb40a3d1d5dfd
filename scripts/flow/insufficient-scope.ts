/** Insufficient scope (RFC 6750 §3.1): 403, not 401, and a client that asks for just what is missing. */
import { only, refusal } from '../kit/look.ts'
import type { Lesson } from '../kit/stage.ts'

export const insufficientScope: Lesson = {
  name: 'insufficient-scope',
  about:
    'The API names the scope that is missing; the app asks for it and does the same call again.',
  person: 'anybody',

  async run({ api, show, signIn, callWith }) {
    const note = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'Written by npm run flow insufficient-scope' }),
    }
    show.chapter('With little')
    const little = await signIn({ scope: 'openid notes:read' })
    const refused = await callWith(
      little.access_token,
      `${api}/notes`,
      {
        title: 'Write with a token that may only read',
        status: 403,
        show: ['www-authenticate'],
        body: refusal,
        says: '403: the token is good, so refreshing would not help. The challenge names the scope for this call.',
        spec: 'RFC 6750 §3.1',
        check: ({ headers }) =>
          scopeIn(headers.get('www-authenticate')) ? undefined : 'the challenge names no scope',
      },
      note,
    )

    show.chapter('Asking for more')
    // Together with what it has: the new token replaces the old one.
    const scope = `openid notes:read ${scopeIn(refused.headers.get('www-authenticate')) ?? ''}`
    show.note(`the app asks for: ${scope}`)
    const more = await signIn({ scope })
    const written = await callWith(
      more.access_token,
      `${api}/notes`,
      {
        title: 'Write again',
        status: 201,
        show: ['location'],
        body: only('id', 'text', 'owner'),
        says: 'The same call with the new token. An app that asks for a scope when it is needed is trusted with more than one that asks for everything at first.',
        spec: 'RFC 9110 §15.3.2, RFC 9700 §2.3',
      },
      note,
    )

    show.chapter('Tidy up')
    const address = new URL(written.headers.get('location') ?? '/', api).href
    await callWith(
      more.access_token,
      address,
      {
        title: 'Delete the note',
        status: 204,
        says: 'The same scope lets the app change and delete.',
        spec: 'RFC 9110 §9.3.5',
      },
      { method: 'DELETE' },
    )
  },
}

const scopeIn = (challenge: string | null): string | undefined =>
  /scope="([^"]+)"/.exec(challenge ?? '')?.[1]
