/** Breakages of what is asked for with a good token, and of what stands behind the API. */
import { withBody, withToken } from './breakage.ts'
import type { Breakage, GoodRequest, RequestParts } from './breakage.ts'

const post = (good: GoodRequest, mediaType: string, body: string): RequestParts =>
  withBody(good, 'POST', mediaType, body)

const postJson = (good: GoodRequest, body: unknown): RequestParts =>
  post(good, 'application/json', JSON.stringify(body))

const to = (request: RequestParts, target: string): RequestParts => ({ ...request, target })

const accepting = (request: RequestParts, accept: string): RequestParts => ({
  ...request,
  headers: [...request.headers.filter(([name]) => name !== 'Accept'), ['Accept', accept]],
})

export const operationBreakages = {
  'insufficient-scope': {
    scope: 'notes:write',
    async request(good) {
      const token = await good.mint.mint({ sub: good.sub, scope: 'notes:read' })
      return withToken({ ...good, ...postJson(good, { text: 'one more' }) }, token)
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
