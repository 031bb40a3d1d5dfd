import test from 'ava'
import { createJournal } from '../../src/doctor/journal.ts'
import type { Journal } from '../../src/doctor/journal.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createPerson, isLogin, post, WEB } from '../helpers/person.ts'
import { requestOf, sendRaw } from '../helpers/raw-http.ts'
import { postInput, startDoctor } from './doctor.ts'

/** Every text that can be reached from a value: names and members, at any depth. */
function* textsIn(value: unknown, seen = new Set<unknown>()): Generator<string> {
  if (typeof value === 'string') yield value
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)
  if (value instanceof Map || value instanceof Set) yield* textsIn([...value], seen)
  for (const key of Reflect.ownKeys(value)) {
    yield String(key)
    yield* textsIn(Reflect.get(value, key), seen)
  }
}

test('walked to its end after refused requests, the journal holds no token, code, password or secret', async (t) => {
  const kept = createJournal({ clock: systemClock })
  const ids = new Set<string>()
  const journal: Journal = {
    record(entry) {
      ids.add(entry.requestId)
      kept.record(entry)
    },
    find: (id) => kept.find(id),
  }
  const { server, issuer, mint } = await startDoctor(t, { journal })
  const { port } = server
  const host = `Host: ${new URL(issuer).host}`
  const raw = (line: string, ...fields: string[]) =>
    sendRaw(port, requestOf([`${line} HTTP/1.1`, host, ...fields, 'Connection: close']))
  const rawForm = (path: string, body: string, ...fields: string[]) =>
    sendRaw(
      port,
      requestOf(
        [
          `POST ${path} HTTP/1.1`,
          host,
          'Content-Type: application/x-www-form-urlencoded',
          `Content-Length: ${body.length}`,
          ...fields,
          'Connection: close',
        ],
        body,
      ),
    )

  const secrets: string[] = []
  /** A value nobody else has, of the shape of an opaque token. */
  const secret = (): string => {
    const value = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
    secrets.push(value)
    return value
  }

  const jwt = await mint.mint({ scope: 'notes:read', audience: 'https://other.example' })
  const { refresh_token, id_token } = await createPerson(issuer).tokens()
  const { code } = await createPerson(issuer).code()
  secrets.push(jwt.slice(-86), id_token.slice(-86), refresh_token, code)

  for (const token of [jwt, id_token, refresh_token, code, secret()]) {
    await raw('GET /api/notes', `Authorization: Bearer ${token}`)
    await raw('GET /ledger/entries', `Authorization: Bearer ${token}`)
    await raw('GET /api/notes', `Authorization: ${token}`)
    await raw('GET /api/notes', `Authorization: Bearer "${token}"`)
    await raw('GET /api/notes', `Authorization: Bearer Bearer ${token}`)
    await raw('GET /api/notes', `Authorization: Bearerx ${token}`)
    await raw('GET /api/notes', `Authorization: Basic ${token}`)
    await raw('GET /api/notes', `Authorization: Bearer ${token}`, `Authorization: Bearer ${token}`)
    await raw('GET /api/notes', `Authorization: Bearer ${token}, Bearer ${token}`)
    await raw(`GET /api/notes?access_token=${token}`)
    await raw(`GET /nowhere?access_token=${token}`)
    await raw(`GET /nowhere?access_token=${token}#here`)
    await raw('GET /oauth/userinfo', `Authorization: Bearer ${token}`)
    await rawForm('/api/notes', `access_token=${token}&access_token=${token}`)
    await rawForm('/api/notes', `access_token=${token}`, `Authorization: Bearer ${token}`)
    await rawForm('/oauth/introspect', `token=${token}`)
    await rawForm('/oauth/revoke', `token=${token}`)
    await rawForm('/oauth/token', `grant_type=refresh_token&refresh_token=${token}`)
    await rawForm('/oauth/token', `grant_type=authorization_code&code=${token}`)
  }
  await post(
    `${issuer}/oauth/token`,
    { grant_type: 'client_credentials' },
    { ...WEB, secret: secret() },
  )
  await post(`${issuer}/oauth/token`, {
    grant_type: 'client_credentials',
    client_id: 'web',
    client_secret: secret(),
  })
  await post(`${issuer}/oauth/token`, {
    grant_type: 'password',
    username: 'alice',
    password: secret(),
  })
  await raw('GET /api/notes', `Authorization: Bearer ${secret()}`, `Cookie: session=${secret()}`)
  const person = createPerson(issuer)
  const { page } = await person.browser.open(person.request().url)
  if (!page || !isLogin(page)) throw new Error('no sign-in page')
  await person.browser.submit(page, { login: 'alice', password: secret() })
  // What is pasted is not kept either.
  await postInput(issuer, secret())
  await postInput(issuer, `curl -u web:${secret()} ${issuer}/nowhere`)

  t.true(ids.size > 60, `${ids.size} refusals were kept`)
  const texts = [...ids].flatMap((id) => [...textsIn(journal.find(id))])
  t.true(texts.length > 1_000)
  for (const value of secrets) {
    // Nor a piece of one, in whatever case.
    const piece = value.slice(4, 24).toLowerCase()
    t.deepEqual(
      texts.filter((text) => text.toLowerCase().includes(piece)),
      [],
    )
  }
})
