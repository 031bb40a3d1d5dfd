import test from 'ava'
import fc from '../helpers/properties.ts'
import { wholeBench } from '../adversarial/bench.ts'
import type { WholeBench } from '../adversarial/bench.ts'
import { createPerson } from '../helpers/person.ts'
import { postgresTests } from '../helpers/postgres.ts'
import { assertSound, randomRequest, send } from './wire.ts'

const TITLE =
  'whatever is sent, the answer is no fault of ours and its fields stay in their classes'

async function assertAlwaysSound(bench: WholeBench, numRuns: number): Promise<void> {
  const { access_token, id_token, refresh_token } = await createPerson(bench.issuer).tokens()
  const tokens = [access_token, id_token, refresh_token, await bench.mint.mint()]
  await fc.assert(
    fc.asyncProperty(randomRequest(tokens), async (request) => {
      await assertSound(await send(bench, request))
    }),
    { numRuns },
  )
}

test(TITLE, async (t) => {
  await assertAlwaysSound(await wholeBench(t), 1_500)
  t.pass()
})

const postgres = await postgresTests(test)

// It refuses text that SQLite takes, such as a NUL.
postgres.test(TITLE, async (t) => {
  const settings = { DATABASE_URL: await postgres.empty(t) }
  await assertAlwaysSound(await wholeBench(t, { settings }), 500)
  t.pass()
})
