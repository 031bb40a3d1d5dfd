import test from 'ava'
import type { RawResponse } from '../helpers/raw-http.ts'
import { headerValue, headerValues } from '../helpers/raw-http.ts'
import { assertRefused, withError } from './answers.ts'
import { startApi } from './api.ts'
import type { Api } from './api.ts'

type Note = { id: string; text: string; owner: string; shared_with: string[]; created_at: string }

const note = ({ body }: RawResponse) => JSON.parse(body) as Note
const ids = ({ body }: RawResponse) =>
  (JSON.parse(body) as { notes: Note[] }).notes.map(({ id }) => id)

const both = { scope: 'notes:read notes:write' }
const JSON_TYPE = 'Content-Type: application/json'

const write = (api: Api, line: string, bearer: string, body: unknown) =>
  api.send(line, [bearer, JSON_TYPE], JSON.stringify(body))

test('people see their own notes and those shared with them, oldest first', async (t) => {
  const api = await startApi(t)
  const alice = await api.send('GET /api/notes', [await api.bearer(both)])
  t.deepEqual(ids(alice), ['note-alice-1', 'note-alice-2', 'note-alice-shared'])
  const bob = await api.send('GET /api/notes', [await api.bearer({ ...both, sub: 'bob' })])
  t.deepEqual(ids(bob), ['note-alice-shared', 'note-bob-1'])
  const carol = await api.send('GET /api/notes', [await api.bearer({ ...both, sub: 'carol' })])
  t.deepEqual(ids(carol), [])
})

test('a list has a limit', async (t) => {
  const api = await startApi(t)
  const list = async (query: string) =>
    api.send(`GET /api/notes?${query}`, [await api.bearer(both)])
  t.deepEqual(ids(await list('limit=2')), ['note-alice-1', 'note-alice-2'])
  t.is(ids(await list('limit=100')).length, 3)
  for (const limit of ['0', '-1', '101', '1e2', 'x', '', '1&limit=2', '01']) {
    t.is((await list(`limit=${limit}`)).status, 422, limit)
  }
})

test('a note has the documented shape', async (t) => {
  const api = await startApi(t)
  const response = await api.send('GET /api/notes/note-alice-shared', [await api.bearer(both)])
  t.is(headerValue(response, 'Content-Type'), 'application/json; charset=utf-8')
  t.is(headerValue(response, 'Cache-Control'), 'no-store')
  t.deepEqual(note(response), {
    id: 'note-alice-shared',
    text: 'The note note-alice-shared',
    owner: 'alice',
    shared_with: ['bob'],
    created_at: '2026-01-02T03:07:05.000Z',
  })
})

test('a note is written, read, replaced and deleted', async (t) => {
  const api = await startApi(t)
  const bearer = await api.bearer(both)
  const made = await write(api, 'POST /api/notes', bearer, { text: 'a 🍵', shared_with: ['carol'] })
  t.is(made.status, 201)
  const { id } = note(made)
  const location = headerValue(made, 'Location')
  t.is(location, `/api/notes/${id}`)
  t.deepEqual(note(await api.send(`GET ${location}`, [bearer])), note(made))
  t.deepEqual(note(made).shared_with, ['carol'])

  const replaced = await write(api, `PUT ${location}`, bearer, { text: 'b', shared_with: ['bob'] })
  t.is(replaced.status, 200)
  t.deepEqual(note(replaced), { ...note(made), text: 'b', shared_with: ['bob'] })
  t.deepEqual(note(await api.send(`GET ${location}`, [bearer])), note(replaced))

  const deleted = await api.send(`DELETE ${location}`, [bearer])
  t.is(deleted.status, 204)
  t.is(deleted.body, '')
  t.is((await api.send(`GET ${location}`, [bearer])).status, 404)
  t.is(await api.db.noteShare.count({ where: { noteId: id } }), 0)
})

test('a replaced note is shared with nobody who is not named again', async (t) => {
  const api = await startApi(t)
  const bearer = await api.bearer(both)
  await write(api, 'PUT /api/notes/note-alice-shared', bearer, { text: 'mine' })
  const bob = await api.bearer({ ...both, sub: 'bob' })
  t.is((await api.send('GET /api/notes/note-alice-shared', [bob])).status, 404)
})

test('the owner and repeated names are not among those a note is shared with', async (t) => {
  const api = await startApi(t)
  const body = { text: 'x', shared_with: ['bob', 'alice', 'bob'] }
  const made = await write(api, 'POST /api/notes', await api.bearer(both), body)
  t.deepEqual(note(made).shared_with, ['bob'])
})

for (const [what, body] of [
  ['no text', {}],
  ['an empty text', { text: '' }],
  ['a text of a number', { text: 5 }],
  ['a text that is too long', { text: 'a'.repeat(10_001) }],
  ['half a surrogate pair', { text: '\uD800' }],
  ['an unknown member', { text: 'a', owner: 'bob' }],
  ['a person nobody knows', { text: 'a', shared_with: ['nobody'] }],
  ['people that are no list', { text: 'a', shared_with: 'bob' }],
  ['too many people', { text: 'a', shared_with: Array.from({ length: 51 }, (_, n) => `p${n}`) }],
  ['a list', []],
  ['null', null],
] as const) {
  test(`422, and nothing is written: ${what}`, async (t) => {
    const api = await startApi(t)
    const bearer = await api.bearer(both)
    for (const line of ['POST /api/notes', 'PUT /api/notes/note-alice-1']) {
      const response = await write(api, line, bearer, body)
      assertRefused(t, api, response, 'invalid-input', {
        status: 422,
        challenges: [],
        description: 'The request body does not have the expected fields',
      })
    }
    t.is(await api.db.note.count(), 4)
    const kept = await api.send('GET /api/notes/note-alice-1', [bearer])
    t.is(note(kept).text, 'The note note-alice-1')
  })
}

for (const [what, lines, body, status] of [
  ['a NUL', [JSON_TYPE], '{"text":"a\\u0000b"}', 400],
  ['broken JSON', [JSON_TYPE], '{', 400],
  ['an empty body', [JSON_TYPE], '', 400],
  [
    'bytes that are not UTF-8',
    ['Content-Type: application/x-www-form-urlencoded'],
    'text=%FF',
    400,
  ],
  ['another type', ['Content-Type: text/plain'], 'text', 415],
  ['no type', [], '{"text":"a"}', 415],
  ['another charset', ['Content-Type: application/json; charset=latin1'], '{"text":"a"}', 415],
  ['a compressed body', [JSON_TYPE, 'Content-Encoding: gzip'], 'x', 415],
  ['a body that is too large', [JSON_TYPE], `{"text":"${'a'.repeat(70_000)}"}`, 413],
  ['an answer nobody here writes', [JSON_TYPE, 'Accept: image/png'], '{"text":"a"}', 406],
] as const) {
  test(`${status}, and nothing is written: ${what}`, async (t) => {
    const api = await startApi(t)
    const response = await api.send('POST /api/notes', [await api.bearer(both), ...lines], body)
    t.is(response.status, status)
    t.deepEqual(headerValues(response, 'WWW-Authenticate'), [])
    t.is(await api.db.note.count(), 4)
  })
}

test('a note of somebody else is answered as one that does not exist', async (t) => {
  const api = await startApi(t)
  const bearer = await api.bearer(both)
  for (const [method, body] of [
    ['GET'],
    ['HEAD'],
    ['PUT', '{"text":"a"}'],
    ['DELETE'],
    ['PATCH'],
  ] as const) {
    const send = async (id: string) => {
      const response = await api.send(`${method} /api/notes/${id}`, [bearer, JSON_TYPE], body)
      const requestId = headerValue(response, 'X-Request-Id') ?? ''
      const headers = response.headers.filter(([name]) => name !== 'Date')
      const told = JSON.stringify({ ...response, headers }).replaceAll(requestId, 'id')
      return JSON.parse(told) as unknown
    }
    const foreign = await send('note-bob-1')
    t.like(foreign, { status: 404 })
    t.deepEqual(foreign, await send('note-nobody'), method)
    t.deepEqual(foreign, await send('%zz'), method)
    t.deepEqual(foreign, await send(`note-alice-1${encodeURIComponent('\u{1F375}')}`), method)
  }
  t.is(await api.db.note.count(), 4)
})

test('the answer to what is hidden carries no challenge and may not be kept', async (t) => {
  const api = await startApi(t)
  const response = await api.send('GET /api/notes/note-bob-1', [await api.bearer(both)])
  assertRefused(t, api, response, 'hidden', {
    status: 404,
    challenges: [],
    description: 'There is nothing here that you may see',
  })
})

test('a note shared read-only can be read, and only read', async (t) => {
  const api = await startApi(t)
  const bob = await api.bearer({ ...both, sub: 'bob' })
  t.is((await api.send('GET /api/notes/note-alice-shared', [bob])).status, 200)
  for (const method of ['PUT', 'DELETE']) {
    const line = `${method} /api/notes/note-alice-shared`
    assertRefused(t, api, await write(api, line, bob, { text: 'taken' }), 'forbidden', {
      status: 403,
      challenges: ['Bearer realm="api"'],
      description: 'The person this token stands for may not do this',
    })
  }
})

test('a token short of scope is told everything the operation needs', async (t) => {
  const api = await startApi(t)
  const reader = await api.bearer({ scope: 'notes:read' })
  const response = await write(api, 'POST /api/notes', reader, { text: 'a' })
  const id = 'insufficient-scope'
  const error = 'insufficient_scope'
  const description = 'This operation needs more scope'
  const challenges = withError(api, { id, error, description, scope: 'notes:write' })
  t.is(
    challenges[0],
    `Bearer realm="api", error="insufficient_scope", scope="notes:write", resource_metadata="${api.issuer}/.well-known/oauth-protected-resource/api", error_description="This operation needs more scope", error_uri="${api.issuer}/refusals/insufficient-scope"`,
  )
  assertRefused(t, api, response, id, { status: 403, challenges, description, error })
})

test('ten writers at once end with one of their notes, whole', async (t) => {
  const api = await startApi(t)
  const bearer = await api.bearer(both)
  const line = 'PUT /api/notes/note-alice-1'
  const bodies = Array.from({ length: 10 }, (_, n) => ({
    text: n % 2 === 0 ? 'for bob' : 'for carol',
    shared_with: [n % 2 === 0 ? 'bob' : 'carol'],
  }))
  const answers = await Promise.all(bodies.map((body) => write(api, line, bearer, body)))
  t.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
  const { text, shared_with } = note(await api.send('GET /api/notes/note-alice-1', [bearer]))
  t.is(text, `for ${shared_with.join()}`)
})

test('of ten that delete one note at once, one does', async (t) => {
  const api = await startApi(t)
  const bearer = await api.bearer(both)
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => api.send('DELETE /api/notes/note-alice-1', [bearer])),
  )
  t.deepEqual(answers.map(({ status }) => status).toSorted(), [204, ...Array<number>(9).fill(404)])
})
