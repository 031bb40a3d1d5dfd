/** A native app (RFC 8252): no secret, any loopback port, and a person who is asked every time. */
import { openLoopback } from '../kit/loopback.ts'
import { only, says } from '../kit/look.ts'
import type { Lesson } from '../kit/stage.ts'

export const nativeApp: Lesson = {
  name: 'native-app',
  about: 'A command line has no secret and no fixed address: it listens on a free loopback port.',
  person: 'anybody',

  async run({ app, api, metadata, visitor, show, request, call, post, callWith }) {
    show.chapter('The app listens before it asks')
    // With your own browser the port is open already, and the browser comes there by itself.
    const loopback = visitor.browser ? await openLoopback() : undefined
    const cli = loopback ? { id: 'cli', redirectUri: loopback.redirectUri } : app
    show.note(`listening at ${cli.redirectUri}`)
    try {
      const asked = request({ scope: 'openid notes:read' }, cli)
      let landed = await visitor.visit(
        asked.url,
        {},
        {
          request: {
            title: "Open the person's own browser",
            says: 'Registered is http://127.0.0.1/callback; the port may be any, as it is not known before. The browser is the person’s own, where the app cannot look over her shoulder.',
            spec: 'RFC 8252 §7.3, §8.12',
          },
          consent: {
            title: 'Alice says yes',
            says: 'A native app is asked for every time: anybody can pretend to be it, as it has no secret.',
            spec: 'RFC 8252 §8.6',
          },
        },
      )
      if (loopback) {
        await call(landed, {
          title: 'The browser arrives at the loopback port',
          status: 200,
          says: 'No server on the internet was needed: the code never left this machine.',
          spec: 'RFC 8252 §7.3',
        })
        landed = await loopback.next()
      }

      show.chapter('Without a secret, PKCE is what is left')
      const code = asked.answer(landed, 'code')
      const tokens = await post(metadata.token_endpoint, cli, asked.redeem(code), {
        title: 'Exchange the code for tokens',
        status: 200,
        body: only('token_type', 'expires_in', 'scope'),
        says: 'The client only names itself. What proves it is the code_verifier: another app that caught the code does not have it.',
        spec: 'RFC 8252 §8.1, RFC 7636 §1',
      })
      await callWith(String(tokens.json['access_token']), `${api}/whoami`, {
        title: 'Call the API',
        status: 200,
        body: only('sub', 'client_id', 'scope'),
        check: says('client_id', 'cli'),
        says: 'To the API it is a token like any other.',
        spec: 'RFC 6750 §2.1',
      })
    } finally {
      loopback?.close()
    }
  },
}
