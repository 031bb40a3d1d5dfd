/** The protected API of the resource tests as a target of breakages: everything behind it can fail on order. */
import { breakageFor, provokableIds } from '../../src/lab/breakages.ts'
import type { Api } from '../resource/api.ts'
import type { Target } from './provoke.ts'

export const targetOf = (api: Api): Target => ({
  ...api,
  doctor: true,
  resource: api.resources.api,
  sub: 'bob',
  notes: { foreign: async () => 'note-alice-1', readOnly: async () => 'note-alice-shared' },
  now: () => api.clock.seconds(),
  async deny(key, reason) {
    api.world.denied.set(key, reason)
  },
  setFaults(faults) {
    api.world.faults = new Set(faults)
  },
})

/** What the API alone can be made to refuse. */
export const smallIds = provokableIds.filter((id) =>
  ['api', 'outside', 'edge'].includes(breakageFor(id).place ?? 'api'),
)
