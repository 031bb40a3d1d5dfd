/** Pushed (RFC 9126) and signed (RFC 9101) authorization requests: the browser carries a reference, or a JWT. */
import { randomUUID } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { authorizationUrl } from '../kit/client.ts'
import { only, whole } from '../kit/look.ts'
import type { Lesson } from '../kit/stage.ts'

export const parAndJar: Lesson = {
  name: 'par-and-jar',
  about: 'What the browser carries can be changed on the way: push the request first, or sign it.',
  person: 'anybody',

  async run({ issuer, app, metadata, visitor, show, request, post, call, forget }) {
    const { authorization_endpoint, pushed_authorization_request_endpoint } = metadata
    show.chapter('Pushed: the request goes from server to server')
    const asked = request({ scope: 'openid notes:read' })
    const pushed = await post(pushed_authorization_request_endpoint, app, asked.params, {
      title: 'Push the request',
      status: 201,
      body: whole,
      says: 'The client authenticates before anybody is shown a page, and what it asks for is settled.',
      spec: 'RFC 9126 §2.1, §2.2',
    })
    const reference = authorizationUrl(authorization_endpoint, {
      client_id: app.id,
      request_uri: String(pushed.json['request_uri']),
    })
    const landed = await visitor.visit(
      reference,
      {},
      {
        request: {
          title: 'Send the browser with the reference',
          says: 'Nobody who sees the address learns what is asked for, and nobody can change it. It counts once, for a minute.',
          spec: 'RFC 9126 §4',
        },
      },
    )
    await post(metadata.token_endpoint, app, asked.redeem(asked.answer(landed, 'code')), {
      title: 'Exchange the code for tokens',
      status: 200,
      body: only('scope', 'token_type'),
      says: 'From here on nothing is different.',
      spec: 'RFC 6749 §4.1.3',
    })
    await post(
      pushed_authorization_request_endpoint,
      app,
      { ...asked.params, redirect_uri: 'https://evil.example/' },
      {
        title: 'Push a request with an address that is not registered',
        status: 400,
        body: only('error', 'error_description'),
        says: 'What is wrong is told to the client at once, instead of to a person on a page.',
        spec: 'RFC 9126 §2.3',
      },
    )

    show.chapter('Signed: the browser carries it, and cannot change it')
    const key = await generateKeyPair('ES256')
    const registration = {
      client_name: 'Signer (npm run flow par-and-jar)',
      redirect_uris: [app.redirectUri],
      token_endpoint_auth_method: 'client_secret_basic',
      jwks: { keys: [{ ...(await exportJWK(key.publicKey)), use: 'sig', alg: 'ES256' }] },
    }
    const registered = await call(
      metadata.registration_endpoint,
      {
        title: 'Register a client with its public key',
        status: 201,
        body: only('client_id', 'redirect_uris'),
        says: 'The server must know the key before it can believe a signature.',
        spec: 'RFC 7591 §2',
      },
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(registration),
      },
    )
    const signer = {
      id: String(registered.json['client_id']),
      secret: String(registered.json['client_secret']),
      redirectUri: app.redirectUri,
    }
    const wish = request({ scope: 'openid' }, signer)
    const sign = (by: CryptoKey) =>
      new SignJWT(wish.params)
        .setProtectedHeader({ alg: 'ES256', typ: 'oauth-authz-req+jwt' })
        .setIssuer(signer.id)
        .setAudience(issuer)
        .setIssuedAt()
        .setExpirationTime('1m')
        .setJti(randomUUID())
        .sign(by)
    const carry = async (by: CryptoKey) =>
      authorizationUrl(authorization_endpoint, { client_id: signer.id, request: await sign(by) })
    const back = await visitor.visit(
      await carry(key.privateKey),
      {},
      {
        request: {
          title: 'Send the browser with the signed request',
          says: 'All parameters stand in a JWT by the client, for this server and for one minute.',
          spec: 'RFC 9101 §4, §5',
        },
      },
    )
    await post(metadata.token_endpoint, signer, wish.redeem(wish.answer(back, 'code')), {
      title: 'Exchange the code for tokens',
      status: 200,
      body: only('scope', 'token_type'),
      says: 'Signed or not, the code is redeemed in the same way.',
      spec: 'RFC 6749 §4.1.3',
    })
    const stranger = await generateKeyPair('ES256')
    await call(await carry(stranger.privateKey), {
      title: 'Sign with another key',
      status: 400,
      check: ({ headers }) => (headers.has('location') ? 'the browser is sent on' : undefined),
      says: 'A request that nobody vouches for is not answered by a redirect: even the address to go back to may be forged.',
      spec: 'RFC 9101 §6.2',
    })
    await forget(registered)
  },
}
