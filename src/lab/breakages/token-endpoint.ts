/** Breakages at the token endpoint (RFC 6749 §5.2), in the order in which it looks. */
import { createProofKey, proofFor } from '../proof.ts'
import type { Breakage, Workshop } from './breakage.ts'
import { basic, codeFor, formPost, json, newVerifier, redeem, refresh, tokensFor } from './flow.ts'
import type { Params } from './flow.ts'

const TOKEN = '/oauth/token'
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

/** What a client asks for that may exchange everybody's tokens, unless told otherwise. */
const exchange = (
  workshop: Workshop,
  params: Params,
  policy: { subjects: 'any' | string[] } = { subjects: 'any' },
) =>
  formPost(
    workshop,
    TOKEN,
    { grant_type: EXCHANGE, subject_token_type: ACCESS_TOKEN, ...params },
    {
      as: workshop.batch.client({
        grant_types: [EXCHANGE],
        token_exchange: { ...policy, audiences: [`${workshop.issuer}/api`] },
      }),
    },
  )

const program = ({ batch }: Workshop) => batch.client({ grant_types: ['client_credentials'] })

/** What a program asks for itself, good but for these parameters. */
const asking =
  (params: Params): Breakage['request'] =>
  (_good, workshop) =>
    formPost(
      workshop,
      TOKEN,
      { grant_type: 'client_credentials', ...params },
      { as: program(workshop) },
    )

const proving =
  (iat?: number): Breakage['request'] =>
  (_good, workshop) => {
    const url = `${workshop.issuer}${TOKEN}`
    const proof =
      iat === undefined ? 'no proof' : proofFor({ method: 'POST', url, key: createProofKey(), iat })
    return formPost(
      workshop,
      TOKEN,
      { grant_type: 'client_credentials' },
      { as: program(workshop), headers: [['DPoP', proof]] },
    )
  }

export const tokenEndpointBreakages = {
  'token-invalid-request': { place: 'endpoint', request: asking({ grant_type: undefined }) },
  'token-invalid-client': {
    place: 'endpoint',
    request(_good, workshop) {
      const { id } = program(workshop)
      const headers = [basic(id, 'not-the-secret')]
      return formPost(workshop, TOKEN, { grant_type: 'client_credentials' }, { headers })
    },
  },
  'token-invalid-client-body': {
    place: 'endpoint',
    request(_good, workshop) {
      const body = { client_id: program(workshop).id, client_secret: 'not-the-secret' }
      return formPost(workshop, TOKEN, { grant_type: 'client_credentials', ...body })
    },
  },
  'token-no-client-auth': {
    place: 'endpoint',
    request: (_good, workshop) => formPost(workshop, TOKEN, { grant_type: 'client_credentials' }),
  },
  'token-multiple-client-auth': {
    place: 'endpoint',
    request(_good, workshop) {
      const app = program(workshop)
      const twice = { client_id: app.id, client_secret: app.secret }
      return formPost(workshop, TOKEN, { grant_type: 'client_credentials', ...twice }, { as: app })
    },
  },
  'grant-code-invalid': {
    place: 'endpoint',
    request: (_good, workshop) =>
      redeem(workshop, workshop.batch.client(), {
        code: 'a-code-that-was-never-given-out',
        verifier: newVerifier(),
      }),
  },
  'grant-code-replayed': {
    place: 'endpoint',
    async request(_good, workshop) {
      const app = workshop.batch.client()
      const request = redeem(workshop, app, await codeFor(workshop, app))
      await json(workshop, request)
      return request
    },
  },
  'grant-pkce-mismatch': {
    place: 'endpoint',
    async request(_good, workshop) {
      const app = workshop.batch.client()
      const { code } = await codeFor(workshop, app)
      return redeem(workshop, app, { code, verifier: newVerifier() })
    },
  },
  'grant-refresh-invalid': {
    place: 'endpoint',
    request: (_good, workshop) =>
      refresh(workshop, workshop.batch.client(), 'a-token-that-was-never-given-out'),
  },
  'grant-refresh-reused': {
    place: 'endpoint',
    async request(_good, workshop) {
      const app = workshop.batch.client()
      const request = refresh(workshop, app, (await tokensFor(workshop, app)).refresh_token)
      await json(workshop, request)
      return request
    },
  },
  'token-unauthorized-client': {
    place: 'endpoint',
    request: (_good, workshop) =>
      formPost(
        workshop,
        TOKEN,
        { grant_type: 'client_credentials' },
        { as: workshop.batch.client() },
      ),
  },
  'token-unsupported-grant-type': {
    place: 'endpoint',
    request: asking({ grant_type: 'password' }),
  },
  'token-invalid-scope': { place: 'endpoint', request: asking({ scope: 'nobody:knows' }) },
  'token-invalid-target': {
    place: 'endpoint',
    request: asking({ resource: 'https://nobody.example' }),
  },
  'token-details-invalid': {
    place: 'endpoint',
    request: asking({ authorization_details: '[{"type":"nobody-knows"}]' }),
  },
  'token-dpop-invalid': { place: 'endpoint', request: proving() },
  // Only a proof from another time needs a nonce, unless the server is set to want one always.
  'token-dpop-nonce': {
    place: 'endpoint',
    headers: { 'DPoP-Nonce': '<nonce>' },
    request: proving(1),
  },
  'exchange-subject-invalid': {
    place: 'endpoint',
    request: (_good, workshop) =>
      exchange(workshop, { subject_token: 'a-token-that-was-never-given-out' }),
  },
  'exchange-actor-invalid': {
    place: 'endpoint',
    request: (good, workshop) =>
      exchange(workshop, {
        subject_token: good.token,
        actor_token: 'a-token-that-was-never-given-out',
        actor_token_type: ACCESS_TOKEN,
      }),
  },
  'exchange-not-allowed': {
    place: 'endpoint',
    request: (good, workshop) =>
      exchange(workshop, { subject_token: good.token }, { subjects: ['nobody-else'] }),
  },
} satisfies Record<string, Breakage>
