/** Token exchange (RFC 8693): an API's helper trades the person's token for a smaller one of its own. */
import { claimsOf, only, refusal, says, whole } from '../kit/look.ts'
import type { Lesson } from '../kit/stage.ts'

const SERVICE = { id: 'service', secret: 'service-secret' }
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

export const tokenExchange: Lesson = {
  name: 'token-exchange',
  about:
    'A service that was called with a token calls on: for the same person, with less, as itself.',
  person: 'anybody',

  async run({ app, api, metadata, show, signIn, post, callWith }) {
    show.chapter('The token that came in')
    const person = await signIn({ scope: 'openid notes:read notes:write' })
    const exchange = (more: Record<string, string>) => ({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: person.access_token,
      subject_token_type: ACCESS_TOKEN,
      resource: api,
      ...more,
    })

    show.chapter('Traded for a smaller one')
    const traded = await post(metadata.token_endpoint, SERVICE, exchange({ scope: 'notes:read' }), {
      title: 'Exchange it',
      status: 200,
      body: whole,
      check: says('issued_token_type', ACCESS_TOKEN),
      says: 'The service proves who it is, and shows whose token it was called with. It never passes the token itself on.',
      spec: 'RFC 8693 §2.1, §2.2',
    })
    const token = String(traded.json['access_token'])
    const { sub, client_id, act, scope } = claimsOf(token)
    show.note(`in the new token: ${JSON.stringify({ sub, client_id, act, scope })}`)
    await callWith(token, `${api}/whoami`, {
      title: 'Call on',
      status: 200,
      body: only('sub', 'client_id', 'scope'),
      check: says('client_id', 'service'),
      says: 'The subject is still the person, and the client is the service. Nothing says that somebody acts for her: this is impersonation.',
      spec: 'RFC 8693 §1.1',
    })

    show.chapter('Never more than before')
    await post(metadata.token_endpoint, SERVICE, exchange({ scope: 'transfers:write' }), {
      title: 'Ask for a scope that the person did not give',
      status: 400,
      body: only('error', 'error_description'),
      check: says('error', 'invalid_scope'),
      says: 'Scope and life of the new token stay within those of the old one.',
      spec: 'RFC 8693 §2.2.2',
    })
    await post(metadata.token_endpoint, SERVICE, exchange({ resource: 'https://other.example' }), {
      title: 'Ask for another API',
      status: 400,
      body: only('error', 'error_description'),
      check: says('error', 'invalid_target'),
      says: 'Which APIs a client may call on is the operator’s decision.',
      spec: 'RFC 8693 §2.2.2, RFC 8707 §2',
    })

    show.chapter('It ends with what it came from')
    await post(
      metadata.revocation_endpoint,
      app,
      { token: person.refresh_token },
      {
        title: 'The app gives its tokens back',
        status: 200,
        says: 'The person is done with the app, and so is whoever acted for her.',
        spec: 'RFC 7009 §2.1',
      },
    )
    await callWith(token, `${api}/whoami`, {
      title: 'Call on again',
      status: 401,
      body: refusal,
      check: says('detail', 'The access token was revoked'),
      says: 'The traded token belongs to the same family.',
      spec: 'RFC 6750 §3.1',
    })
  },
}
