import test from 'ava'
import { provokableIds } from '../../src/lab/breakages.ts'
import type { Provoked } from '../../src/lab/lab.ts'
import { postgresTests } from '../helpers/postgres.ts'
import { start } from '../helpers/start.ts'

const postgres = await postgresTests(test)

const timeouts = {
  headersTimeout: 1_000,
  requestTimeout: 1_000,
  connectionsCheckingInterval: 100,
}

postgres.test('every refusal is provoked, and nothing of it is left', async (t) => {
  t.timeout(180_000)
  const server = await start(t, {
    settings: { DATABASE_URL: await postgres.empty(t) },
    timeouts,
  })
  for (const id of provokableIds) {
    const response = await fetch(server.url(`/lab/break/${id}`), { method: 'POST' })
    const provoked = (await response.json()) as Provoked
    t.deepEqual(provoked.differences, [], id)
  }
  t.is(await server.db.artifact.count(), 0)
  t.is(await server.db.sessionClient.count(), 0)
  t.is(await server.db.consent.count(), 0)
  t.is(await server.db.note.count(), 4)
})
