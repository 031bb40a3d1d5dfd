import test from 'ava'
import { createFaults } from '../../src/lab/faults.ts'
import { fixedClock } from '../../src/lib/clock.ts'
import { basicCredentials, formRequest } from '../../scripts/kit/client.ts'
import { start } from '../helpers/start.ts'
import type { Provocation } from '../../src/lab/lab.ts'

/** A request as the middleware sees it, and what was wrong while it was answered. */
async function pass(faults: ReturnType<typeof createFaults>, headers: Record<string, string>) {
  const ctx = { req: { headers } }
  let keys = false
  await faults.middleware(ctx as never, async () => {
    // Also in what comes of it later.
    await new Promise((resolve) => setImmediate(resolve))
    keys = faults.active('keys out of reach')
  })
  return { keys, left: Object.keys(ctx.req.headers) }
}

test('a fault is there for the request that names it, once', async (t) => {
  const faults = createFaults({ clock: fixedClock() })
  const [name, value] = faults.order(['keys out of reach'])
  const headers = { accept: '*/*', [name.toLowerCase()]: value }
  t.deepEqual(await pass(faults, { ...headers }), { keys: true, left: ['accept'] })
  t.deepEqual(await pass(faults, { ...headers }), { keys: false, left: ['accept'] })
  t.false(faults.active('keys out of reach'))
})

test('requests at the same time do not share a fault', async (t) => {
  const faults = createFaults({ clock: fixedClock() })
  const [name, value] = faults.order(['keys out of reach'])
  const [broken, sound] = await Promise.all([
    pass(faults, { [name.toLowerCase()]: value }),
    pass(faults, {}),
  ])
  t.deepEqual([broken.keys, sound.keys], [true, false])
})

test('a fault that was ordered works for a minute', async (t) => {
  const clock = fixedClock()
  const faults = createFaults({ clock })
  const [name, value] = faults.order(['keys out of reach'])
  clock.advance(60)
  t.false((await pass(faults, { [name.toLowerCase()]: value })).keys)
})

test('a value nobody ordered does nothing', async (t) => {
  const faults = createFaults({ clock: fixedClock() })
  faults.order(['keys out of reach'])
  t.false((await pass(faults, { 'countersign-fault': 'guessed' })).keys)
})

test('an outage on order is over with its request: the second one is answered', async (t) => {
  const server = await start(t)
  const prepared = await fetch(server.url('/lab/break/auth-backend-down'))
  const { request } = (await prepared.json()) as Provocation
  const send = () => fetch(request.url, { headers: new Headers(request.headers as never) })
  const [first, second] = [await send(), await send()]
  t.deepEqual([first.status, second.status], [503, 200])
})

test('a token that could not be revoked in an outage still works, and can be revoked after it', async (t) => {
  const server = await start(t)
  const headers = { authorization: basicCredentials('service', 'service-secret') }
  const wish = { grant_type: 'client_credentials', scope: 'ledger:read' }
  const issued = await fetch(server.url('/oauth/token'), formRequest(wish, headers))
  const { access_token: token } = (await issued.json()) as { access_token: string }
  const call = async () => {
    const bearer = { headers: { authorization: `Bearer ${token}` } }
    return (await fetch(server.url('/ledger/entries'), bearer)).status
  }
  const prepared = await fetch(server.url('/lab/break/revoke-busy'))
  const { request } = (await prepared.json()) as Provocation
  const [name = '', value = ''] = request.headers.find(([one]) => one === 'Countersign-Fault') ?? []
  const revoke = (more = {}) =>
    fetch(server.url('/oauth/revoke'), formRequest({ token }, { ...headers, ...more }))
  t.is((await revoke({ [name]: value })).status, 503)
  t.is(await call(), 200)
  t.is((await revoke()).status, 200)
  t.is(await call(), 401)
})
