import test from 'ava'
import fc from 'fast-check'
import { wholeBench } from '../adversarial/bench.ts'
import { createPerson } from '../helpers/person.ts'
import { assertSound, randomRequest, send } from './wire.ts'

test('whatever is sent, the answer is no fault of ours and its fields stay in their classes', async (t) => {
  const bench = await wholeBench(t)
  const { access_token, id_token, refresh_token } = await createPerson(bench.issuer).tokens()
  const tokens = [access_token, id_token, refresh_token, await bench.mint.mint()]
  await fc.assert(
    fc.asyncProperty(randomRequest(tokens), async (request) => {
      assertSound(await send(bench, request))
    }),
    { numRuns: 1_500 },
  )
  t.pass()
})
