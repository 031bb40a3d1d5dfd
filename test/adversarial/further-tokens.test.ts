import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { once } from 'node:events'
import test from 'ava'
import { requestOf } from '../helpers/raw-http.ts'
import { publicKey, startApi } from '../resource/api.ts'
import { sharedBench, wholeBench } from './bench.ts'
import { behindTheApi, furtherTokens } from './further-tokens.ts'
import { assertAnswered } from './input.ts'
import { answer, request } from './send-token.ts'
import { attackersHeaders, attackersKeySet, signedByAttacker } from './tokens/keys.ts'

const shared = sharedBench(test)

for (const { number, what, bench = shared, ...input } of furtherTokens) {
  test(`${input.answer.id ?? 'accepted'}: ${what} (#${number})`, async (t) => {
    await assertAnswered(t, await bench(t), input)
  })
}

for (const { number, what, bench = shared, ...input } of behindTheApi) {
  test(`${input.answer.id ?? 'accepted'}: ${what} (#${number})`, async (t) => {
    await assertAnswered(t, await bench(t), input)
  })
}

test('a key that a token points to is never fetched, whatever its header calls it (#15)', async (t) => {
  let asked = 0
  const listener = createServer((_req, res) => {
    asked++
    res.setHeader('Content-Type', 'application/jwk-set+json')
    res.end(JSON.stringify(attackersKeySet))
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  t.teardown(() => listener.close().closeAllConnections())
  const address = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
  const bench = await wholeBench(t)
  for (const [what, header] of attackersHeaders(address)) {
    // Without a kid two keys fit, ours that signs and the next one.
    const id = 'kid' in header ? 'token-key-unknown' : 'token-bad-signature'
    t.log(what)
    await assertAnswered(t, bench, {
      request: request(signedByAttacker(header)),
      answer: answer(id),
    })
  }
  t.is(asked, 0)
})

test('10 000 tokens with 10 000 kids nobody published cause one more look at the keys (#18)', async (t) => {
  const COUNT = 10_000
  let refetches = 0
  const { port, mint } = await startApi(t, {
    async keys(options) {
      if (options?.refetch) refetches++
      return { keys: [publicKey] }
    },
  })
  const { header, payload } = await mint.parts()
  const tokens = await Promise.all(
    Array.from({ length: COUNT }, (_, n) =>
      mint.compose({ header: { ...header, kid: `nobody-${n}` }, payload }, 'nobody'),
    ),
  )
  const requests = tokens.map((token, n) =>
    requestOf([
      'GET /api/whoami HTTP/1.1',
      `Host: localhost:${port}`,
      `Authorization: Bearer ${token}`,
      `Connection: ${n === COUNT - 1 ? 'close' : 'keep-alive'}`,
    ]),
  )
  // One connection, one request behind the other, as fast as they go.
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.write(requests.join(''))
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  const received = Buffer.concat(chunks).toString('latin1')
  t.is(received.match(/HTTP\/1\.1 401 /g)?.length, COUNT)
  t.is(received.match(/\r\nWWW-Authenticate: Bearer [^\r]*token-key-unknown"/g)?.length, COUNT)
  t.is(refetches, 1)
})
