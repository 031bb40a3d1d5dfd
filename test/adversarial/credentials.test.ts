import test from 'ava'
import { sharedBench } from './bench.ts'
import { credentials } from './credentials.ts'
import { assertAnswered } from './input.ts'

const bench = sharedBench(test)

for (const input of credentials) {
  test(`credentials get the right answer, and nothing of them comes back: ${input.what} (#${input.number})`, async (t) => {
    await assertAnswered(t, await bench(), input)
  })
}
