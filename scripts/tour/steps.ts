/** The steps of the tour, in order. Bob uses the app "brief", whose access tokens live 5 seconds. */
import { setTimeout as pause } from 'node:timers/promises'
import { exchange, type Answer } from '../kit/exchange.ts'
import type { Show } from '../kit/show.ts'
import { createSignIn, millisecondsLeft, type Tokens } from './sign-in.ts'

const CLIENT = {
  id: 'brief',
  secret: 'brief-secret',
  redirectUri: 'http://localhost:3000/callback',
}
const PERSON = { login: 'bob', password: 'builder' }
const READ = 'openid profile notes:read'
const WRITE = `${READ} notes:write`

type Metadata = Record<'token_endpoint' | 'authorization_endpoint' | 'end_session_endpoint', string>

export async function takeTour(origin: string, show: Show): Promise<void> {
  const api = `${origin}/api`
  const get = (path: string, token?: string): [string, RequestInit] => [
    `${api}${path}`,
    token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
  ]

  show.chapter('The challenge: who are you?')
  const refused = await exchange(show, ...bodyless(get('/notes')), {
    title: 'Call the API without a token',
    status: 401,
    show: ['www-authenticate'],
    body: detailOf,
    says: '401: the API does not know who calls. The challenge says how to prove it and where to begin; it carries no error code, as nothing was wrong with the request.',
    spec: 'RFC 6750 §3.1, RFC 9110 §15.5.2',
    check: ({ headers }) =>
      headers.get('www-authenticate')?.includes('error=')
        ? 'the challenge names an error'
        : undefined,
  })
  const pointer = /resource_metadata="([^"]+)"/.exec(
    refused.headers.get('www-authenticate') ?? '',
  )?.[1]
  const resource = await exchange(
    show,
    pointer ?? `${origin}/.well-known/oauth-protected-resource/api`,
    {},
    {
      title: 'Read the address in the challenge',
      status: 200,
      body: (b) => pick(b, ['resource', 'authorization_servers', 'scopes_supported']),
      says: 'The API describes itself: its name as a resource, and the authorization server it trusts.',
      spec: 'RFC 9728 §3',
      check: ({ json }) =>
        json['resource'] === api ? undefined : `resource is ${String(json['resource'])}`,
    },
  )
  const [issuer = origin] = (resource.json['authorization_servers'] ?? []) as string[]
  const discovery = await exchange(
    show,
    `${issuer}/.well-known/openid-configuration`,
    {},
    {
      title: 'Ask the authorization server for its addresses',
      status: 200,
      body: (b) => pick(b, ['issuer', 'authorization_endpoint', 'token_endpoint', 'jwks_uri']),
      says: 'Everything a client must know is here; nothing needs to be typed in.',
      spec: 'RFC 8414 §3, OpenID Connect Discovery §4',
      check: ({ json }) =>
        json['issuer'] === issuer ? undefined : `issuer is ${String(json['issuer'])}`,
    },
  )
  const metadata = discovery.json as Metadata
  const signIn = createSignIn({ show, issuer, metadata, client: CLIENT, person: PERSON })

  show.chapter('The countersign: sign in, consent, tokens')
  const first = await signIn.withCode({
    scope: READ,
    prompt: 'consent',
    says: 'The browser goes to the authorization server with the scopes, a state, and the hash of a secret (PKCE) that only this client knows.',
  })
  await exchange(show, ...bodyless(get('/notes', first.access_token)), {
    title: 'Call the API with the access token',
    status: 200,
    body: (b) => ({
      notes: (b as { notes: { id: string }[] }).notes.map((note) => note.id),
    }),
    says: '200: the token is ours, meant for this API, not expired, and has the scope. Bob sees his note and the one that Alice shares with him.',
    spec: 'RFC 6750 §2.1, RFC 9068 §4',
  })

  show.chapter('403: known, but not allowed')
  const note = JSON.stringify({ text: 'Written on the tour' })
  const write = (token: string): RequestInit & { body: string } => ({
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: note,
  })
  const again = await signIn.stillGood(first)
  await exchange(show, `${api}/notes`, write(again.access_token), {
    title: 'Write a note with a token that may only read',
    status: 403,
    show: ['www-authenticate'],
    body: detailOf,
    says: '403, not 401: the token is good, but it lacks a scope. A new token of the same kind would not help; the challenge names the scopes to ask for.',
    spec: 'RFC 6750 §3.1',
  })
  const more = await signIn.withCode({
    scope: WRITE,
    says: 'The client asks for more. Bob is signed in, so he only sees the consent page, and there only the new scope needs his yes.',
  })
  const created = await exchange(show, `${api}/notes`, write(more.access_token), {
    title: 'Write the note again',
    status: 201,
    show: ['location'],
    body: (b) => pick(b, ['id', 'text', 'owner']),
    says: '201: the same request, with a token that has the scope.',
    spec: 'RFC 9110 §15.3.2',
  })

  show.chapter('401 again: time passes')
  await expire(more, show)
  await exchange(show, ...bodyless(get('/notes', more.access_token)), {
    title: 'Call the API with the token from a moment ago',
    status: 401,
    show: ['www-authenticate'],
    body: detailOf,
    says: '401: the token was good for 5 seconds. Now there is an error code, because a token was sent and refused. The client refreshes, without asking Bob.',
    spec: 'RFC 6750 §3.1, RFC 9068 §4',
    check: expectDetail('The access token expired'),
  })
  const fresh = await signIn.refresh(more)
  await exchange(show, ...bodyless(get('/notes', fresh.access_token)), {
    title: 'Call the API with the new token',
    status: 200,
    body: (b) => `${(b as { notes: unknown[] }).notes.length} notes`,
    says: '200 again. The refresh token was replaced too: each one can be used once.',
    spec: 'RFC 9700 §4.14.2',
  })

  show.chapter('A stolen refresh token')
  await exchange(show, metadata.token_endpoint, signIn.refreshRequest(more.refresh_token), {
    title: 'Use the old refresh token a second time',
    status: 400,
    body: (b) => b,
    says: '400: somebody holds a token that was used already, the client or a thief. The server cannot tell which, so it ends everything that came from this sign-in.',
    spec: 'RFC 9700 §4.14.2, RFC 6749 §5.2',
    check: expectError('invalid_grant'),
  })
  await exchange(show, ...bodyless(get('/notes', fresh.access_token)), {
    title: 'Call the API with the token that worked a moment ago',
    status: 401,
    show: ['www-authenticate'],
    body: detailOf,
    says: 'The whole family is dead, the newest access token too.',
    spec: 'RFC 6750 §3.1, RFC 7009 §2.1',
    check: expectDetail('The access token was revoked'),
  })

  show.chapter('The person says no')
  await signIn.denied({ scope: `${WRITE} email` })

  show.chapter('404, 403 and 400: the other ways to say no')
  const last = await signIn.withCode({
    scope: WRITE,
    says: 'Bob is still signed in and allowed this before, so nobody is asked anything.',
    quietly: true,
  })
  await exchange(show, ...bodyless(get('/notes/note-alice-1', last.access_token)), {
    title: "Read Alice's private note",
    status: 404,
    body: detailOf,
    says: '404, not 403: Bob may not even learn that this note exists. A note that does not exist gives the same answer.',
    spec: 'RFC 9110 §15.5.4, §15.5.5',
  })
  await exchange(
    show,
    `${api}/notes/note-alice-shared`,
    { ...write(last.access_token), method: 'PUT' },
    {
      title: 'Change the note that Alice lets Bob read',
      status: 403,
      show: ['www-authenticate'],
      body: detailOf,
      says: '403: Bob may know that it exists, but not change it. No scope would help, so the challenge names none.',
      spec: 'RFC 9110 §15.5.4',
    },
  )
  await exchange(
    show,
    `${api}/notes`,
    { headers: { authorization: `Bearer ${last.access_token} x` } },
    {
      title: 'Send a header with one word too many',
      status: 400,
      show: ['www-authenticate'],
      body: detailOf,
      says: '400: the request itself is malformed. A new token would not help; a programmer must mend the client.',
      spec: 'RFC 6750 §3.1, RFC 9110 §11.2',
      check: expectError('invalid_request'),
    },
  )
  const noteUrl = new URL(created.headers.get('location') ?? `${api}/notes/unknown`, api)
  await exchange(
    show,
    noteUrl,
    { method: 'DELETE', headers: { authorization: `Bearer ${last.access_token}` } },
    {
      title: 'Tidy up: delete the note of this tour',
      status: 204,
      says: "204: Bob's own note, and the scope to write.",
      spec: 'RFC 9110 §9.3.5',
    },
  )

  show.chapter('Sign out')
  const leaving = await signIn.stillGood(last)
  await signIn.signOut(leaving, 'http://localhost:3000/')
  await exchange(show, ...bodyless(get('/whoami', leaving.access_token)), {
    title: 'Call the API after signing out',
    status: 401,
    show: ['www-authenticate'],
    body: detailOf,
    says: 'Signing out ended the tokens of this session as well, seconds old or not.',
    spec: 'OpenID Connect RP-Initiated Logout §2, RFC 6750 §3.1',
    check: expectDetail('The access token was revoked'),
  })
}

/** Waits until the token has expired, counting down. */
async function expire(tokens: Tokens, show: Show): Promise<void> {
  for (;;) {
    const left = millisecondsLeft(tokens)
    if (left <= -100) return
    show.note(`the access token expires in ${Math.max(0, Math.ceil(left / 1000))} s …`)
    await pause(Math.min(1000, left + 150))
  }
}

const bodyless = ([url, init]: [string, RequestInit]): [
  string,
  RequestInit & { body?: string },
] => [url, init as RequestInit & { body?: string }]

const detailOf = (body: unknown): unknown => pick(body, ['title', 'detail'])

const pick = (body: unknown, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(names.map((name) => [name, (body as Record<string, unknown>)[name]]))

const expectDetail = (detail: string) => (answer: Answer) =>
  answer.json['detail'] === detail ? undefined : `the detail is ${String(answer.json['detail'])}`

const expectError = (error: string) => (answer: Answer) =>
  answer.json['error'] === error ? undefined : `the error is ${String(answer.json['error'])}`
