/** Rich authorization (RFC 9396): the person allows this one transfer, to this payee, and no other. */
import { only, refusal, says } from '../kit/look.ts'
import type { Lesson } from '../kit/stage.ts'

export const richAuthorization: Lesson = {
  name: 'rich-authorization',
  about:
    'A scope says "transfers"; authorization_details say which one, and the API holds the token to it.',
  person: 'anybody',

  async run({ app, api, metadata, visitor, show, request, post, callWith }) {
    const detail = { type: 'transfer', amount: 1250, currency: 'EUR', payee: 'alice' }
    const wish = (details: unknown) => ({
      scope: 'openid transfers:write',
      acr_values: 'urn:countersign:mfa',
      authorization_details: JSON.stringify(details),
    })
    show.chapter('The app says exactly what for')
    const asked = request(wish([detail]))
    const landed = await visitor.visit(
      asked.url,
      { login: 'bob' },
      {
        request: {
          title: 'Send the browser with what it is about',
          says: 'amount is in cents. Beside the scope, which opens the API, the request says what for: one transfer, to one payee.',
          spec: 'RFC 9396 §2, §3.1',
        },
        consent: {
          title: 'Bob reads "Transfer EUR 12.50 to alice", and allows it',
          says: 'The page says in words what may happen. He need not trust the app with more.',
          spec: 'RFC 9396 §3',
        },
      },
    )
    const tokens = await post(
      metadata.token_endpoint,
      app,
      asked.redeem(asked.answer(landed, 'code')),
      {
        title: 'Exchange the code for tokens',
        status: 200,
        body: only('scope', 'authorization_details'),
        says: 'The answer tells what was granted, as it does with scopes.',
        spec: 'RFC 9396 §7',
        check: ({ json }) =>
          JSON.stringify(json).includes('"amount":1250')
            ? undefined
            : 'the transfer was not granted',
      },
    )

    show.chapter('The API holds the token to it')
    const send = (
      title: string,
      transfer: object,
      expected: Pick<Parameters<typeof post>[3], 'status' | 'says' | 'spec' | 'body'>,
    ) =>
      callWith(
        String(tokens.json['access_token']),
        `${api}/transfers`,
        { title, ...expected },
        {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(transfer),
        },
      )
    await send(
      'Send what was allowed',
      { to: 'alice', amount: 1250, currency: 'EUR' },
      {
        status: 201,
        body: only('to', 'amount', 'currency'),
        says: 'Payee, amount and currency are those in the token.',
        spec: 'RFC 9396 §9.1',
      },
    )
    await send(
      'Send a hundred times as much',
      { to: 'alice', amount: 125_000, currency: 'EUR' },
      {
        status: 403,
        body: refusal,
        says: 'The scope would do, but the details are narrower. Whoever steals this token can send nobody anything else.',
        spec: 'RFC 9396 §9.1, RFC 9110 §15.5.4',
      },
    )

    show.chapter('Details that nobody understands')
    const strange = request(wish([{ ...detail, when: 'tomorrow' }]))
    const back = await visitor.visit(strange.url)
    strange.answer(back, { error: 'invalid_authorization_details' })
    show.note(
      'Refused before anybody is asked: what is not understood cannot be allowed. (RFC 9396 §5)',
    )
    await post(
      metadata.token_endpoint,
      { id: 'service', secret: 'service-secret' },
      {
        grant_type: 'client_credentials',
        scope: 'notes:read',
        authorization_details: JSON.stringify([detail]),
      },
      {
        title: 'Ask for a transfer with nobody there to allow it',
        status: 400,
        body: only('error', 'error_description'),
        check: says('error', 'invalid_authorization_details'),
        says: 'A client that acts for itself has no person whose money it could send.',
        spec: 'RFC 9396 §6, §8',
      },
    )
  },
}
