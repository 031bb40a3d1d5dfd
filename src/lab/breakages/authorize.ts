/** Breakages at the authorization endpoint, where a person’s browser asks. */
import { createProofKey } from '../proof.ts'
import type { ThrowawayClient } from '../throwaways.ts'
import type { Breakage, Workshop } from './breakage.ts'
import type { RequestParts } from '../request.ts'
import {
  allow,
  authorize,
  authorizeTarget,
  formPost,
  json,
  openLogin,
  pageOf,
  signIn,
} from './flow.ts'
import type { Params } from './flow.ts'

/** An authorization request that is good but for these parameters. */
const asking =
  (params: Params): Breakage['request'] =>
  (_good, workshop) =>
    authorize(workshop, workshop.batch.client(), params)

/** The same from the browser of somebody who has signed in, but has not been asked for consent. */
const askingSignedIn =
  (params: Params): Breakage['request'] =>
  async (_good, workshop) => {
    const walk = workshop.walk()
    const app = workshop.batch.client()
    await signIn(walk, await openLogin(walk, app), workshop.batch.person())
    return walk.request(authorizeTarget(app, params))
  }

/** A request object with all that belongs in one (RFC 9101 §4), signed by nobody’s key. */
function requestObject({ issuer }: Workshop, app: ThrowawayClient): string {
  const claims = { iss: app.id, aud: issuer, client_id: app.id }
  return [
    Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'oauth-authz-req+jwt' })),
    Buffer.from(JSON.stringify(claims)),
    Buffer.alloc(64, 1),
  ]
    .map((part) => part.toString('base64url'))
    .join('.')
}

function sendingObject(workshop: Workshop, app: ThrowawayClient): RequestParts {
  return authorize(workshop, app, { request: requestObject(workshop, app) })
}

/** A client whose request objects could be verified. */
function withKey({ batch }: Workshop): ThrowawayClient {
  const key = { ...createProofKey().jwk, alg: 'ES256', use: 'sig' }
  return batch.client({}, { jwks: { keys: [key] } })
}

async function usedUp(workshop: Workshop): Promise<RequestParts> {
  const app = workshop.batch.client()
  const { target } = authorize(workshop, app)
  const params = Object.fromEntries(new URLSearchParams(target.split('?')[1]))
  const push = formPost(workshop, '/oauth/par', params, { as: app })
  const { request_uri: uri } = (await json(workshop, push)) as { request_uri: string }
  workshop.batch.artifact('PushedAuthorizationRequest', uri.split(':').at(-1) ?? '')
  const pushed = `/oauth/authorize?client_id=${app.id}&request_uri=${encodeURIComponent(uri)}`
  const walk = workshop.walk()
  const login = pageOf(await walk.follow(walk.request(pushed)))
  await allow(walk, pageOf(await signIn(walk, login, workshop.batch.person())))
  return workshop.walk().request(pushed)
}

export const authorizeBreakages = {
  'authz-client-unknown': { place: 'page', request: asking({ client_id: 'lab-client-of-nobody' }) },
  // Without a path, so nobody is asked.
  'authz-document-refused': {
    place: 'page',
    request: asking({ client_id: 'https://app.example' }),
  },
  'authz-redirect-uri-mismatch': {
    place: 'page',
    request: asking({ redirect_uri: 'https://elsewhere.example/callback' }),
  },
  'authz-invalid-request': { place: 'redirect', request: asking({ response_type: undefined }) },
  'authz-pkce-required': {
    place: 'redirect',
    request: asking({ code_challenge: undefined, code_challenge_method: undefined }),
  },
  'authz-unsupported-response-type': {
    place: 'redirect',
    // Where tokens would have been sent.
    fragment: true,
    request: asking({ response_type: 'token' }),
  },
  'authz-unauthorized-client': {
    place: 'redirect',
    request: (_good, workshop) =>
      authorize(workshop, workshop.batch.client({ grant_types: ['client_credentials'] })),
  },
  'authz-invalid-scope': { place: 'redirect', request: asking({ scope: 'openid "quoted"' }) },
  'authz-invalid-target': {
    place: 'redirect',
    request: asking({ resource: 'https://nobody.example' }),
  },
  'authz-access-denied': {
    place: 'redirect',
    cookies: 'resume',
    async request(_good, workshop) {
      const walk = workshop.walk()
      const login = await openLogin(walk, workshop.batch.client())
      // The form leads back to the authorization endpoint, which tells the app.
      return walk.request(await walk.step(walk.form(login, { decision: 'cancel' })))
    },
  },
  'authz-login-required': { place: 'redirect', request: asking({ prompt: 'none' }) },
  'authz-consent-required': {
    place: 'redirect',
    cookies: 'session',
    request: askingSignedIn({ prompt: 'none' }),
  },
  'authz-interaction-required': {
    place: 'redirect',
    cookies: 'session',
    request: askingSignedIn({ prompt: 'none', acr_values: 'urn:countersign:mfa' }),
  },
  'authz-acr-unmet': { place: 'redirect', request: asking({ acr_values: 'urn:nobody:knows' }) },
  'authz-request-object': {
    place: 'redirect',
    request: (_good, workshop) => sendingObject(workshop, withKey(workshop)),
  },
  'authz-request-uri-invalid': {
    place: 'redirect',
    request: asking({ request_uri: 'urn:ietf:params:oauth:request_uri:' }),
  },
  'authz-request-not-supported': {
    place: 'redirect',
    request: (_good, workshop) => sendingObject(workshop, workshop.batch.client()),
  },
  'authz-request-uri-not-supported': {
    place: 'redirect',
    request: asking({ request_uri: 'https://app.example/request' }),
  },
  'authz-registration-not-supported': {
    place: 'redirect',
    request: asking({ registration: '{}' }),
  },
  'authz-unsupported-response-mode': {
    place: 'redirect',
    request: asking({ response_mode: 'telepathy' }),
  },
  'authz-details-invalid': {
    place: 'redirect',
    request: asking({ authorization_details: '[{"type":"nobody-knows"}]' }),
  },
  'authz-par': {
    place: 'redirect',
    request: (_good, workshop) =>
      authorize(
        workshop,
        workshop.batch.client({}, { require_pushed_authorization_requests: true }),
      ),
  },
  'authz-par-expired': { place: 'page', request: (_good, workshop) => usedUp(workshop) },
  'authz-server-error': { place: 'redirect', faults: ['storage broken'], request: asking({}) },
  'authz-temporarily-unavailable': {
    place: 'redirect',
    faults: ['database out of reach'],
    request: asking({}),
  },
} satisfies Record<string, Breakage>
