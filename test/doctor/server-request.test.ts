import test from 'ava'
import type { RefusalId } from '../../src/refusals/catalogue.ts'
import { createPerson } from '../helpers/person.ts'
import { failedIn, startDoctor } from './doctor.ts'

const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const GOOD = {
  client_id: 'web',
  response_type: 'code',
  redirect_uri: 'http://localhost:3000/callback',
  scope: 'openid',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
}

const authorizations: [
  what: string,
  params: Record<string, string>,
  refusal: RefusalId | undefined,
][] = [
  ['a good one', GOOD, undefined],
  ['an unknown client', { ...GOOD, client_id: 'nope' }, 'authz-client-unknown'],
  // Nothing is sent, so nothing is known of a client that a document describes.
  ['an app at an address', { ...GOOD, client_id: 'https://app.example/client.json' }, undefined],
  [
    'a return address with a slash',
    { ...GOOD, redirect_uri: `${GOOD.redirect_uri}/` },
    'authz-redirect-uri-mismatch',
  ],
  [
    'a native app on another port',
    { ...GOOD, client_id: 'cli', redirect_uri: 'http://127.0.0.1:7777/callback' },
    undefined,
  ],
  ['another response type', { ...GOOD, response_type: 'token' }, 'authz-unsupported-response-type'],
  ['no PKCE', { ...GOOD, code_challenge: '', code_challenge_method: '' }, 'authz-pkce-required'],
  ['plain PKCE', { ...GOOD, code_challenge_method: 'plain' }, 'authz-pkce-required'],
]

for (const [what, params, refusal] of authorizations) {
  test(`an authorization request is judged without being sent: ${what}`, async (t) => {
    const { judge, issuer } = await startDoctor(t)
    const given = Object.entries(params).filter(([, value]) => value !== '')
    const diagnosis = await judge(`${issuer}/oauth/authorize?${new URLSearchParams(given)}`)
    t.is(diagnosis.refusal, refusal)
    t.is(diagnosis.checks.at(-1)?.outcome, 'not-reached')
  })
}

test('a parameter that stands there twice is named', async (t) => {
  const { judge, issuer } = await startDoctor(t)
  const diagnosis = await judge(
    `${issuer}/oauth/authorize?${new URLSearchParams(GOOD)}&scope=profile`,
  )
  t.is(failedIn(diagnosis).get('parameters')?.found, 'scope twice')
})

const tokenRequests: [what: string, options: string, refusal: RefusalId | undefined][] = [
  ['a good one', '-u service:service-secret -d grant_type=client_credentials', undefined],
  ['a wrong secret is not tried', '-u service:wrong -d grant_type=client_credentials', undefined],
  ['an unknown client', '-u nope:x -d grant_type=client_credentials', 'token-invalid-client'],
  [
    'JSON',
    `-H 'Content-Type: application/json' -d '{"grant_type":"client_credentials"}'`,
    'token-invalid-request',
  ],
  ['no grant_type', '-u web:web-secret -d code=x', 'token-invalid-request'],
  [
    'a parameter twice',
    '-u web:web-secret -d grant_type=a -d grant_type=b',
    'token-invalid-request',
  ],
  [
    'two client authentications',
    '-u web:web-secret -d client_secret=x -d grant_type=refresh_token',
    'token-multiple-client-auth',
  ],
  [
    'no client authentication',
    '-d client_id=web -d grant_type=refresh_token',
    'token-no-client-auth',
  ],
  ['a public client', '-d client_id=spa -d grant_type=refresh_token', undefined],
  [
    'a grant type nobody knows',
    '-u web:web-secret -d grant_type=password',
    'token-unsupported-grant-type',
  ],
  [
    'a grant type of other clients',
    '-u web:web-secret -d grant_type=client_credentials',
    'token-unauthorized-client',
  ],
  ['a GET', '-G -u web:web-secret -d grant_type=refresh_token', 'method-not-allowed'],
]

for (const [what, options, refusal] of tokenRequests) {
  test(`a token request is judged without being sent: ${what}`, async (t) => {
    const { judge, issuer } = await startDoctor(t)
    const diagnosis = await judge(`curl ${options} ${issuer}/oauth/token`)
    t.is(diagnosis.refusal, refusal)
    t.regex(diagnosis.subject, /not sent/)
  })
}

test('nothing that was pasted is sent: a code in a command can still be redeemed', async (t) => {
  const { judge, issuer } = await startDoctor(t)
  const person = createPerson(issuer)
  const { code, pkce } = await person.code()
  const { refusal } = await judge(
    `curl -u web:web-secret -d grant_type=authorization_code -d code=${code} -d redirect_uri=http://localhost:3000/callback -d code_verifier=${pkce.verifier} ${issuer}/oauth/token`,
  )
  t.is(refusal, undefined)
  t.is((await person.redeem(code, pkce)).status, 200)
})

test('a request for another server is judged as if it were sent here, and told so', async (t) => {
  const { judge, mint, issuer } = await startDoctor(t)
  const token = await mint.mint({ scope: 'notes:read' })
  const command = (url: string) => `curl -H 'Authorization: Bearer ${token}' ${url}/api/notes`
  const elsewhere = failedIn(await judge(command('https://api.example')))
  t.deepEqual([...elsewhere.keys()], ['address'])
  t.regex(elsewhere.get('address')?.says ?? '', /api\.example, and not of this server/)
  const https = failedIn(await judge(command(issuer.replace('http:', 'https:'))))
  t.regex(https.get('address')?.says ?? '', /begins with https:\/\//)
  const alias = await judge(command(issuer.replace('localhost', '127.0.0.1')))
  t.deepEqual([...failedIn(alias)], [])
})

test('a path that nothing asks credentials for is told so', async (t) => {
  const { judge, issuer } = await startDoctor(t)
  t.deepEqual([...failedIn(await judge(`curl ${issuer}/apii`)).keys()], ['path'])
  // Under the API's prefix the guard comes first, whatever the path.
  t.is((await judge(`curl ${issuer}/api/nothing`)).refusal, 'no-credentials')
})

test('each operation is judged by the scope its own route asks for', async (t) => {
  const { judge, mint, issuer } = await startDoctor(t)
  const token = await mint.mint({ scope: 'notes:read' })
  const refusalOf = async (method: string, path: string) =>
    (await judge(`${method} ${path} HTTP/1.1\nAuthorization: Bearer ${token}`)).refusal
  t.is(await refusalOf('GET', '/api/notes'), undefined)
  t.is(await refusalOf('HEAD', '/api/notes'), undefined)
  t.is(await refusalOf('GET', '/api/whoami'), undefined)
  t.is(await refusalOf('PUT', '/api/notes/note-alice-1'), 'insufficient-scope')
  t.is(await refusalOf('GET', '/ledger/entries'), 'token-unknown')
  t.is(await refusalOf('GET', `${issuer}/api/notes?access_token=x`), undefined)
})

test('where the shell would have put the token, only how it is sent is judged', async (t) => {
  const { judge, issuer } = await startDoctor(t)
  const diagnosis = await judge(`curl -H "Authorization: Bearer $TOKEN" ${issuer}/api/notes`)
  t.deepEqual([...failedIn(diagnosis)], [])
  t.is(diagnosis.checks.find(({ name }) => name === 'structure')?.outcome, 'not-reached')
  t.deepEqual(diagnosis.next, ['echo "$TOKEN" | npx countersign doctor -'])
})
