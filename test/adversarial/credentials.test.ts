import test from 'ava'
import { wholeBench } from './bench.ts'
import { credentials } from './credentials.ts'
import { assertAnswered } from './input.ts'

for (const input of credentials) {
  test(`credentials get the right answer, and nothing of them comes back: ${input.what} (#${input.number})`, async (t) => {
    await assertAnswered(t, await wholeBench(t), input)
  })
}
