/** Back-channel logout (OpenID Connect Back-Channel Logout 1.0): apps hear of a sign-out without a browser. */
import { decodeProtectedHeader, generateKeyPair, SignJWT } from 'jose'
import { createLogoutVerifier, openBackChannel, type BackChannel } from '../kit/back-channel.ts'
import { authorizationUrl, formRequest } from '../kit/client.ts'
import { showAnswer } from '../kit/exchange.ts'
import { claimsOf, only, refusal, says } from '../kit/look.ts'
import type { Lesson, Stage } from '../kit/stage.ts'

export const backChannelLogout: Lesson = {
  name: 'back-channel-logout',
  about: 'The server itself tells every app of the session that it is over, and the app checks it.',
  person: 'anybody',

  async run(stage) {
    /** The app's own sessions, by the `sid` of the ID token that each began with. */
    const open = new Map<unknown, string>()
    let appId = ''
    const { issuer, metadata } = stage
    const expected = { issuer, jwksUri: metadata.jwks_uri, audience: () => appId }
    const verify = createLogoutVerifier(expected)
    const backChannel = await openBackChannel(async (logoutToken) => {
      const { sid } = await verify(logoutToken)
      open.delete(sid)
    })
    try {
      await run(stage, backChannel, (id) => (appId = id), open)
    } finally {
      backChannel.close()
    }
  },
}

async function run(
  stage: Stage,
  backChannel: BackChannel,
  registeredAs: (id: string) => void,
  open: Map<unknown, string>,
): Promise<void> {
  const { app, api, issuer, metadata, visitor, show, call, callWith, signIn, forget } = stage

  show.chapter('An app that wants to be told')
  const registered = await call(
    metadata.registration_endpoint,
    {
      title: 'Register with an address for it',
      status: 201,
      body: only('client_id', 'backchannel_logout_uri', 'backchannel_logout_session_required'),
      says: 'The server calls this address, so no browser need be open. The script listens there.',
      spec: 'OpenID Connect Back-Channel Logout §2.2',
    },
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        client_name: 'Wants to know (npm run flow back-channel-logout)',
        redirect_uris: [app.redirectUri],
        post_logout_redirect_uris: [app.redirectUri],
        backchannel_logout_uri: backChannel.uri,
        backchannel_logout_session_required: true,
      }),
    },
  )
  const { client_id, client_secret } = registered.json as Record<string, string>
  const id = String(client_id)
  registeredAs(id)
  const listener = { id, secret: String(client_secret), redirectUri: app.redirectUri }
  const tokens = await signIn({ scope: 'openid notes:read' }, {}, {}, listener)
  const { sid } = claimsOf(tokens.id_token)
  open.set(sid, 'alice')
  show.note('the ID token has a sid: the app keeps its own session under it')

  show.chapter('The person signs out')
  const leave = authorizationUrl(metadata.end_session_endpoint, {
    client_id: id,
    post_logout_redirect_uri: app.redirectUri,
  })
  await visitor.visit(
    leave,
    { task: 'Say that you want to sign out.' },
    {
      signOut: {
        title: 'Alice signs out',
        show: ['location'],
        says: 'She is answered at once. Whether an app can be reached does not hold her up.',
        spec: 'OpenID Connect Back-Channel Logout §2.5',
      },
    },
  )

  show.chapter('The app is told')
  const { request, body, status, text } = await backChannel.first()
  const token = new URLSearchParams(body).get('logout_token') ?? ''
  const answer = { status, headers: new Headers(), text, json: {} }
  showAnswer(show, request, body, answer, {
    title: 'The server calls the app',
    status: 200,
    send: ['content-type'],
    says: 'Here the script is the one that answers: 200, once it has checked the token and ended its session. Else the server tries again later.',
    spec: 'OpenID Connect Back-Channel Logout §2.5, §2.8',
    check: () => (open.size > 0 ? 'the session of the app is still there' : undefined),
  })
  const header = decodeProtectedHeader(token)
  const { typ, alg = '' } = header
  const { iss, sub, events } = claimsOf(token)
  show.note(`in the logout token: ${JSON.stringify({ typ, iss, sub, sid: '…' })}`)
  show.note(`events: ${JSON.stringify(events)}; no nonce, so an ID token cannot pass for it`)
  show.note('sid is that of the sign-in: the app ended this session, and no other of hers')
  await callWith(tokens.access_token, `${api}/notes`, {
    title: 'Call the API with the token that the app holds',
    status: 401,
    body: refusal,
    check: says('detail', 'The access token was revoked'),
    says: 'The server’s part was done before it called. The app’s own session was the app’s to end.',
    spec: 'RFC 6750 §3.1',
  })

  show.chapter('Anybody can knock at that address')
  const knock = (logoutToken: string): RequestInit & { body: string } =>
    formRequest({ logout_token: logoutToken }) as RequestInit & { body: string }
  const { privateKey } = await generateKeyPair(alg)
  const forged = await new SignJWT({ ...claimsOf(token), jti: 'made-up' })
    .setProtectedHeader({ ...header, alg })
    .sign(privateKey)
  await call(
    backChannel.uri,
    {
      title: 'Send the app a token that somebody else signed',
      status: 400,
      body: only('error', 'error_description'),
      check: says('error_description', 'signature verification failed'),
      says: `Every claim is right, and the kid as well, but the key is none of ${new URL(metadata.jwks_uri).pathname}. Nobody is signed out by a stranger.`,
      spec: 'OpenID Connect Back-Channel Logout §2.6',
    },
    knock(forged),
  )
  await call(
    backChannel.uri,
    {
      title: 'Send the good one again',
      status: 400,
      body: only('error', 'error_description'),
      check: says('error_description', 'this logout token was here before'),
      says: 'Each has a jti, and counts once: nobody who kept one can sign her out later.',
      spec: 'OpenID Connect Back-Channel Logout §2.6',
    },
    knock(token),
  )
  if (iss !== issuer) throw new Error(`the issuer is ${String(iss)}`)
  await forget(registered)
}
