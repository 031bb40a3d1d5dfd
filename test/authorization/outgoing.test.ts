import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test from 'ava'
import { createOutgoingFetch } from '../../src/authorization/outgoing.ts'

/** Whoever is asked says which guard came along, and where it was sent on to. */
async function target(t: { teardown(end: () => void): void }) {
  const server = createServer((req, res) => {
    if (req.url === '/away') res.writeHead(302, { Location: '/here' })
    res.end('here')
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** As the engine's guard: it takes no request. */
const guard = {
  dispatch() {
    throw new Error('guarded')
  },
}

test('loopback is reached past the guard where that is allowed, and redirects are not followed', async (t) => {
  const url = await target(t)
  const local = createOutgoingFetch({ allowLoopback: true })
  const init = { dispatcher: guard } as RequestInit
  t.is(await (await local(`${url}/here`, init)).text(), 'here')
  t.is((await local(`${url}/away`, init)).status, 302)
})

test('everything else goes with the guard, and so does loopback where it is not allowed', async (t) => {
  const url = await target(t)
  const init = { dispatcher: guard } as RequestInit
  const production = createOutgoingFetch({ allowLoopback: false })
  await t.throwsAsync(async () => production(`${url}/here`, init))
  const local = createOutgoingFetch({ allowLoopback: true })
  for (const other of [
    'http://10.0.0.1/',
    'http://localhost.example/',
    'http://169.254.169.254/',
  ]) {
    await t.throwsAsync(async () => local(other, init))
  }
})
