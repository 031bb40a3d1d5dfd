import test from 'ava'
import { urlHasToken } from '../../src/resource/credentials.ts'
import { assertRefused, bare, withError } from './answers.ts'
import { startApi } from './api.ts'

const malformed = {
  id: 'credentials-malformed',
  error: 'invalid_request',
  description: 'The token contains characters that are not allowed',
} as const
const incomplete = {
  id: 'scheme-without-credentials',
  error: 'invalid_request',
  description: 'The Authorization header has a scheme but no credentials',
} as const
const several = {
  id: 'multiple-authorization',
  error: 'invalid_request',
  description: 'Multiple methods used to include access token',
} as const

/** `T` stands for a good token; one line each. */
const badRequests = [
  ['bearer   ', incomplete],
  ['Bearer T,', malformed],
  ['Bearer "T"', malformed],
  ['Bearer token=T', malformed],
  ['Bearer T==x', malformed],
  ['"Bearer" T', malformed],
  ['é', malformed],
  ['Bearer T,Bearer T', several],
  ['Bearer T, Basic YTpi', several],
  ['Digest username="a, Bearer b", realm="r", Bearer T', several],
] as const

for (const [value, { id, error, description }] of badRequests) {
  test(`400 ${id}: ${encodeURI(value)}`, async (t) => {
    const api = await startApi(t)
    const token = await api.mint.mint()
    const response = await api.whoami(`Authorization: ${value.replaceAll('T', token)}`)
    const challenges = withError(api, { id, error, description })
    assertRefused(t, api, response, id, { status: 400, challenges, description, error })
  })
}

test('two Authorization lines are refused in either order, without a look at either token', async (t) => {
  const api = await startApi(t)
  const good = await api.bearer()
  const { id, error, description } = several
  for (const lines of [
    [good, 'Authorization: Bearer bad'],
    ['Authorization: Bearer bad', good],
    [good, good],
    [good, 'authorization:'],
    [good, 'AUTHORIZATION: Basic YTpi'],
  ]) {
    const response = await api.whoami(...lines)
    const challenges = withError(api, { id, error, description })
    assertRefused(t, api, response, id, { status: 400, challenges, description, error })
  }
  t.is(api.world.keyFetches, 0)
})

for (const [value, id, description] of [
  [undefined, 'no-credentials', 'The request carries no credentials'],
  ['', 'no-credentials', 'The request carries no credentials'],
  ['Negotiate abc', 'unsupported-scheme', 'The authentication scheme is not supported here'],
  ['Negotiate', 'unsupported-scheme', 'The authentication scheme is not supported here'],
  ['Basic YTpi', 'unsupported-scheme', 'The authentication scheme is not supported here'],
  ['DPoPx T', 'unsupported-scheme', 'The authentication scheme is not supported here'],
  [
    'Digest username="a", realm="b, c"',
    'unsupported-scheme',
    'The authentication scheme is not supported here',
  ],
] as const) {
  test(`401 without an error: ${value === undefined ? 'nothing' : JSON.stringify(value)}`, async (t) => {
    const api = await startApi(t)
    const lines = value === undefined ? [] : [`Authorization: ${value}`]
    const response = await api.whoami(...lines)
    assertRefused(t, api, response, id, { status: 401, challenges: bare(api), description })
  })
}

for (const write of ['Bearer', 'bEaReR', 'Bearer    ']) {
  test(`schemes ignore case, and one space or more follows: ${encodeURI(write)} and T`, async (t) => {
    const api = await startApi(t)
    const response = await api.whoami(`Authorization: ${write} ${await api.mint.mint()}`)
    t.is(response.status, 200)
  })
}

test('a challenge names the scope of the operation', async (t) => {
  const api = await startApi(t)
  const read = await api.send('GET /api/notes')
  const write = await api.send('POST /api/notes')
  const description = 'The request carries no credentials'
  for (const [response, scope] of [
    [read, 'notes:read'],
    [write, 'notes:write'],
  ] as const) {
    const challenges = bare(api, scope)
    assertRefused(t, api, response, 'no-credentials', { status: 401, challenges, description })
  }
})

const FORM = 'Content-Type: application/x-www-form-urlencoded'

test('a form may carry the token, and is then read as the note', async (t) => {
  const api = await startApi(t)
  const token = await api.mint.mint({ scope: 'notes:write' })
  const body = `access_token=${token}&text=by%20form&shared_with=bob`
  const response = await api.send('POST /api/notes', [`${FORM}; charset=utf-8`], body)
  t.is(response.status, 201)
  t.like(JSON.parse(response.body), { text: 'by form', owner: 'alice', shared_with: ['bob'] })
})

const twice = {
  id: 'multiple-token-methods',
  error: 'invalid_request',
  description: 'The access token was sent in more than one place',
} as const

test('a token in the header and another in the form are refused without a look at either', async (t) => {
  const api = await startApi(t)
  const { id, error, description } = twice
  const token = await api.mint.mint({ scope: 'notes:write' })
  for (const [lines, body] of [
    [[FORM, `Authorization: Bearer ${token}`], `access_token=${token}&text=a`],
    [[FORM, `Authorization: Bearer bad`], `text=a&access%5Ftoken=${token}`],
    [[FORM, `Authorization: Bearer ${token}`], 'access_token=b%22d&text=a'],
    [[FORM], `access_token=${token}&access_token=${token}`],
  ] as const) {
    const response = await api.send('POST /api/notes', lines, body)
    const challenges = withError(api, { id, error, description, scope: 'notes:write' })
    assertRefused(t, api, response, id, { status: 400, challenges, description, error })
  }
  t.is(api.world.keyFetches, 0)
})

test('a token in a form is held to the same characters as in the header', async (t) => {
  const api = await startApi(t)
  const response = await api.send('POST /api/notes', [FORM], 'access_token=a%20b&text=a')
  const { id, error, description } = malformed
  const challenges = withError(api, { id, error, description, scope: 'notes:write' })
  assertRefused(t, api, response, id, { status: 400, challenges, description, error })
})

test('a token in the query is ignored, and the answer says where it belongs', async (t) => {
  const api = await startApi(t)
  const token = await api.mint.mint({ scope: 'notes:read' })
  const description = 'An access token in the query is ignored'
  for (const query of [`access_token=${token}`, `a=1&access%5Ftoken=${token}`, 'access_token']) {
    const response = await api.send(`GET /api/notes?${query}`)
    const challenges = bare(api, 'notes:read')
    assertRefused(t, api, response, 'token-in-query', { status: 401, challenges, description })
  }
})

test('a token in the query does not disturb the one in the header', async (t) => {
  const api = await startApi(t)
  const good = await api.bearer()
  t.is((await api.send('GET /api/whoami?access_token=other', [good])).status, 200)
})

const JSON_TYPE = 'Content-Type: application/json'

test('a token in JSON, or in the form of a method whose body means nothing, is ignored', async (t) => {
  const api = await startApi(t)
  const token = await api.mint.mint({ scope: 'notes:read notes:write' })
  const description = 'An access token in this body is ignored'
  for (const [line, type, body, scope] of [
    ['POST /api/notes', JSON_TYPE, JSON.stringify({ access_token: token }), 'notes:write'],
    ['GET /api/notes', FORM, `access_token=${token}`, 'notes:read'],
    ['DELETE /api/notes/note-alice-1', FORM, `access_token=${token}`, 'notes:write'],
  ] as const) {
    const response = await api.send(line, [type], body)
    const challenges = bare(api, scope)
    const id = 'token-in-body-refused'
    assertRefused(t, api, response, id, { status: 401, challenges, description })
  }
})

for (const [what, type, body] of [
  ['an empty access_token', FORM, 'access_token=&text=a'],
  ['a body of another type', 'Content-Type: text/plain', 'access_token=abc'],
  ['a body that is too large to look into', FORM, `text=${'a'.repeat(70_000)}&access_token=abc`],
  ['broken JSON', JSON_TYPE, '{"access_token":'],
  ['JSON that is no object', JSON_TYPE, '"access_token"'],
] as const) {
  test(`${what} is no credential`, async (t) => {
    const api = await startApi(t)
    const response = await api.send('POST /api/notes', [type], body)
    const challenges = bare(api, 'notes:write')
    const description = 'The request carries no credentials'
    const id = 'no-credentials'
    assertRefused(t, api, response, id, { status: 401, challenges, description })
  })
}

test('the query is looked into by its decoded names', (t) => {
  t.true(urlHasToken('/?x=1&access_token=abc'))
  t.true(urlHasToken('/a?%61ccess_token'))
  t.false(urlHasToken('/access_token?q=access_token'))
  t.false(urlHasToken('/access_token=abc'))
})
