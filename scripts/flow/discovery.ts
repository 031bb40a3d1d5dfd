/** Discovery from a bare 401 (RFC 9728, RFC 8414): a client that knows one address and nothing else. */
import { challenges, only, refusal, says, whole } from '../kit/look.ts'
import type { Lesson, Metadata } from '../kit/stage.ts'

export const discovery: Lesson = {
  name: 'discovery',
  about: 'Given the address of an API alone, a client finds out who to ask, how, and for what.',
  person: 'anybody',

  async run({ app, api, show, visitor, request, call, post, callWith, forget }) {
    show.chapter('The API says where to begin')
    const refused = await call(`${api}/notes`, {
      title: 'Call the API with nothing',
      status: 401,
      show: ['www-authenticate'],
      body: refusal,
      check: challenges('resource_metadata="'),
      says: 'No error code, as nothing was wrong; but the address of what the API says about itself, and the scope of this call.',
      spec: 'RFC 6750 §3.1, RFC 9728 §5.1',
    })
    const challenge = refused.headers.get('www-authenticate') ?? ''
    const parameter = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? ''
    const resource = await call(parameter('resource_metadata'), {
      title: 'Read what it says about itself',
      status: 200,
      body: whole,
      check: says('resource', api),
      says: 'resource must be what was called, or a parent of it: else somebody else’s API sends the client to a server of his own.',
      spec: 'RFC 9728 §3.2, §3.3',
    })

    show.chapter('The authorization server says how')
    const [issuer = ''] = resource.json['authorization_servers'] as string[]
    const found = await call(`${issuer}/.well-known/oauth-authorization-server`, {
      title: 'Read the metadata of the server it trusts',
      status: 200,
      body: only(
        'issuer',
        'authorization_endpoint',
        'token_endpoint',
        'registration_endpoint',
        'code_challenge_methods_supported',
        'authorization_response_iss_parameter_supported',
      ),
      check: says('issuer', issuer),
      says: 'The issuer must be the one that was asked. Everything else a client needs is here.',
      spec: 'RFC 8414 §3.2, §3.3',
    })
    const { token_endpoint, registration_endpoint } = found.json as Metadata

    show.chapter('A client that nobody entered anywhere')
    const registered = await call(
      registration_endpoint,
      {
        title: 'Register',
        status: 201,
        body: only('client_id', 'token_endpoint_auth_method'),
        says: 'A public client: no secret, PKCE instead.',
        spec: 'RFC 7591 §3',
      },
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          client_name: 'Found its way (npm run flow discovery)',
          redirect_uris: [app.redirectUri],
          token_endpoint_auth_method: 'none',
        }),
      },
    )
    const client = { id: String(registered.json['client_id']), redirectUri: app.redirectUri }
    const asked = request({ scope: parameter('scope'), resource: api }, client)
    const code = asked.answer(await visitor.visit(asked.url), 'code')
    const tokens = await post(
      token_endpoint,
      client,
      { ...asked.redeem(code), resource: api },
      {
        title: 'Exchange the code for a token for this API',
        status: 200,
        body: only('scope', 'token_type'),
        says: 'resource says which API the token is for; no other one will take it.',
        spec: 'RFC 8707 §2',
      },
    )
    await callWith(String(tokens.json['access_token']), `${api}/notes`, {
      title: 'Call the API again',
      status: 200,
      says: 'From one address to an answer, and nothing was typed in.',
      spec: 'RFC 6750 §2.1',
    })
    await forget(registered)
  },
}
