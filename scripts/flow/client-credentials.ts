/** Client credentials (RFC 6749 §4.4): a program acts for itself, and nobody is asked. */
import { only, says, whole } from '../kit/look.ts'
import type { Lesson } from '../kit/stage.ts'

const SERVICE = { id: 'service', secret: 'service-secret' }

export const clientCredentials: Lesson = {
  name: 'client-credentials',
  about: 'A nightly job has no person and no browser: it gets a token for itself.',
  person: 'nobody',

  async run({ api, metadata, show, post, callWith }) {
    show.chapter('One request')
    const wish = { grant_type: 'client_credentials', scope: 'notes:read' }
    const tokens = await post(metadata.token_endpoint, SERVICE, wish, {
      title: 'Ask for a token',
      status: 200,
      body: whole,
      check: ({ json }) => (json['refresh_token'] ? 'there is a refresh token' : undefined),
      says: 'There is no refresh token: the client can ask again whenever it likes.',
      spec: 'RFC 6749 §4.4.2, §4.4.3',
    })
    await callWith(String(tokens.json['access_token']), `${api}/whoami`, {
      title: 'Call the API',
      status: 200,
      body: only('sub', 'client_id', 'scope'),
      check: says('sub', 'service'),
      says: 'The subject is the client itself. An API must not take it for a person.',
      spec: 'RFC 9068 §2.2, §5',
    })

    show.chapter('What it may not have')
    const more = { grant_type: 'client_credentials', scope: 'transfers:write' }
    await post(metadata.token_endpoint, SERVICE, more, {
      title: 'Ask for a scope it was not given',
      status: 400,
      body: only('error', 'error_description'),
      check: says('error', 'invalid_scope'),
      says: 'Nobody is there to be asked, so the operator decides beforehand what a client may do.',
      spec: 'RFC 6749 §5.2',
    })
    await post(metadata.token_endpoint, { ...SERVICE, secret: 'guessed' }, wish, {
      title: 'Use the wrong secret',
      status: 401,
      show: ['www-authenticate'],
      body: only('error', 'error_description'),
      check: says('error', 'invalid_client'),
      says: '401 with a challenge: the client tried the Authorization header, and is told which scheme counts here.',
      spec: 'RFC 6749 §5.2, RFC 9110 §15.5.2',
    })
  },
}
