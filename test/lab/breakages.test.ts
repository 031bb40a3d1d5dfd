import test from 'ava'
import { provokableIds } from '../../src/lab/breakages.ts'
import { refusalIds, rowOf } from '../../src/refusals/catalogue.ts'
import { startApi } from '../resource/api.ts'
import { assertGood, assertProvoked } from './provoke.ts'
import { targetOf } from './small-target.ts'

const timeouts = { headersTimeout: 200, requestTimeout: 200, connectionsCheckingInterval: 50 }

for (const id of provokableIds) {
  test(`${id}: the breakage provokes the refusal, the whole of it, and nothing but`, async (t) => {
    const api = await startApi(t, { timeouts })
    const target = targetOf(api)
    await assertGood(t, target)
    await assertProvoked(t, target, id)
    await assertGood(t, target)
  })
}

test('every refusal of the API and of HTTP has a breakage, or a reason why not', (t) => {
  const ours = refusalIds.filter((id) => ['api', 'http'].includes(rowOf(id).arises))
  t.deepEqual(
    ours.filter((id) => rowOf(id).reason === undefined).toSorted(),
    provokableIds.map(String).toSorted(),
  )
})
