import test from 'ava'
import { breakageFor, breakages, provokableIds } from '../../src/lab/breakages.ts'
import type { ProvokableId } from '../../src/lab/breakages.ts'
import type { Breakage } from '../../src/lab/breakages/breakage.ts'
import { refusalIds, rowOf } from '../../src/refusals/catalogue.ts'
import { startApi } from '../resource/api.ts'
import { assertGood, assertProvoked } from './provoke.ts'
import { smallIds, targetOf } from './small-target.ts'

const isSlow = (id: ProvokableId) => breakageFor(id).slow === true

for (const id of smallIds.filter((one) => !isSlow(one))) {
  test(`${id}: the breakage provokes the refusal, the whole of it, and nothing but`, async (t) => {
    const target = targetOf(await startApi(t))
    await assertGood(t, target)
    await assertProvoked(t, target, id)
    await assertGood(t, target)
  })
}

for (const id of smallIds.filter(isSlow)) {
  test(`${id}: the breakage provokes the refusal when the time is over`, async (t) => {
    const timeouts = { headersTimeout: 200, requestTimeout: 200, connectionsCheckingInterval: 50 }
    await assertProvoked(t, targetOf(await startApi(t, { timeouts })), id)
  })
}

test('every refusal has a breakage, or a reason why not, and never both', (t) => {
  t.deepEqual(
    provokableIds.map(String).toSorted(),
    refusalIds.filter((id) => rowOf(id).reason === undefined).toSorted(),
  )
})

test('an id with neither a breakage nor a reason does not compile', (t) => {
  const { 'token-expired': left, ...others } = breakages
  // @ts-expect-error one is missing
  const incomplete: Record<ProvokableId, Breakage> = others
  t.is(Object.keys(incomplete).length, provokableIds.length - 1)
  t.is(left.request.length, 1)
  // @ts-expect-error its row has a reason
  const provokable: ProvokableId = 'legal'
  t.false((provokableIds as string[]).includes(provokable))
})
