import test from 'ava'
import { wholeBench } from './bench.ts'
import { assertAnswered } from './input.ts'
import { answer, request } from './send-token.ts'
import { tokens } from './tokens.ts'

for (const [what, outcome, token, number] of tokens) {
  if (number !== undefined) continue
  test(`${outcome}: a token with ${what}`, async (t) => {
    const input = { request: request(token), answer: answer(outcome) }
    await assertAnswered(t, await wholeBench(t), input)
  })
}
