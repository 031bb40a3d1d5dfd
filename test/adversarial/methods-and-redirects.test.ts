import test from 'ava'
import { wholeBench } from './bench.ts'
import { assertAnswered } from './input.ts'
import { methodsAndRedirects } from './methods-and-redirects.ts'

for (const { number, what, ...input } of methodsAndRedirects) {
  test(`${input.answer.id ?? input.answer.status}: ${what} (#${number})`, async (t) => {
    await assertAnswered(t, await wholeBench(t), input)
  })
}
