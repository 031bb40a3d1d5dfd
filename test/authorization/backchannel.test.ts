import test from 'ava'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { addApp, listenFor, signOut } from '../helpers/logout-receiver.ts'
import { claimsOf, createPerson, WEB } from '../helpers/person.ts'
import { start, type TestServer } from '../helpers/start.ts'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

type Person = ReturnType<typeof createPerson>

/** A decision on the account page of alice. */
async function decide({ browser }: Person, what: string, decision: string, fields = {}) {
  const { page } = await browser.open('/account')
  if (!page) throw new Error('no page')
  const form = { ...page, text: `<form action="/account/${what}">` }
  await browser.submit(form, { person: 'alice', ...fields }, ['decision', decision])
}

/** As an app verifies it (OpenID Connect Back-Channel Logout 1.0 §2.6). */
async function verify(server: TestServer, token: string, audience: string) {
  const keys = createRemoteJWKSet(new URL(server.url('/oauth/jwks')))
  return jwtVerify(token, keys, {
    issuer: server.issuer,
    audience,
    typ: 'logout+jwt',
    requiredClaims: ['iat', 'exp', 'jti', 'events'],
    maxTokenAge: '2m',
  })
}

function logInto(lines: Record<string, unknown>[]) {
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>)
  return { logDestination: { write }, settings: { LOG_LEVEL: 'info' } }
}

/** The log's lines about logout tokens, without what differs each time. */
const told = (lines: Record<string, unknown>[]) =>
  lines
    .filter(({ msg }) => typeof msg === 'string' && msg.startsWith('logout token'))
    .map(({ msg, attempt, reason, seconds }) => [msg, attempt, reason, seconds])

test('an app is told of a sign-out with a token that holds, though it fails twice', async (t) => {
  const pauses: number[] = []
  const lines: Record<string, unknown>[] = []
  const wait = async (milliseconds: number) => void pauses.push(milliseconds)
  const server = await start(t, { wait, ...logInto(lines) })
  const receiver = await listenFor(t, [503, 500, 204])
  const person = createPerson(server.issuer, await addApp(server, 'app', receiver.uri))
  const { id_token } = await person.tokens()
  await signOut(person)
  await receiver.count(3)
  const ids = new Set<unknown>()
  for (const token of receiver.tokens) {
    const { payload } = await verify(server, token, 'app')
    ids.add(payload['jti'])
  }
  await server.close()
  t.is(ids.size, 3, 'each try has a token of its own')
  t.is(claimsOf(receiver.tokens[0] ?? '')['sid'], claimsOf(id_token)['sid'])
  t.deepEqual(pauses, [1000, 5000])
  t.deepEqual(told(lines), [
    ['logout token not delivered: trying again', 1, 'answered 503', 1],
    ['logout token not delivered: trying again', 2, 'answered 500', 5],
    ['logout token delivered', 3, undefined, undefined],
  ])
})

test('a logout token is what an app expects: type, claims, and no nonce', async (t) => {
  const server = await start(t)
  const receiver = await listenFor(t)
  const person = createPerson(server.issuer, await addApp(server, 'app', receiver.uri))
  const { id_token } = await person.tokens()
  await signOut(person)
  await receiver.count(1)
  const { payload, protectedHeader } = await verify(server, receiver.tokens[0] ?? '', 'app')
  t.is(protectedHeader.typ, 'logout+jwt')
  t.is(protectedHeader.alg, 'RS256')
  t.deepEqual(payload['events'], { [EVENT]: {} })
  t.is(payload.sub, 'alice')
  t.truthy(payload['sid'])
  t.is(payload['sid'], claimsOf(id_token)['sid'])
  t.false('nonce' in payload)
})

test('an app on ::1 is told as well, and one that does not ask for the session gets none', async (t) => {
  const server = await start(t)
  const receiver = await listenFor(t, [200], '::1')
  const app = await addApp(server, 'app', receiver.uri, false)
  const person = createPerson(server.issuer, app)
  const { id_token } = await person.tokens()
  t.false('sid' in claimsOf(id_token))
  await signOut(person)
  await receiver.count(1)
  const { payload } = await verify(server, receiver.tokens[0] ?? '', 'app')
  t.is(payload.sub, 'alice')
  t.false('sid' in payload)
})

test('who stays signed in is not reported, and is known by the same sid after', async (t) => {
  const server = await start(t)
  const receiver = await listenFor(t)
  const person = createPerson(server.issuer, await addApp(server, 'app', receiver.uri))
  const before = await person.tokens()
  const { page } = await person.browser.open('/oauth/logout?client_id=app')
  if (page) await person.browser.submit(page, {})
  const after = await person.tokens()
  t.is(claimsOf(after.id_token)['sid'], claimsOf(before.id_token)['sid'])
  await server.close()
  t.deepEqual(receiver.tokens, [])
})

test('ending one session at /account tells its apps, and no others', async (t) => {
  const server = await start(t)
  const [one, two] = [await listenFor(t), await listenFor(t)]
  const here = createPerson(server.issuer, await addApp(server, 'one', one.uri))
  const there = createPerson(server.issuer, await addApp(server, 'two', two.uri))
  await here.tokens()
  const { id_token } = await there.tokens()
  const { sessionUid } = await server.db.sessionClient.findFirstOrThrow({
    where: { clientId: 'two' },
  })
  await decide(here, 'sessions', 'sign-out', { session: sessionUid })
  await two.count(1)
  const { payload } = await verify(server, two.tokens[0] ?? '', 'two')
  t.is(payload['sid'], claimsOf(id_token)['sid'])
  await server.close()
  t.is(one.tokens.length, 0)
})

test('signing out everywhere tells every app of every session', async (t) => {
  const server = await start(t)
  const [each, single] = [await listenFor(t), await listenFor(t)]
  const bySession = await addApp(server, 'each', each.uri)
  const byPerson = await addApp(server, 'once', single.uri, false)
  const sids = new Set<unknown>()
  const people: Person[] = []
  for (let browser = 0; browser < 2; browser += 1) {
    const person = createPerson(server.issuer, bySession)
    const { id_token } = await person.tokens()
    sids.add(claimsOf(id_token)['sid'])
    const other = createPerson(server.issuer, byPerson)
    await person.answerPages(await person.browser.open(other.request().url))
    people.push(person)
  }
  const [first] = people
  if (first) await decide(first, 'sign-out', 'sign-out-everywhere')
  await each.count(2)
  await single.count(1)
  const payloads = each.tokens.map(claimsOf)
  t.deepEqual(payloads.map(({ sid }) => String(sid)).sort(), [...sids].map(String).sort())
  await server.close()
  t.is(single.tokens.length, 1, 'it ends all that it has for the person at once')
})

test('an app that never answers well is given up after five tries, and the sign-out stands', async (t) => {
  const lines: Record<string, unknown>[] = []
  const pauses: number[] = []
  const wait = async (milliseconds: number) => void pauses.push(milliseconds)
  const server = await start(t, { wait, ...logInto(lines) })
  const receiver = await listenFor(t, [302])
  const person = createPerson(server.issuer, await addApp(server, 'app', receiver.uri))
  await person.tokens()
  await signOut(person)
  await receiver.count(5)
  const again = await person.browser.open(person.request({ prompt: 'none' }).url)
  t.is(again.landed?.searchParams.get('error'), 'login_required')
  await server.close()
  t.is(receiver.tokens.length, 5)
  t.deepEqual(pauses, [1_000, 5_000, 25_000, 125_000])
  t.deepEqual(told(lines).at(-1), [
    'logout token not delivered: given up',
    5,
    'answered 302',
    undefined,
  ])
})

test('a server that stops does not wait for another try', async (t) => {
  const lines: Record<string, unknown>[] = []
  const waiting = Promise.withResolvers<undefined>()
  const server = await start(t, {
    wait: (_milliseconds, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('stopped')))
        waiting.resolve(undefined)
      }),
    ...logInto(lines),
  })
  const person = createPerson(
    server.issuer,
    await addApp(server, 'app', 'http://127.0.0.1:1/nobody-listens'),
  )
  await person.tokens()
  await signOut(person)
  await waiting.promise
  await server.close()
  t.deepEqual(
    told(lines).map(([message]) => message),
    [
      'logout token not delivered: trying again',
      'logout token not delivered yet: tried again after the next start',
    ],
  )
  t.false(JSON.stringify(lines).includes('nobody-listens'))
})

test('discovery says so', async (t) => {
  const server = await start(t)
  const response = await fetch(server.url('/.well-known/openid-configuration'))
  t.like(await response.json(), {
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
  })
})

test('where an app is told can be registered as redirect URIs can', async (t) => {
  const server = await start(t)
  const register = (uri: string) =>
    fetch(server.url('/oauth/register'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        redirect_uris: [WEB.redirectUri],
        backchannel_logout_uri: uri,
        backchannel_logout_session_required: true,
      }),
    })
  const good = await register('http://localhost:3000/logout')
  t.is(good.status, 201)
  t.like(await good.json(), {
    backchannel_logout_uri: 'http://localhost:3000/logout',
    backchannel_logout_session_required: true,
  })
  for (const uri of [
    'http://app.example/logout',
    'https://app.example/logout#part',
    'https://me:secret@app.example/logout',
    'com.example.app:/logout',
    '/logout',
  ]) {
    const refused = await register(uri)
    t.is(refused.status, 400, uri)
    const { error } = (await refused.json()) as { error: string }
    t.is(error, 'invalid_client_metadata', uri)
    await t.throwsAsync(addApp(server, 'app', uri), { message: /backchannel_logout_uri/ }, uri)
  }
})

test('an app that was given nothing is told nothing, whatever it asked for', async (t) => {
  const server = await start(t)
  const curious = await listenFor(t)
  const known = await listenFor(t)
  const app = await addApp(server, 'curious', curious.uri)
  const person = createPerson(server.issuer, await addApp(server, 'known', known.uri))
  await person.tokens()
  const { request } = createPerson(server.issuer, app)
  // Any page can have a browser ask, unseen; and a person may say no.
  const silent = await person.browser.open(request({ prompt: 'none' }).url)
  t.is(silent.landed?.searchParams.get('error'), 'consent_required')
  const refused = await person.answerPages(await person.browser.open(request().url), {
    decision: 'deny',
  })
  t.is(refused.searchParams.get('error'), 'access_denied')
  const used = await server.db.sessionClient.findMany()
  t.deepEqual(
    used.map(({ clientId }) => clientId),
    ['known'],
  )
  await signOut(person)
  await known.count(1)
  await server.close()
  t.deepEqual(curious.tokens, [])
})
