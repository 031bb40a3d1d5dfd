/**
 * What the HTTP edge and each endpoint of the authorization server ask of a request, in their order,
 * and the refusals that each step can end in. Data: the doctor shows the steps before the one that failed as passed.
 */
import type { catalogue, RefusalId } from '../refusals/catalogue.ts'
import { clientsEndpoints } from './steps/clients.ts'
import { credentialEndpoints } from './steps/credentials.ts'
import { peoplesEndpoints } from './steps/people.ts'
import type { Endpoint, Step } from './steps/step.ts'

export const endpoints = {
  ...peoplesEndpoints,
  ...clientsEndpoints,
  ...credentialEndpoints,
} as const satisfies Record<string, Endpoint>

/** What every request passes before anybody asks who sends it, and what stands in every handler. */
export const edge = [
  { name: 'framing', refuses: ['malformed-http', 'request-timeout'] },
  { name: 'header size', refuses: ['header-too-large'] },
  { name: 'target length', refuses: ['uri-too-long'] },
  { name: 'host', refuses: ['misdirected'] },
  { name: 'known method', refuses: ['method-unknown'] },
  { name: 'connection', refuses: ['plaintext-http', 'proxy-auth-required'] },
  { name: 'page the form comes from', refuses: ['cross-site-form'] },
  { name: 'address', refuses: ['not-found'] },
  { name: 'method of the address', refuses: ['method-not-allowed'] },
  { name: 'accepted types', refuses: ['not-acceptable'] },
  { name: 'body', refuses: ['unsupported-media-type', 'content-too-large', 'body-malformed'] },
  { name: 'fields', refuses: ['invalid-input'] },
  { name: 'server', refuses: ['internal-error'] },
] as const satisfies readonly Step[]

/** The ids of the catalogue that arise in one place. */
type ArisingIn<Place extends string> = {
  [Id in RefusalId]: (typeof catalogue)[Id]['arises'] extends Place ? Id : never
}[RefusalId]

type Covered =
  | (typeof endpoints)[keyof typeof endpoints]['steps'][number]['refuses'][number]
  | (typeof edge)[number]['refuses'][number]

type Nothing<Ids extends never> = Ids

/** Does not compile when the catalogue has an id of the server, or of HTTP, that no step refuses with. */
export type Uncovered = Nothing<Exclude<ArisingIn<'authorization-server' | 'http'>, Covered>>

const all: readonly Endpoint[] = Object.values(endpoints)

/**
 * The steps of a refused request: those of its endpoint, or of the edge. Where the address is unknown, of an
 * endpoint that refuses with this id. Empty where none of these has the id.
 */
export function stepsFor(id: RefusalId, path: string): readonly Step[] {
  const here = all.find(({ at }) => at.test(path))
  if (here && refuses(here.steps, id)) return here.steps
  if (refuses(edge, id)) return edge
  const elsewhere = path === '' ? all.find(({ steps }) => refuses(steps, id)) : undefined
  return elsewhere?.steps ?? []
}

const refuses = (steps: readonly Step[], id: RefusalId): boolean =>
  steps.some((step) => step.refuses.includes(id))
