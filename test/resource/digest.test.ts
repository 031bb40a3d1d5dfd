/** Digest (RFC 7616): who gets in, and how the two sides prove that they know the password. */
import test from 'ava'
import { digestColumns } from '../../src/directory/digest-secret.ts'
import { headerValue, headerValues, requestOf, sendRaw } from '../helpers/raw-http.ts'
import type { RawResponse } from '../helpers/raw-http.ts'
import { assertRefused } from './answers.ts'
import { digestLine, offerOf, serverProof, userhash } from './digest-client.ts'
import type { Answer, Offer } from './digest-client.ts'
import { startPasswords, type Passwords } from './passwords.ts'

const PATH = '/challenge/digest'

const challenged = async (api: Passwords): Promise<Offer> => offerOf(await api.send(`GET ${PATH}`))

const answerWith = (api: Passwords, offer: Offer, answer?: Answer) =>
  api.send(`GET ${PATH}`, digestLine(offer, answer))

test('the challenge offers SHA-256, auth, UTF-8 and hashed names, and a new nonce every time', async (t) => {
  const api = await startPasswords(t)
  const nonces = new Set<string>()
  for (const lines of [
    [],
    ['Authorization:'],
    ['Authorization: Basic YTpi'],
    ['Authorization: !'],
  ]) {
    const response = await api.send(`GET ${PATH}`, ...lines)
    const { nonce, opaque } = offerOf(response)
    assertRefused(t, api, response, 'digest-required', {
      status: 401,
      challenges: [
        `Digest realm="countersign", qop="auth", algorithm=SHA-256, nonce="${nonce}", opaque="${opaque}", charset=UTF-8, userhash=true`,
      ],
      description: 'The request carries no Digest credentials',
    })
    nonces.add(nonce)
  }
  t.is(nonces.size, 4)
})

test('the right answer is told who called, and that the server knows the password too', async (t) => {
  const api = await startPasswords(t)
  const offer = await challenged(api)
  const response = await answerWith(api, offer, { cnonce: 'mine' })
  t.is(response.status, 200)
  t.deepEqual(JSON.parse(response.body), { user: 'alice', scheme: 'Digest' })
  t.is(headerValue(response, 'Cache-Control'), 'no-store')
  t.deepEqual(headerValues(response, 'WWW-Authenticate'), [])
  t.is(
    headerValue(response, 'Authentication-Info'),
    `qop=auth, rspauth="${serverProof(offer, { cnonce: 'mine' })}", cnonce="mine", nc=00000001`,
  )
})

test('a nonce serves many requests, with a count that goes up by any step', async (t) => {
  const api = await startPasswords(t)
  const offer = await challenged(api)
  for (const nc of ['00000001', '00000002', '0000000a', '0000000B', '7fffffff']) {
    const response = await answerWith(api, offer, { nc })
    t.is(response.status, 200, nc)
    t.regex(headerValue(response, 'Authentication-Info') ?? '', new RegExp(`, nc=${nc}$`))
  }
})

test('a nonce near its end is followed by the next one, which is good at once and to the end of its own life', async (t) => {
  const api = await startPasswords(t)
  const offer = await challenged(api)
  const nextOf = (response: RawResponse) =>
    /, nextnonce="([\w-]+)"$/.exec(headerValue(response, 'Authentication-Info') ?? '')?.[1]
  api.clock.advance(225)
  t.is(nextOf(await answerWith(api, offer, { nc: '00000001' })), undefined)
  api.clock.advance(1)
  const nonce = nextOf(await answerWith(api, offer, { nc: '00000002' })) ?? ''
  t.not(nonce, offer.nonce)
  // RFC 7616 §3.5: the count begins again with the next one, and the old one is good for what was sent meanwhile.
  const next = { ...offer, nonce }
  t.is((await answerWith(api, next, { nc: '00000001' })).status, 200)
  t.is((await answerWith(api, offer, { nc: '00000003' })).status, 200)
  api.clock.advance(200)
  t.is((await answerWith(api, next, { nc: '00000002' })).status, 200)
  t.is((await answerWith(api, offer, { nc: '00000004' })).status, 401)
})

test('what some quote and others do not is accepted either way', async (t) => {
  const api = await startPasswords(t)
  const written = { nc: '"00000001"', qop: '"auth"', algorithm: '"SHA-256"' }
  t.is((await answerWith(api, await challenged(api), { written })).status, 200)
  const lower = { algorithm: 'sha-256', userhash: 'false', charset: 'UTF-8' }
  t.is((await answerWith(api, await challenged(api), { written: lower })).status, 200)
})

test('a name may be sent as its hash', async (t) => {
  const api = await startPasswords(t)
  const offer = await challenged(api)
  const username = `"${userhash(offer, 'alice')}"`
  for (const flag of ['true', '"true"']) {
    const written = { username, userhash: flag }
    const response = await answerWith(api, await challenged(api), { written })
    t.deepEqual(JSON.parse(response.body), { user: 'alice', scheme: 'Digest' })
  }
  // The same text without the flag is the name of nobody.
  t.is((await answerWith(api, await challenged(api), { written: { username } })).status, 401)
})

/** Somebody whose name is no ASCII; the seed file has none. */
async function addJason({ db, secrets, hashing, clock }: Passwords): Promise<void> {
  const login = 'J\u00E4s\u00F8n Doe'
  const password = 'Secret, or not?'
  const passwordHash = await hashing.hash(password)
  await db.account.create({
    data: {
      sub: 'jason',
      login,
      passwordHash,
      ...digestColumns(secrets, { login, passwordHash, password }),
      seeded: true,
      updatedAt: clock.date(),
    },
  })
}

const jason = { user: 'J\u00E4s\u00F8n Doe', password: 'Secret, or not?' }

test('a name beyond ASCII may be sent as UTF-8, encoded, or as its hash', async (t) => {
  const api = await startPasswords(t)
  await addJason(api)
  const bytes = Buffer.from(jason.user).toString('latin1')
  for (const written of [
    { username: `"${bytes}"` },
    { username: undefined, 'username*': "UTF-8''J%C3%A4s%C3%B8n%20Doe" },
    { username: undefined, 'username*': "utf-8'en'J%c3%a4s%c3%b8n%20Doe" },
    { username: undefined, 'username*': "UTF-8''J%C3%A4s%C3%B8n%20Doe", userhash: 'false' },
    {
      username: `"${userhash({ realm: 'countersign', nonce: '', opaque: '' }, jason.user)}"`,
      userhash: 'true',
    },
  ]) {
    const response = await answerWith(api, await challenged(api), { ...jason, written })
    t.is(response.body, '{"user":"jason","scheme":"Digest"}', JSON.stringify(written))
  }
})

test('the query belongs to the address, and an address in full is as good where it is ours', async (t) => {
  const api = await startPasswords(t)
  const target = `${PATH}?a=1&b=%20`
  for (const uri of [target, `${api.issuer}${target}`]) {
    const offer = await challenged(api)
    const response = await api.send(`GET ${target}`, digestLine(offer, { uri }))
    t.is(response.status, 200, uri)
  }
  // As clients do that take us for a proxy.
  const alias = `http://127.0.0.1:${api.port}${PATH}`
  const line = digestLine(await challenged(api), { uri: alias })
  const fields = [`Host: 127.0.0.1:${api.port}`, line, 'Connection: close']
  const proxied = await sendRaw(api.port, requestOf([`GET ${alias} HTTP/1.1`, ...fields]))
  t.is(proxied.status, 200)
})

test('HEAD has an answer of its own', async (t) => {
  const api = await startPasswords(t)
  const offer = await challenged(api)
  const head = await api.send(`HEAD ${PATH}`, digestLine(offer, { method: 'HEAD' }))
  t.is(head.status, 200)
  t.is(head.body, '')
  t.truthy(headerValue(head, 'Authentication-Info'))
  const other = await api.send(`HEAD ${PATH}`, digestLine(offer, { nc: '00000002' }))
  t.is(other.status, 401, 'an answer for GET is no answer for HEAD')
})

test('other methods are told what there is only after the password', async (t) => {
  const api = await startPasswords(t)
  t.is((await api.send(`DELETE ${PATH}`)).status, 401)
  const line = digestLine(await challenged(api), { method: 'DELETE' })
  const response = await api.send(`DELETE ${PATH}`, line)
  assertRefused(t, api, response, 'method-not-allowed', {
    status: 405,
    challenges: [],
    description: 'This address does not take this method',
  })
  t.is(headerValue(response, 'Allow'), 'GET, HEAD')
})

/** Ten at once is within the limit on guesses, even while none of them has been judged. */
test('of ten requests at once with one count, exactly one passes', async (t) => {
  const api = await startPasswords(t)
  const offer = await challenged(api)
  for (const nc of ['00000001', '00000002']) {
    const all = await Promise.all(Array.from({ length: 10 }, () => answerWith(api, offer, { nc })))
    t.deepEqual(all.map(({ status }) => status).sort(), [200, ...Array<number>(9).fill(401)], nc)
  }
})

test('two callers who were challenged at one moment do not use up one another’s counts', async (t) => {
  const api = await startPasswords(t)
  const [one, two] = await Promise.all([challenged(api), challenged(api)])
  t.is((await answerWith(api, one)).status, 200)
  t.is((await answerWith(api, two, { user: 'bob', password: 'builder' })).status, 200)
})

test('nobody can use up a person’s counts without the password', async (t) => {
  const api = await startPasswords(t)
  const offer = await challenged(api)
  t.is((await answerWith(api, offer, { nc: '7fffffff', password: 'wrong' })).status, 401)
  t.is((await answerWith(api, offer, { nc: '00000001' })).status, 200)
})

test('a count is remembered for longer than its nonce lives', async (t) => {
  const api = await startPasswords(t)
  const offer = await challenged(api)
  await answerWith(api, offer)
  const [row] = await api.db.onceValue.findMany()
  t.true((row?.expiresAt.getTime() ?? 0) > api.clock.now() + 300_000)
})
