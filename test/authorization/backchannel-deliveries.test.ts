import test from 'ava'
import { openDatabase } from '../../src/db/client.ts'
import { createLogoutDeliveries } from '../../src/db/logout-deliveries.ts'
import { fixedClock } from '../../src/lib/clock.ts'
import { addApp, listenFor, signOut } from '../helpers/logout-receiver.ts'
import { claimsOf, createPerson } from '../helpers/person.ts'
import { bothProviders } from '../helpers/postgres.ts'
import { start } from '../helpers/start.ts'

/** Pauses that last until the test ends them, or the server does. */
function createPauses() {
  const begun = Promise.withResolvers<undefined>()
  const over = Promise.withResolvers<undefined>()
  return {
    begun: begun.promise,
    end: () => over.resolve(undefined),
    wait: async (_milliseconds: number, signal: AbortSignal) => {
      begun.resolve(undefined)
      const stopped = Promise.withResolvers<undefined>()
      signal.addEventListener('abort', () => stopped.reject(new Error('stopped')))
      await Promise.race([over.promise, stopped.promise])
    },
  }
}

for (const provider of await bothProviders(test)) {
  provider.test(
    'what a server that stops has not delivered is delivered by the next one, with a token of its own',
    async (t) => {
      const receiver = await listenFor(t, [503, 200])
      const pauses = createPauses()
      const settings = { DATABASE_URL: await provider.migrated(t) }
      const first = await start(t, { settings, wait: pauses.wait })
      const person = createPerson(first.issuer, await addApp(first, 'app', receiver.uri))
      const { id_token } = await person.tokens()
      await signOut(person)
      await pauses.begun
      const [waiting] = await first.db.logoutDelivery.findMany()
      t.like(waiting, { clientId: 'app', sub: 'alice', attempts: 1, outcome: 'answered 503' })
      t.like(waiting, { leasedUntil: null, deliveredAt: null })
      t.true((waiting?.nextAt ?? 0) > (waiting?.createdAt ?? 0))
      await first.close()

      const second = await start(t, {
        settings: { ...settings, DATA_DIR: first.dataDir },
        wait: async () => undefined,
      })
      await receiver.count(2)
      await second.close()
      const opened = await openDatabase(settings.DATABASE_URL)
      t.teardown(opened.close)
      const [delivered, ...others] = await opened.db.logoutDelivery.findMany()
      t.like(delivered, { attempts: 2, outcome: 'delivered', nextAt: null, leasedUntil: null })
      t.truthy(delivered?.deliveredAt)
      t.deepEqual(others, [])
      const [one, two] = receiver.tokens.map(claimsOf)
      t.is(one?.['sid'], claimsOf(id_token)['sid'])
      t.is(two?.['sid'], one?.['sid'])
      t.is(two?.['sub'], 'alice')
      t.not(two?.['jti'], one?.['jti'])
      // At rest is whom it is about, and nothing that could be sent to the app.
      for (const token of receiver.tokens) t.false(JSON.stringify(delivered).includes(token))
    },
  )

  provider.test('two servers on one database send one token a try, and five in all', async (t) => {
    const receiver = await listenFor(t, [500])
    const settings = { DATABASE_URL: await provider.migrated(t) }
    const [here, there] = [createPauses(), createPauses()]
    const first = await start(t, { settings, wait: here.wait })
    const person = createPerson(first.issuer, await addApp(first, 'app', receiver.uri))
    await person.tokens()
    await signOut(person)
    await here.begun
    const second = await start(t, {
      settings: { ...settings, DATA_DIR: first.dataDir },
      wait: there.wait,
    })
    await there.begun
    here.end()
    there.end()
    await receiver.count(5)
    await Promise.all([first.close(), second.close()])
    t.is(receiver.tokens.length, 5)
    const opened = await openDatabase(settings.DATABASE_URL)
    t.teardown(opened.close)
    const rows = await opened.db.logoutDelivery.findMany()
    t.is(rows.length, 1)
    t.like(rows[0], { attempts: 5, outcome: 'answered 500', nextAt: null, deliveredAt: null })
  })

  provider.test(
    'of ten processes at once one takes a try, and one that died in it is not waited for',
    async (t) => {
      const url = await provider.migrated(t)
      const clock = fixedClock()
      const processes = await Promise.all(
        Array.from({ length: 10 }, async () => {
          const { db, close } = await openDatabase(url)
          t.teardown(close)
          return createLogoutDeliveries({ db, clock })
        }),
      )
      const claims = async (delivery: Parameters<(typeof processes)[0]['claim']>[0]) =>
        (await Promise.all(processes.map((one) => one.claim(delivery)))).filter(Boolean).length
      const [first, second] = processes
      if (!first || !second) return t.fail()
      const added = await first.add({ clientId: 'app', sub: 'alice', sid: null })
      t.is(await claims(added), 1)
      t.is(await claims(added), 0, 'the try is over or under way')
      t.deepEqual(await second.open(10), [], 'one is at it')
      clock.advance(31)
      const [left] = await second.open(10)
      t.like(left, { id: added.id, attempts: 1 })
      if (!left) return
      t.is(await claims(left), 1)
      // The dead one comes back to life: what it has to say is of a try that is not the latest.
      await first.settle(added, { failure: 'ECONNRESET', nextAt: clock.date() })
      t.deepEqual(await second.open(10), [])
      const over = { ...left, attempts: 2 }
      await second.settle(left, {})
      t.is(await claims(over), 0, 'nor by one that was about to take over')
      clock.advance(31)
      t.deepEqual(await second.open(10), [], 'it was delivered')
    },
  )
}

test('an app that never answers holds up nobody who signs out, and is left after a while', async (t) => {
  const receiver = await listenFor(t, [0])
  const pauses = createPauses()
  const server = await start(t, { wait: pauses.wait })
  const person = createPerson(server.issuer, await addApp(server, 'app', receiver.uri))
  await person.tokens()
  await signOut(person)
  const silent = await person.browser.open(person.request({ prompt: 'none' }).url)
  t.is(silent.landed?.searchParams.get('error'), 'login_required', 'she is signed out')
  const [begun] = await server.db.logoutDelivery.findMany()
  t.is(begun?.outcome, null, 'and nothing has come of it yet')
  await pauses.begun
  const [failed] = await server.db.logoutDelivery.findMany()
  t.like(failed, { attempts: 1, outcome: 'TimeoutError' })
})

test('an app that is removed before the next try is given up', async (t) => {
  const receiver = await listenFor(t, [503])
  const pauses = createPauses()
  const givenUp = Promise.withResolvers<undefined>()
  const server = await start(t, {
    wait: pauses.wait,
    settings: { LOG_LEVEL: 'info' },
    logDestination: {
      write(line) {
        if (line.includes('given up')) givenUp.resolve(undefined)
      },
    },
  })
  const person = createPerson(server.issuer, await addApp(server, 'app', receiver.uri))
  await person.tokens()
  await signOut(person)
  await pauses.begun
  await server.clients.remove('app')
  pauses.end()
  await givenUp.promise
  const [row] = await server.db.logoutDelivery.findMany()
  t.like(row, { attempts: 2, outcome: 'the app is gone', nextAt: null, deliveredAt: null })
  t.is(receiver.tokens.length, 1)
})
