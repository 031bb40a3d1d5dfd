/** Authorization code with PKCE (RFC 6749 §4.1, RFC 7636): the flow that all the others build on. */
import { only, refusal, says, whole } from '../kit/look.ts'
import type { Lesson } from '../kit/stage.ts'

export const authorizationCode: Lesson = {
  name: 'authorization-code',
  about: 'An app is let in by a person: the browser carries a code, the app redeems it with PKCE.',
  person: 'anybody',

  async run({ app, api, metadata, visitor, show, request, post, callWith }) {
    show.chapter('The browser carries the question')
    // `request` makes a secret (the code_verifier) and sends its hash (the code_challenge).
    const asked = request({ scope: 'openid notes:read', prompt: 'consent' })
    const landed = await visitor.visit(
      asked.url,
      {},
      {
        request: {
          title: 'Send the browser to the authorization server',
          says: 'The app says who it is, where to come back to, what it wants, and the hash of a secret that only it knows.',
          spec: 'RFC 6749 §4.1.1, RFC 7636 §4.3',
        },
        login: {
          title: 'Alice signs in',
          says: 'Her password goes to the authorization server only; the app never sees it.',
          spec: 'RFC 9700 §2.4',
        },
        consent: {
          title: 'Alice says yes',
          says: 'Each scope is shown in words and can be left out.',
          spec: 'RFC 6749 §4.1.2',
        },
      },
    )

    show.chapter('The app redeems the answer')
    // Before anything else: is this the answer to our question (state), and from the server we asked (iss, RFC 9207)?
    const code = asked.answer(landed, 'code')
    const tokens = await post(metadata.token_endpoint, app, asked.redeem(code), {
      title: 'Exchange the code for tokens',
      status: 200,
      body: whole,
      says: 'The secret behind the hash proves that whoever redeems the code also asked for it. A stolen code is of no use.',
      spec: 'RFC 6749 §4.1.3, RFC 7636 §4.5',
    })
    const token = String(tokens.json['access_token'])
    await callWith(token, `${api}/whoami`, {
      title: 'Call the API',
      status: 200,
      body: only('sub', 'client_id', 'scope', 'aud'),
      check: says('sub', 'alice'),
      says: 'The API learns for whom the app acts, which app it is, and what it may do; nobody sent it a password.',
      spec: 'RFC 6750 §2.1, RFC 9068 §2.2',
    })

    show.chapter('A code counts once')
    await post(metadata.token_endpoint, app, asked.redeem(code), {
      title: 'Redeem the code again',
      status: 400,
      body: only('error', 'error_description'),
      check: says('error', 'invalid_grant'),
      says: 'Somebody copied the code, the app or a thief. Nobody can tell, so what came from it ends as well.',
      spec: 'RFC 6749 §4.1.2, §5.2',
    })
    await callWith(token, `${api}/whoami`, {
      title: 'Call the API again',
      status: 401,
      body: refusal,
      check: says('detail', 'The access token was revoked'),
      says: 'The token that the first of the two was given is dead too.',
      spec: 'RFC 6749 §4.1.2, RFC 6750 §3.1',
    })
  },
}
