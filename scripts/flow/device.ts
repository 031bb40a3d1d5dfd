/** The device flow (RFC 8628): a television has no keyboard, so the person answers for it on a phone. */
import { setTimeout as pause } from 'node:timers/promises'
import { only, says, whole } from '../kit/look.ts'
import type { Lesson } from '../kit/stage.ts'

const TV = { id: 'tv' }

/** Seconds, once the five of the beginning have become more. */
const PACE = 10

export const device: Lesson = {
  name: 'device',
  about: 'A television shows a code and keeps asking, while a person answers on a phone.',
  person: 'anybody',

  async run({ api, metadata, visitor, show, post, callWith }) {
    show.chapter('The television shows a code')
    const wish = { scope: 'openid notes:read' }
    const asked = await post(metadata.device_authorization_endpoint, TV, wish, {
      title: 'Ask for two codes',
      status: 200,
      body: whole,
      check: says('interval', 5),
      says: 'user_code is for the screen, and the address with it for a QR code. device_code stays inside: it is what the tokens are fetched with.',
      spec: 'RFC 8628 §3.1, §3.2',
    })
    const poll = {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: String(asked.json['device_code']),
    }

    show.chapter('It asks, and asks too soon')
    await post(metadata.token_endpoint, TV, poll, {
      title: 'Has somebody answered?',
      status: 400,
      body: only('error', 'error_description'),
      check: says('error', 'authorization_pending'),
      says: 'An error only in form: the device waits for the interval, and asks again.',
      spec: 'RFC 8628 §3.5',
    })
    await post(metadata.token_endpoint, TV, poll, {
      title: 'Ask again at once',
      status: 400,
      body: only('error', 'error_description'),
      check: says('error', 'slow_down'),
      says: 'The interval is five seconds longer from here on, for good, and not for the next time alone.',
      spec: 'RFC 8628 §3.5',
    })

    show.chapter('The person answers on a phone')
    await visitor.send(
      new URL(String(asked.json['verification_uri_complete'])),
      {
        task: 'If the page shows the code above, say so; sign in as alice with wonderland, and allow it.',
      },
      {
        request: {
          title: 'Open the address of the QR code',
          status: 200,
          says: 'The code is filled in, but the page shows it and asks: does your device show the same?',
          spec: 'RFC 8628 §3.3, §3.3.1',
        },
        confirm: {
          title: 'Alice compares the codes',
          says: 'Whoever sends her a code of their own wants in as her. Comparing is what stops them.',
          spec: 'RFC 8628 §5.4',
        },
        consent: {
          title: 'Alice says yes',
          says: 'Sign-in and consent are those of any app. There is no way back to an app: she is told to look at her device.',
          spec: 'RFC 8628 §3.3',
        },
      },
    )

    show.chapter('The television goes on')
    // The script's Alice has answered by now. A reader takes longer, and the television keeps to its pace.
    if (!visitor.browser) await pause(PACE * 1000)
    const tokens = await post(metadata.token_endpoint, TV, poll, {
      title: 'Has somebody answered?',
      status: 200,
      again: ({ json }) => (json['error'] === 'authorization_pending' ? PACE : undefined),
      body: only('token_type', 'expires_in', 'scope'),
      says: 'The same request as before. This server asks for no pace any more once there is an answer.',
      spec: 'RFC 8628 §3.5',
    })
    await callWith(String(tokens.json['access_token']), `${api}/whoami`, {
      title: 'Call the API',
      status: 200,
      body: only('sub', 'client_id', 'scope'),
      check: says('sub', 'alice'),
      says: 'Alice never typed her password on the television.',
      spec: 'RFC 6750 §2.1',
    })
    await post(metadata.token_endpoint, TV, poll, {
      title: 'Use the device code again',
      status: 400,
      body: only('error', 'error_description'),
      check: says('error', 'invalid_grant'),
      says: 'It counts once. The tokens that it gave stay good.',
      spec: 'RFC 6749 §5.2',
    })
  },
}
