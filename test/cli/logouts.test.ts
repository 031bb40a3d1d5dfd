import test from 'ava'
import { addApp, listenFor, signOut } from '../helpers/logout-receiver.ts'
import { createPerson } from '../helpers/person.ts'
import { start } from '../helpers/start.ts'
import { commandLine } from './run.ts'

test('logouts shows who was told of a sign-out, who was not, and how that went', async (t) => {
  const { run } = await commandLine(t)
  const server = await start(t, { wait: async () => undefined })
  const env = { DATA_DIR: server.dataDir }
  t.regex((await run(['logouts'], env)).out, /^No app was to be told of a sign-out\./)

  const [good, bad] = [await listenFor(t), await listenFor(t, [500])]
  const told = createPerson(server.issuer, await addApp(server, 'told', good.uri))
  const other = createPerson(server.issuer, await addApp(server, 'deaf', bad.uri))
  await told.tokens()
  await told.answerPages(await told.browser.open(other.request().url))
  await signOut(told)
  await Promise.all([good.count(1), bad.count(5)])
  await server.close()

  const { code, out } = await run(['logouts'], env)
  t.is(code, 0)
  t.regex(out, /^SIGNED OUT +CLIENT +PERSON +STATE +TRIES +LAST +NEXT TRY$/m)
  t.regex(out, /^\S+ \S+Z +told +alice +delivered +1 +delivered +–$/m)
  t.regex(out, /^\S+ \S+Z +deaf +alice +given up +5 +answered 500 +–$/m)
  const listed = JSON.parse((await run(['logouts', '--json'], env)).out) as object[]
  t.is(listed.length, 2)
  t.like(
    listed.find((one) => 'client_id' in one && one.client_id === 'deaf'),
    { sub: 'alice', state: 'given up', tries: 5, last_outcome: 'answered 500', next_try_at: null },
  )
  t.is((await run(['logouts', 'now'], env)).code, 2)
})
