/** Dynamic client registration and its management (RFC 7591, RFC 7592): an app that nobody has heard of. */
import { only, refusal, says, whole } from '../kit/look.ts'
import type { Lesson } from '../kit/stage.ts'

export const registration: Lesson = {
  name: 'registration',
  about: 'An app registers itself, is used, changed, and removed again, without an administrator.',
  person: 'anybody',

  async run({ app, api, metadata, visitor, show, request, call, callWith, post }) {
    const json = (method: string, body: object, headers = {}) => ({
      method,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    const wanted = {
      client_name: 'Brand new (npm run flow registration)',
      redirect_uris: [app.redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
    }

    show.chapter('Hello')
    const registered = await call(
      metadata.registration_endpoint,
      {
        title: 'Register',
        status: 201,
        body: only(
          'client_id',
          'client_secret',
          'client_name',
          'redirect_uris',
          'token_endpoint_auth_method',
          'registration_client_uri',
          'registration_access_token',
        ),
        says: 'The app says what it is and gets an id and a secret, and a token to manage itself with. A local server lets anybody in.',
        spec: 'RFC 7591 §3.1, §3.2.1',
      },
      json('POST', wanted),
    )
    const { client_id, client_secret, registration_client_uri, registration_access_token } =
      registered.json as Record<string, string>
    const self = String(registration_client_uri)
    const manager = { authorization: `Bearer ${String(registration_access_token)}` }
    await call(
      metadata.registration_endpoint,
      {
        title: 'Register with an address that is not safe',
        status: 400,
        body: only('error', 'error_description'),
        check: says('error', 'invalid_redirect_uri'),
        says: 'Codes would travel in the open.',
        spec: 'RFC 7591 §3.2.2, RFC 9700 §2.1',
      },
      json('POST', { ...wanted, redirect_uris: ['http://shop.example/callback'] }),
    )

    show.chapter('In use')
    const brandNew = {
      id: String(client_id),
      secret: String(client_secret),
      redirectUri: app.redirectUri,
    }
    const asked = request({ scope: 'openid notes:read' }, brandNew)
    const code = asked.answer(await visitor.visit(asked.url), 'code')
    const tokens = await post(metadata.token_endpoint, brandNew, asked.redeem(code), {
      title: 'Exchange the code for tokens',
      status: 200,
      body: only('scope', 'token_type'),
      says: 'A client like any other. The person was asked, as she has never seen it before.',
      spec: 'RFC 6749 §4.1.3',
    })

    show.chapter('Looked at, changed, removed')
    await call(
      self,
      {
        title: 'Read the registration',
        status: 200,
        body: only('client_id', 'client_name'),
        says: 'With the token from the registration, and at the address given there.',
        spec: 'RFC 7592 §2.1',
      },
      { headers: manager },
    )
    await call(
      self,
      {
        title: 'Change the name',
        status: 200,
        body: only('client_name'),
        check: says('client_name', 'Renamed (npm run flow registration)'),
        says: 'The whole registration is sent: what is left out is gone.',
        spec: 'RFC 7592 §2.2',
      },
      json(
        'PUT',
        { ...wanted, client_id, client_name: 'Renamed (npm run flow registration)' },
        manager,
      ),
    )
    await call(
      self,
      {
        title: 'Remove the client',
        status: 204,
        says: 'Its tokens end with it.',
        spec: 'RFC 7592 §2.3',
      },
      { method: 'DELETE', headers: manager },
    )
    await call(
      self,
      {
        title: 'Look again',
        status: 401,
        show: ['www-authenticate'],
        body: whole,
        says: 'Not 404: who is not a client any more has no business knowing.',
        spec: 'RFC 7592 §2.1',
      },
      { headers: manager },
    )
    await callWith(String(tokens.json['access_token']), `${api}/notes`, {
      title: 'Call the API with the token it had',
      status: 401,
      body: refusal,
      says: 'Nothing is left of it.',
      spec: 'RFC 7592 §2.3, RFC 6750 §3.1',
    })
  },
}
