/** Digest (RFC 7616): every refusal on the wire, in its order, and what is kept of it. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { findingsOn } from '../../src/resource/check-list.ts'
import { createDigestNonces } from '../../src/resource/digest.ts'
import { digestChecks } from '../../src/resource/digest/checks.ts'
import type { DigestFacts } from '../../src/resource/digest/facts.ts'
import { createNonces } from '../../src/resource/digest/nonces.ts'
import type { RefusalId } from '../../src/refusals/catalogue.ts'
import { createSecrets } from '../../src/lib/secrets.ts'
import { headerValue, headerValues } from '../helpers/raw-http.ts'
import type { RawResponse } from '../helpers/raw-http.ts'
import { assertRefused } from './answers.ts'
import { digestLine, offerOf, userhash } from './digest-client.ts'
import type { Answer, Offer } from './digest-client.ts'
import { startPasswords, type Passwords } from './passwords.ts'

const PATH = '/challenge/digest'

const challenged = async (api: Passwords): Promise<Offer> => offerOf(await api.send(`GET ${PATH}`))

const answerWith = async (api: Passwords, answer?: Answer, offer?: Offer) =>
  api.send(`GET ${PATH}`, digestLine(offer ?? (await challenged(api)), answer))

const WORDS = {
  'digest-rejected': 'The user name and the response do not match',
  'digest-stale': 'The nonce is too old; the response was right for it',
  'digest-replay': 'The nonce count was used before',
  'digest-malformed': 'The Digest credentials lack a parameter or break its form',
} as const satisfies Partial<Record<RefusalId, string>>

/** A refusal with a new challenge, `stale` where only the nonce is to be replaced; and the check that refused. */
function assertChallenged(
  t: ExecutionContext,
  api: Passwords,
  response: RawResponse,
  id: keyof typeof WORDS,
  check: string,
  stale = false,
): void {
  const { nonce, opaque } = offerOf(response)
  t.regex(nonce, /^[\w-]{44}$/)
  const offer = `Digest realm="countersign", qop="auth", algorithm=SHA-256, nonce="${nonce}", opaque="${opaque}", charset=UTF-8, userhash=true`
  assertRefused(t, api, response, id, {
    status: id === 'digest-malformed' ? 400 : 401,
    challenges: [stale ? `${offer}, stale=true` : offer],
    description: WORDS[id],
  })
  t.deepEqual(headerValues(response, 'Authentication-Info'), [])
  const entry = api.refused.at(-1)
  t.like(entry, { id, path: PATH, requestId: headerValue(response, 'X-Request-Id') })
  t.is(entry?.evidence['check'], check)
  const findings = findingsOn(digestChecks, entry?.passwordFacts as DigestFacts)
  const failed = findings.find(({ outcome }) => outcome === 'failed')
  t.like(failed, { check, id }, 'the list says the same about the facts that were kept')
}

const malformed: [what: string, written: NonNullable<Answer['written']>][] = [
  ...['username', 'realm', 'nonce', 'opaque', 'uri', 'nc', 'cnonce', 'qop', 'response'].map(
    (name): [string, NonNullable<Answer['written']>] => [`no ${name}`, { [name]: undefined }],
  ),
  ['no algorithm, which means MD5', { algorithm: undefined }],
  ['MD5', { algorithm: 'MD5' }],
  ['SHA-256-sess', { algorithm: 'SHA-256-sess' }],
  ['SHA-512-256', { algorithm: 'SHA-512-256' }],
  ['auth-int', { qop: 'auth-int' }],
  ['nc=1', { nc: '1' }],
  ['nine digits of nc', { nc: '000000001' }],
  ['an nc that is no number', { nc: '0000000g' }],
  ['an nc of nought', { nc: '00000000' }],
  ['an nc that nobody reaches', { nc: '80000000' }],
  ['an empty cnonce', { cnonce: '""' }],
  ['a cnonce with a quote in it', { cnonce: String.raw`"a\"b"` }],
  ['a cnonce with a backslash in it', { cnonce: String.raw`"a\\b"` }],
  ['a cnonce with a space in it', { cnonce: '"a b"' }],
  ['a cnonce beyond ASCII', { cnonce: '"\xE9"' }],
  ['a cnonce of 257 characters', { cnonce: `"${'x'.repeat(257)}"` }],
  ['a short response', { response: '"abc"' }],
  ['a response in capitals', { response: `"${'A'.repeat(64)}"` }],
  ['username and username*', { 'username*': "UTF-8''alice" }],
  ['a username* in another charset', { username: undefined, 'username*': "ISO-8859-1''alice" }],
  ['a username* that is no UTF-8', { username: undefined, 'username*': "UTF-8''%ff" }],
  ['a username* without its charset', { username: undefined, 'username*': 'alice' }],
  ['a hashed username*', { username: undefined, 'username*': "UTF-8''alice", userhash: 'true' }],
  ['a userhash that is neither true nor false', { userhash: 'yes' }],
  ['a username that is no UTF-8', { username: '"\xE9"' }],
  ['an empty uri', { uri: '""' }],
  ['a parameter twice', { qop: 'auth, nc=00000001' }],
  ['a parameter without a value', { qop: 'auth, stale' }],
]

for (const [what, written] of malformed) {
  test(`${what}: 400, and a new challenge`, async (t) => {
    const api = await startPasswords(t)
    const response = await answerWith(api, { written })
    assertChallenged(t, api, response, 'digest-malformed', 'parameters')
    t.is(await api.db.throttle.count(), 0, 'it is no guess')
  })
}

test('the scheme alone, and what are no parameters, are malformed too', async (t) => {
  const api = await startPasswords(t)
  for (const line of ['Digest', 'Digest YWxpY2U=', 'Digest "alice"', 'Digest\tusername="alice"']) {
    const response = await api.send(`GET ${PATH}`, `Authorization: ${line}`)
    assertChallenged(t, api, response, 'digest-malformed', 'parameters')
  }
})

test('an answer for another address is refused without a challenge, before anything else about it', async (t) => {
  const api = await startPasswords(t)
  const { port } = api
  for (const uri of [
    '/other',
    '*',
    `${PATH}/`,
    `${PATH}?`,
    PATH.toUpperCase(),
    'http://example.org/challenge/digest',
    `http://localhost:${port + 1}${PATH}`,
    `//localhost:${port}${PATH}`,
  ]) {
    const response = await answerWith(api, { uri, password: 'wrong' })
    assertRefused(t, api, response, 'digest-uri-mismatch', {
      status: 400,
      challenges: [],
      description: 'The uri of the credentials is not the address of the request',
    })
  }
  const offer = await challenged(api)
  const other = await api.send(
    `GET ${PATH}?token=secret-1`,
    digestLine(offer, { uri: `${PATH}?token=secret-2` }),
  )
  t.is(other.status, 400)
  t.like(api.refused.at(-1)?.evidence, { expected: PATH, found: 'another query' })
  t.false(JSON.stringify(api.refused).includes('secret-'))
})

test('another realm, another opaque and a nonce that is not ours are rejected, and are no guess', async (t) => {
  const api = await startPasswords(t)
  const offer = await challenged(api)
  const elsewhere = createNonces({ key: new Uint8Array(32), clock: api.clock }).issue()
  const flipped = offer.nonce.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
  const before = offer.nonce.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))
  const cases: [Offer, string][] = [
    [{ ...offer, realm: 'api' }, 'realm'],
    [{ ...offer, opaque: '' }, 'opaque'],
    [{ ...offer, opaque: `${offer.opaque}x` }, 'opaque'],
    ...[elsewhere, flipped, before, '', 'x', `${offer.nonce}x`, ` ${offer.nonce}`].map(
      (nonce): [Offer, string] => [{ ...offer, nonce }, 'nonce'],
    ),
  ]
  for (const [altered, check] of cases) {
    const response = await answerWith(api, {}, altered)
    assertChallenged(t, api, response, 'digest-rejected', check)
  }
  t.is(await api.db.throttle.count(), 0)
  t.is((await answerWith(api, {}, offer)).status, 200, 'and used nothing up')
})

test('a nonce of another server, or under another master secret, is not ours', async (t) => {
  const api = await startPasswords(t)
  const { clock } = api
  const secrets = createSecrets('another master secret, long enough too')
  const nonce = createDigestNonces({ secrets, clock }).issue()
  const offer = { ...(await challenged(api)), nonce }
  assertChallenged(t, api, await answerWith(api, {}, offer), 'digest-rejected', 'nonce')
})

test('a wrong password, an unknown name, an unknown hash and a disabled account get the same bytes', async (t) => {
  const api = await startPasswords(t)
  const hashed = (user: string) => ({
    username: `"${userhash({ realm: 'countersign', nonce: '', opaque: '' }, user)}"`,
    userhash: 'true',
  })
  const cases: [Answer, string][] = [
    [{ password: 'wrong' }, 'response'],
    [{ written: { response: `"${'0'.repeat(64)}"` } }, 'response'],
    [{ user: 'nobody' }, 'known person'],
    [{ user: '' }, 'known person'],
    [{ written: { username: '"alice\xC2\x80"' } }, 'known person'],
    [{ written: { username: undefined, 'username*': "UTF-8''alice%00" } }, 'known person'],
    [{ user: 'nobody', written: hashed('nobody') }, 'known person'],
    [{ written: { username: '"alice"', userhash: 'true' } }, 'known person'],
    [{ user: 'carol', password: 'choir' }, 'account in use'],
    [{ user: 'carol', password: 'wrong' }, 'response'],
  ]
  const bytes = new Set<string>()
  for (const [answer, check] of cases) {
    const response = await answerWith(api, answer)
    assertChallenged(t, api, response, 'digest-rejected', check)
    const id = headerValue(response, 'X-Request-Id') ?? ''
    const same = JSON.stringify(response)
      .replaceAll(id, 'ID')
      .replaceAll(offerOf(response).nonce, 'NONCE')
      .replace(/"Date","[^"]*"/, '')
    bytes.add(same)
  }
  t.is(bytes.size, 1)
})

test('somebody who is not of the seed file cannot use Digest, whatever the password', async (t) => {
  const api = await startPasswords(t)
  await api.db.account.update({ where: { sub: 'alice' }, data: { seeded: false } })
  assertChallenged(t, api, await answerWith(api), 'digest-rejected', 'known person')
})

test('an old nonce with the right response is stale, and with a wrong one it is a wrong password', async (t) => {
  const api = await startPasswords(t)
  const offer = await challenged(api)
  api.clock.advance(299)
  t.is((await answerWith(api, { nc: '00000001' }, offer)).status, 200)
  api.clock.advance(1)
  const old = await answerWith(api, { nc: '00000002' }, offer)
  assertChallenged(t, api, old, 'digest-stale', 'nonce age', true)
  const wrong = await answerWith(api, { nc: '00000003', password: 'wrong' }, offer)
  assertChallenged(t, api, wrong, 'digest-rejected', 'response')
  t.is(
    (await answerWith(api, {}, offerOf(old))).status,
    200,
    'the new nonce is all that was missing',
  )
})

test('a nonce may be made as if it were old, for whoever wants to see that', async (t) => {
  const api = await startPasswords(t)
  const nonce = createDigestNonces(api).issue(api.clock.now() - 300_000)
  const offer = { ...(await challenged(api)), nonce }
  assertChallenged(t, api, await answerWith(api, {}, offer), 'digest-stale', 'nonce age', true)
})

test('a count that was used, or goes back, is a replay; the password was right, so the nonce alone is stale', async (t) => {
  const api = await startPasswords(t)
  const offer = await challenged(api)
  t.is((await answerWith(api, { nc: '00000005' }, offer)).status, 200)
  for (const nc of ['00000005', '00000004', '00000001']) {
    const replayed = await answerWith(api, { nc }, offer)
    assertChallenged(t, api, replayed, 'digest-replay', 'nonce count', true)
  }
  const wrong = await answerWith(api, { nc: '00000005', password: 'wrong' }, offer)
  assertChallenged(t, api, wrong, 'digest-rejected', 'response')
  t.is((await answerWith(api, { nc: '00000006' }, offer)).status, 200)
})

test('stale and replayed answers are no guesses, as the password was right', async (t) => {
  const api = await startPasswords(t)
  const offer = await challenged(api)
  for (let at = 0; at < 12; at++) await answerWith(api, {}, offer)
  api.clock.advance(300)
  for (let at = 0; at < 12; at++) t.is((await answerWith(api, {}, offer)).status, 401)
  t.is((await answerWith(api)).status, 200)
})

test('two sets of credentials are refused without a look at either', async (t) => {
  const api = await startPasswords(t)
  const good = digestLine(await challenged(api))
  for (const lines of [
    [good, good],
    [good, 'Authorization: Basic YWxpY2U6d29uZGVybGFuZA=='],
    [`${good}, Basic YWxpY2U6d29uZGVybGFuZA==`],
  ]) {
    assertRefused(t, api, await api.send(`GET ${PATH}`, ...lines), 'multiple-authorization', {
      status: 400,
      challenges: [],
      description: 'Multiple methods used to include access token',
      error: 'invalid_request',
    })
  }
  t.is((await api.send(`GET ${PATH}`, good)).status, 200, 'and used nothing up')
})

test('what is kept of a refused call holds nothing that opens a door', async (t) => {
  const api = await startPasswords(t)
  const offer = await challenged(api)
  const line = digestLine(offer, { nc: '00000001' })
  await api.send(`GET ${PATH}`, line)
  await api.send(`GET ${PATH}`, line)
  await answerWith(api, { password: 'wrong' }, offer)
  const response = /response="(\w+)"/.exec(line)?.[1] ?? ''
  const kept = JSON.stringify(api.refused)
  for (const secret of [response, 'wonderland', offer.nonce]) t.false(kept.includes(secret))
  t.like(api.refused.at(-1)?.passwordFacts, {
    credentials: { user: 'alice', named: 'by name', realm: 'countersign', nc: '00000001' },
    person: 'known',
    response: 'wrong',
  })
})

test('when people cannot be looked up, or counts be kept, nobody is let in', async (t) => {
  for (const table of ['Account', 'OnceValue']) {
    const api = await startPasswords(t)
    const offer = await challenged(api)
    await api.db.$executeRawUnsafe(`DROP TABLE "${table}"`)
    assertRefused(t, api, await answerWith(api, {}, offer), 'auth-backend-down', {
      status: 503,
      challenges: [],
      description: 'The token cannot be checked at the moment; keep it and try again later',
      error: 'temporarily_unavailable',
    })
  }
})
