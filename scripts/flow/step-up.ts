/** Step-up (RFC 9470): the token is good, but the person must prove more, or again, before money moves. */
import { challenges, claimsOf, only, refusal } from '../kit/look.ts'
import type { Lesson } from '../kit/stage.ts'

export const stepUp: Lesson = {
  name: 'step-up',
  about:
    'The API wants a second step before it moves money, and the app sends the person to take it.',
  person: 'anybody',

  async run({ api, show, signIn, callWith }) {
    const transfer = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ to: 'bob', amount: 1250, currency: 'EUR' }),
    }
    show.chapter('By password alone')
    const weak = await signIn({ scope: 'openid transfers:write', prompt: 'login' })
    show.note(`acr of the token: ${String(claimsOf(weak.access_token)['acr'])}`)
    const refused = await callWith(
      weak.access_token,
      `${api}/transfers`,
      {
        title: 'Send money with a sign-in by password',
        status: 401,
        show: ['www-authenticate'],
        body: refusal,
        check: challenges('error="insufficient_user_authentication"'),
        says: '401 and not 403: another sign-in would do. The challenge says which, and how old it may be.',
        spec: 'RFC 9470 §3',
      },
      transfer,
    )

    show.chapter('The second step')
    const challenge = refused.headers.get('www-authenticate') ?? ''
    const wish = {
      scope: parameter(challenge, 'scope'),
      acr_values: parameter(challenge, 'acr_values'),
      max_age: parameter(challenge, 'max_age'),
    }
    const strong = await signIn(
      wish,
      {},
      {
        request: {
          title: 'Send the person to sign in as the API asks',
          says: 'The app passes on what the challenge says. Whoever is signed in by password is asked for the code alone.',
          spec: 'RFC 9470 §4',
        },
      },
    )
    const { acr, auth_time } = claimsOf(strong.access_token)
    show.note(`acr of the token: ${String(acr)}, auth_time: ${String(auth_time)}`)
    await callWith(
      strong.access_token,
      `${api}/transfers`,
      {
        title: 'Send the money',
        status: 201,
        body: only('to', 'amount', 'currency'),
        says: 'The token carries how and when the person signed in, and the API compares it with what this call needs.',
        spec: 'RFC 9470 §5, §6.1',
      },
      transfer,
    )
  },
}

/** A parameter of a challenge, quoted or not (RFC 9110 §11.2). */
const parameter = (challenge: string, name: string): string =>
  new RegExp(`[ ,]${name}="?([^",]+)`).exec(challenge)?.[1] ?? ''
