/** DPoP (RFC 9449): tokens that are worth nothing without the client's key, and nonces from each server. */
import { createProver } from '../kit/dpop.ts'
import { only, refusal, says } from '../kit/look.ts'
import type { Lesson } from '../kit/stage.ts'

export const dpop: Lesson = {
  name: 'dpop',
  about:
    'The token is bound to a key: each request carries a proof, and a stolen token is of no use.',
  person: 'anybody',

  async run({ app, api, metadata, visitor, show, request, post, call, callWith }) {
    const { token_endpoint } = metadata
    const prover = await createProver()
    const notes = `${api}/notes`

    show.chapter('A code that is bound already')
    const asked = request({ scope: 'openid notes:read', dpop_jkt: prover.thumbprint })
    const code = asked.answer(await visitor.visit(asked.url), 'code')
    show.note('dpop_jkt named the key: nobody redeems this code with another one. (RFC 9449 §10)')

    show.chapter('A nonce of the authorization server')
    const old = await prover.prove('POST', token_endpoint, { nonce: 'from-last-week' })
    const told = await post(
      token_endpoint,
      app,
      asked.redeem(code),
      {
        title: 'Redeem the code with a proof whose nonce is old',
        status: 400,
        send: ['dpop'],
        show: ['dpop-nonce'],
        body: only('error', 'error_description'),
        check: says('error', 'use_dpop_nonce'),
        says: 'Not a failure: the server says which nonce to use. A nonce keeps proofs from being made in advance.',
        spec: 'RFC 9449 §8',
      },
      { dpop: old },
    )
    const nonce = told.headers.get('dpop-nonce') ?? ''
    const tokens = await post(
      token_endpoint,
      app,
      asked.redeem(code),
      {
        title: 'Once more, with the nonce',
        status: 200,
        send: ['dpop'],
        body: only('token_type', 'expires_in', 'scope'),
        check: says('token_type', 'DPoP'),
        says: 'token_type is DPoP: the access token names the key in cnf.jkt. The code was not used up by the first try.',
        spec: 'RFC 9449 §5, §6.1',
      },
      { dpop: await prover.prove('POST', token_endpoint, { nonce }) },
    )
    const token = String(tokens.json['access_token'])

    show.chapter('A nonce of the API, which is another one')
    const headers = async (of: string | undefined, by = prover) => ({
      authorization: `DPoP ${token}`,
      dpop: await by.prove('GET', notes, { token, nonce: of }),
    })
    const challenged = await call(
      notes,
      {
        title: 'Call the API with the nonce of the other server',
        status: 401,
        send: ['dpop'],
        show: ['www-authenticate', 'dpop-nonce'],
        body: refusal,
        says: 'Each server has its own nonces, and the client keeps one for each.',
        spec: 'RFC 9449 §9',
      },
      { headers: await headers(nonce) },
    )
    const good = { headers: await headers(challenged.headers.get('dpop-nonce') ?? undefined) }
    await call(
      notes,
      {
        title: 'Call the API with its own nonce',
        status: 200,
        send: ['dpop'],
        says: 'The proof names method, address and, as a hash, the token; it is signed with the key the token is bound to.',
        spec: 'RFC 9449 §4.2, §7.1',
      },
      good,
    )

    show.chapter('What a thief can do')
    await call(
      notes,
      {
        title: 'Send the same proof again',
        status: 401,
        send: ['dpop'],
        show: ['www-authenticate'],
        body: refusal,
        says: 'Each proof counts once.',
        spec: 'RFC 9449 §11.1',
      },
      good,
    )
    await callWith(token, notes, {
      title: 'Send the token without a proof, as Bearer',
      status: 401,
      body: refusal,
      says: 'A bound token is no bearer token.',
      spec: 'RFC 9449 §7.2',
    })
    await call(
      notes,
      {
        title: 'Send it with a proof by the thief’s own key',
        status: 401,
        send: ['dpop'],
        show: ['www-authenticate'],
        body: refusal,
        says: 'The proof is good, the key is not the one in the token.',
        spec: 'RFC 9449 §7.1',
      },
      {
        headers: await headers(
          challenged.headers.get('dpop-nonce') ?? undefined,
          await createProver(),
        ),
      },
    )
  },
}
