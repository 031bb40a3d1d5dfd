import test from 'ava'
import { sharedBench } from './bench.ts'
import { assertAnswered } from './input.ts'
import { answer, request } from './send-token.ts'
import { tokens } from './tokens.ts'

const bench = sharedBench(test)

for (const [what, outcome, token, number] of tokens) {
  if (number === undefined) continue
  test(`${outcome}: a token with ${what} (#${number})`, async (t) => {
    const input = { request: request(token), answer: answer(outcome) }
    await assertAnswered(t, await bench(), input)
  })
}
