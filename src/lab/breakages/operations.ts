/** Breakages of what is asked for with a good token, and of what stands behind the API. */
import { withBody, withToken } from './breakage.ts'
import type { Breakage, GoodRequest } from './breakage.ts'
import type { RequestParts } from '../request.ts'

const post = (good: GoodRequest, mediaType: string, body: string): RequestParts =>
  withBody(good, 'POST', mediaType, body)

const postJson = (good: GoodRequest, body: unknown): RequestParts =>
  post(good, 'application/json', JSON.stringify(body))

const to = (request: RequestParts, target: string): RequestParts => ({ ...request, target })

export const accepting = (request: RequestParts, accept: string): RequestParts => ({
  ...request,
  headers: [...request.headers.filter(([name]) => name !== 'Accept'), ['Accept', accept]],
})

/** A transfer, which a sign-in of this kind and age, or these details, do not allow. */
async function transferring(
  good: GoodRequest,
  claims: Readonly<Record<string, unknown>>,
): Promise<RequestParts> {
  const scope = 'transfers:write'
  const recent = { acr: 'urn:countersign:mfa', auth_time: good.now() }
  const token = await good.mint.mint({ sub: good.sub, scope, claims: { ...recent, ...claims } })
  const transfer = postJson(good, { to: 'bob', amount: 100, currency: 'EUR' })
  return to(withToken({ ...good, ...transfer }, token), '/api/transfers')
}

/** Everything that is asked for is named at once. */
const stepUp = {
  scope: 'openid transfers:write',
  protection: { acrValues: 'urn:countersign:mfa', maxAge: 300 },
}

const CALLS_A_MINUTE = 5

export const operationBreakages = {
  'insufficient-scope': {
    scope: 'notes:write',
    async request(good) {
      const token = await good.mint.mint({ sub: good.sub, scope: 'notes:read' })
      return withToken({ ...good, ...postJson(good, { text: 'one more' }) }, token)
    },
  },
  'step-up-acr': {
    ...stepUp,
    request: (good) => transferring(good, { acr: 'urn:countersign:pwd' }),
  },
  'step-up-max-age': {
    ...stepUp,
    request: (good) => transferring(good, { auth_time: good.now() - 3_600 }),
  },
  'transfer-not-granted': {
    scope: 'transfers:write',
    request: (good) =>
      transferring(good, {
        authorization_details: [{ type: 'transfer', payee: 'bob', amount: 1, currency: 'EUR' }],
      }),
  },
  'rate-limited': {
    headers: { 'Retry-After': '<seconds>' },
    async request(good, { exchange }) {
      const request = to(good, '/api/limited')
      for (let call = 0; call < CALLS_A_MINUTE; call++) await exchange(request)
      return request
    },
  },
  forbidden: {
    scope: 'notes:write',
    request: async (good) =>
      to(
        withBody(good, 'PUT', 'application/json', JSON.stringify({ text: 'not mine' })),
        `/api/notes/${await good.notes.readOnly()}`,
      ),
  },
  hidden: { request: async (good) => to(good, `/api/notes/${await good.notes.foreign()}`) },
  'method-not-allowed': {
    headers: { Allow: 'GET, HEAD, POST' },
    request: (good) => ({ ...good, method: 'DELETE' }),
  },
  'not-acceptable': { request: (good) => accepting(good, 'image/png') },
  'unsupported-media-type': {
    scope: 'notes:write',
    headers: { Accept: 'application/json' },
    request: (good) => post(good, 'text/plain', 'a note'),
  },
  'content-too-large': {
    scope: 'notes:write',
    request: (good) => postJson(good, { text: 'a'.repeat(70_000) }),
  },
  'body-malformed': {
    scope: 'notes:write',
    request: (good) => post(good, 'application/json', '{"text":'),
  },
  'invalid-input': { scope: 'notes:write', request: (good) => postJson(good, { text: 5 }) },
  'auth-backend-down': {
    faults: ['keys out of reach'],
    headers: { 'Retry-After': '30' },
    request: (good) => good,
  },
  'auth-backend-broken': { faults: ['keys unusable'], request: (good) => good },
} satisfies Record<string, Breakage>
