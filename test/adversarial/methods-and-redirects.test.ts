import test from 'ava'
import { sharedBench } from './bench.ts'
import { assertAnswered } from './input.ts'
import { methodsAndRedirects } from './methods-and-redirects.ts'

const bench = sharedBench(test)

for (const { number, what, ...input } of methodsAndRedirects) {
  test(`${input.answer.id ?? input.answer.status}: ${what} (#${number})`, async (t) => {
    await assertAnswered(t, await bench(), input)
  })
}
