/** Introspection (RFC 7662) and revocation (RFC 7009): ask what a token is worth, and make it worth nothing. */
import { only, refusal, says, whole } from '../kit/look.ts'
import type { Lesson } from '../kit/stage.ts'

/** The resource server, which may ask about tokens for its own APIs. */
const API = { id: 'api', secret: 'api-secret' }

export const introspectionAndRevocation: Lesson = {
  name: 'introspection-and-revocation',
  about:
    'An API asks what an opaque token means; the app takes it back; the answer is only "not active".',
  person: 'anybody',

  async run({ issuer, app, metadata, show, signIn, post, callWith }) {
    const ledger = `${issuer}/ledger`
    show.chapter('A token that says nothing by itself')
    const tokens = await signIn({ scope: 'openid ledger:read', resource: ledger })
    await callWith(tokens.access_token, `${ledger}/entries`, {
      title: 'Call the ledger',
      status: 200,
      says: 'This API takes opaque tokens: it cannot read them, so it asks who issued them.',
      spec: 'RFC 6750 §2.1, RFC 7662 §1',
    })

    show.chapter('The API asks')
    const { introspection_endpoint } = metadata
    await post(
      introspection_endpoint,
      API,
      { token: tokens.access_token },
      {
        title: 'Introspect the token',
        status: 200,
        body: whole,
        check: says('active', true),
        says: 'All that a JWT would have said, and it is true at this moment.',
        spec: 'RFC 7662 §2.2',
      },
    )
    await post(
      introspection_endpoint,
      { ...API, secret: 'guessed' },
      { token: tokens.access_token },
      {
        title: 'Ask with a secret that is guessed',
        status: 401,
        show: ['www-authenticate'],
        body: only('error'),
        says: 'Only an API may ask. Else anybody could try tokens out here.',
        spec: 'RFC 7662 §2.1, §2.3',
      },
    )
    await post(
      introspection_endpoint,
      { id: 'service', secret: 'service-secret' },
      { token: tokens.access_token },
      {
        title: 'Ask about a token that is for somebody else',
        status: 200,
        body: whole,
        check: says('active', false),
        says: 'Known to the server, but none of this client’s business: it looks like one that does not exist.',
        spec: 'RFC 7662 §2.2, §4',
      },
    )

    show.chapter('Taken back')
    await post(
      metadata.revocation_endpoint,
      app,
      { token: tokens.access_token },
      {
        title: 'Revoke the token',
        status: 200,
        says: 'Only the client that it was issued to can do this.',
        spec: 'RFC 7009 §2.1, §2.2',
      },
    )
    await post(
      introspection_endpoint,
      API,
      { token: tokens.access_token },
      {
        title: 'Introspect it again',
        status: 200,
        body: whole,
        check: says('active', false),
        says: 'Not a word on why: expired, revoked, made up and not yours all look the same.',
        spec: 'RFC 7662 §2.2',
      },
    )
    await callWith(tokens.access_token, `${ledger}/entries`, {
      title: 'Call the ledger again',
      status: 401,
      show: ['www-authenticate'],
      body: refusal,
      says: 'Seen at the next call.',
      spec: 'RFC 6750 §3.1',
    })
    await post(
      metadata.revocation_endpoint,
      app,
      { token: tokens.access_token },
      {
        title: 'Revoke it a second time',
        status: 200,
        says: '200 again: the client wanted it dead, and dead it is.',
        spec: 'RFC 7009 §2.2',
      },
    )
  },
}
