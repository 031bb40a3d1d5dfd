/** Delegation (RFC 8693 §1.1): the token says for whom a call is made, and also who makes it. */
import { claimsOf, only, says } from '../kit/look.ts'
import type { Lesson } from '../kit/stage.ts'

const SERVICE = { id: 'service', secret: 'service-secret' }
/** Its tokens name the one who may act with them: an operator registers that as `may_act`. */
const DESK = { id: 'desk', redirectUri: 'http://127.0.0.1/callback' }

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

export const delegation: Lesson = {
  name: 'delegation',
  about:
    'A service acts for a person under its own name: the token says whose it is, and who acts.',
  person: 'anybody',

  async run({ app, api, metadata, visitor, show, signIn, post, callWith }) {
    show.chapter('Two tokens')
    const person = await signIn({ scope: 'openid notes:read notes:write' })
    const own = { grant_type: 'client_credentials', scope: 'notes:read' }
    const actor = await post(metadata.token_endpoint, SERVICE, own, {
      title: 'The service gets a token for itself',
      status: 200,
      body: only('token_type', 'expires_in', 'scope'),
      says: 'The person’s token says for whom. This one says who acts.',
      spec: 'RFC 6749 §4.4, RFC 8693 §1.1',
    })
    const exchange = (more: Record<string, string>, { access_token } = person) => ({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: access_token,
      subject_token_type: ACCESS_TOKEN,
      resource: api,
      scope: 'notes:read',
      ...more,
    })
    const acting = {
      actor_token: String(actor.json['access_token']),
      actor_token_type: ACCESS_TOKEN,
    }

    show.chapter('Traded for one that names both')
    const traded = await post(metadata.token_endpoint, SERVICE, exchange(acting), {
      title: 'Exchange them',
      status: 200,
      body: only('issued_token_type', 'token_type', 'scope'),
      check: ({ json }) => actsAs('service', String(json['access_token'])),
      says: 'Without actor_token the service would look like the person: impersonation. With one it is delegation.',
      spec: 'RFC 8693 §1.1, §2.1',
    })
    const token = String(traded.json['access_token'])
    const { sub, client_id, act } = claimsOf(token)
    show.note(`in the new token: ${JSON.stringify({ sub, client_id, act })}`)
    await callWith(token, `${api}/whoami`, {
      title: 'Call the API',
      status: 200,
      body: only('sub', 'client_id', 'scope'),
      check: says('sub', 'alice'),
      says: 'What may be done is decided by the person and the scope. act tells the API who did it, for its records.',
      spec: 'RFC 8693 §4.1',
    })

    show.chapter('Nobody acts under a name that is not theirs')
    const wrong = { actor_token: person.access_token, actor_token_type: ACCESS_TOKEN }
    await post(metadata.token_endpoint, SERVICE, exchange(wrong), {
      title: 'Pass off the person’s token as that of the actor',
      status: 400,
      body: only('error', 'error_description'),
      check: says('error_description', 'The actor_token is not valid'),
      says: 'It was issued to the app and not to the service: whoever has somebody’s token is not yet that somebody.',
      spec: 'RFC 8693 §2.2.2',
    })
    const untyped = { actor_token: acting.actor_token }
    await post(metadata.token_endpoint, SERVICE, exchange(untyped), {
      title: 'Leave out what kind of token it is',
      status: 400,
      body: only('error', 'error_description'),
      check: says('error', 'invalid_request'),
      says: 'actor_token and actor_token_type come together, or not at all.',
      spec: 'RFC 8693 §2.1',
    })

    show.chapter('A token that names the one who may act')
    const desk = { ...DESK, ...(!visitor.browser && { redirectUri: app.redirectUri }) }
    const held = await signIn({ scope: 'openid notes:read' }, {}, {}, desk)
    const { may_act } = claimsOf(held.access_token)
    show.note(
      `in the person’s token: ${JSON.stringify({ sub: 'alice', client_id: 'desk', may_act })}`,
    )
    await post(metadata.token_endpoint, SERVICE, exchange(acting, held), {
      title: 'The service acts, as the token says it may',
      status: 200,
      body: only('issued_token_type', 'token_type', 'scope'),
      check: ({ json }) => actsAs('service', String(json['access_token'])),
      says: 'may_act is there from the beginning: the operator wrote down for this client who may act with its tokens.',
      spec: 'RFC 8693 §4.4',
    })
    const hers = await post(metadata.token_endpoint, SERVICE, exchange({}), {
      title: 'The service trades the other token of the person’s, without an actor',
      status: 200,
      body: only('issued_token_type', 'scope'),
      says: 'This one says: Alice, by way of the service. As actor_token it makes her the one who acts.',
      spec: 'RFC 8693 §1.1, §2.1',
    })
    const another = {
      actor_token: String(hers.json['access_token']),
      actor_token_type: ACCESS_TOKEN,
    }
    await post(metadata.token_endpoint, SERVICE, exchange(another, held), {
      title: 'Name that one as the actor',
      status: 400,
      body: only('error', 'error_description'),
      check: says('error_description', 'The client may not exchange this token in this way'),
      says: 'Both tokens are good, but may_act names the service, and this actor is somebody else.',
      spec: 'RFC 8693 §4.4, §2.2.2',
    })
  },
}

/** A sentence when the token does not name this actor. */
function actsAs(expected: string, token: string): string | undefined {
  const { act } = claimsOf(token) as { act?: { sub?: string } }
  return act?.sub === expected ? undefined : `act is ${JSON.stringify(act)}`
}
