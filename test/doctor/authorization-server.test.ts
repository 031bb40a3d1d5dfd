/** Refusals of the authorization server, and of Basic and Digest, over HTTP: what the doctor says of each. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { basicCredentials, formRequest } from '../../scripts/kit/client.ts'
import { rowOf, type RefusalId } from '../../src/refusals/catalogue.ts'
import { createPerson } from '../helpers/person.ts'
import { firstFailure, startDoctor } from './doctor.ts'
import type { Doctor } from './doctor.ts'

const WEB = { authorization: basicCredentials('web', 'web-secret') }
const SERVICE = { authorization: basicCredentials('service', 'service-secret') }
const API = { authorization: basicCredentials('api', 'api-secret') }

const post = (path: string, params: Record<string, string>, headers = {}) =>
  [path, formRequest(params, headers)] as const

const json = (path: string, body: unknown, method = 'POST') =>
  [
    path,
    { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
  ] as const

const GOOD = {
  client_id: 'web',
  response_type: 'code',
  redirect_uri: 'http://localhost:3000/callback',
  scope: 'openid',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
}

const authorize = (params: Record<string, string>) => {
  const given = Object.entries({ ...GOOD, ...params }).filter(([, value]) => value !== '')
  return [`/oauth/authorize?${new URLSearchParams(given)}`, {}] as const
}

const CREDENTIALS = { grant_type: 'client_credentials' }

type Provoked = readonly [
  id: RefusalId,
  request: readonly [path: string, init: RequestInit],
  step: string,
]

const provoked: readonly Provoked[] = [
  ['authz-client-unknown', authorize({ client_id: 'nope' }), 'client'],
  ['authz-document-refused', authorize({ client_id: 'https://app.example' }), 'client'],
  [
    'authz-redirect-uri-mismatch',
    authorize({ redirect_uri: 'http://x.example/' }),
    'return address',
  ],
  ['authz-invalid-request', authorize({ response_type: '' }), 'parameters'],
  ['authz-unsupported-response-type', authorize({ response_type: 'token' }), 'response type'],
  ['authz-pkce-required', authorize({ code_challenge: '', code_challenge_method: '' }), 'PKCE'],
  ['authz-invalid-target', authorize({ resource: 'https://nope.example' }), 'resource'],
  ['authz-login-required', authorize({ prompt: 'none' }), 'sign-in'],
  ['sign-in-expired', ['/interaction/nobodys', {}], 'browser and its sign-in'],
  ['token-no-client-auth', post('/oauth/token', CREDENTIALS), 'client authentication'],
  [
    'token-invalid-client',
    post('/oauth/token', CREDENTIALS, { authorization: basicCredentials('web', 'guess') }),
    'client authentication',
  ],
  [
    'token-multiple-client-auth',
    post('/oauth/token', { ...CREDENTIALS, client_secret: 'x' }, SERVICE),
    'one client authentication',
  ],
  ['token-invalid-request', post('/oauth/token', {}, SERVICE), 'form with each parameter once'],
  [
    'token-unsupported-grant-type',
    post('/oauth/token', { grant_type: 'password' }, WEB),
    'grant type',
  ],
  [
    'token-unauthorized-client',
    post('/oauth/token', CREDENTIALS, WEB),
    'grant type of this client',
  ],
  [
    'grant-refresh-invalid',
    post('/oauth/token', { grant_type: 'refresh_token', refresh_token: 'x' }, WEB),
    'grant',
  ],
  [
    'token-invalid-scope',
    post('/oauth/token', { ...CREDENTIALS, scope: 'nope' }, SERVICE),
    'scope',
  ],
  [
    'token-invalid-target',
    post('/oauth/token', { ...CREDENTIALS, resource: 'https://nope' }, SERVICE),
    'resource',
  ],
  [
    'token-dpop-invalid',
    post('/oauth/token', CREDENTIALS, { ...SERVICE, dpop: 'x' }),
    'DPoP proof',
  ],
  ['method-not-allowed', ['/oauth/token', {}], 'method'],
  [
    'introspect-unauthenticated',
    post('/oauth/introspect', { token: 'x' }),
    'client authentication',
  ],
  ['introspect-inactive', post('/oauth/introspect', { token: 'x' }, API), 'token'],
  [
    'par-refused',
    post('/oauth/par', { client_id: 'web', request_uri: 'x' }, WEB),
    'pushed parameters',
  ],
  ['dcr-redirect-uri-refused', json('/oauth/register', { redirect_uris: ['x'] }), 'redirect URIs'],
  [
    'dcr-token-refused',
    ['/oauth/register/web', { headers: { authorization: 'Bearer x' } }],
    'registration token',
  ],
  ['no-credentials', ['/oauth/register/web', {}], 'registration token'],
  ['no-credentials', ['/oauth/userinfo', {}], 'credentials present'],
  ['logout-refused', ['/oauth/logout?id_token_hint=x', {}], 'hint and return address'],
  ['basic-required', ['/challenge/basic', {}], 'Basic credentials'],
  [
    'basic-rejected',
    ['/challenge/basic', { headers: { authorization: basicCredentials('alice', 'guess') } }],
    'password',
  ],
  ['digest-required', ['/challenge/digest', {}], 'Digest credentials'],
]

async function diagnosed(
  t: ExecutionContext,
  { issuer, examine }: Doctor,
  [id, [path, init]]: Provoked,
) {
  const response = await fetch(issuer + path, { redirect: 'manual', ...init })
  t.is(response.status, rowOf(id).status, id)
  return examine(response.headers.get('x-request-id') ?? '')
}

test('each refusal is explained by the steps of its endpoint, up to the one that failed', async (t) => {
  const doctor = await startDoctor(t)
  for (const one of provoked) {
    const [id, [path], step] = one
    const diagnosis = await diagnosed(t, doctor, one)
    t.is(diagnosis.refusal, id)
    const first = firstFailure(t, diagnosis)
    t.is(first?.refusal, id)
    t.is(first?.name, step, id)
    t.is(first?.fix, rowOf(id).fix)
    // Where the facts were kept, the list goes on with them.
    if (rowOf(id).arises === 'authorization-server') {
      const at = diagnosis.checks.findIndex(({ outcome }) => outcome === 'failed')
      const rest = diagnosis.checks.slice(at + 1)
      t.true(
        rest.every(({ outcome }) => outcome === 'not-reached'),
        id,
      )
    }
    t.true(diagnosis.subject.includes(` ${path.split('?')[0] ?? ''} `), diagnosis.subject)
  }
})

test('the words of the engine are the evidence', async (t) => {
  const doctor = await startDoctor(t)
  const { code, pkce } = await createPerson(doctor.issuer).code()
  const response = await fetch(
    `${doctor.issuer}/oauth/token`,
    formRequest(
      {
        grant_type: 'authorization_code',
        code,
        redirect_uri: 'http://x.example/',
        code_verifier: pkce.verifier,
      },
      WEB,
    ),
  )
  const diagnosis = await doctor.examine(response.headers.get('x-request-id') ?? '')
  t.is(diagnosis.refusal, 'grant-code-invalid')
  t.regex(String(firstFailure(t, diagnosis)?.found), /redirect_uri/)
})

test('an OAuth error leads to the doctor by its Link, and a redirect with an error by its id', async (t) => {
  const { issuer, judge } = await startDoctor(t)
  const refused = await fetch(`${issuer}/oauth/token`, formRequest({ grant_type: 'password' }, WEB))
  const link = /<([^>]*)>; rel="help"/.exec(refused.headers.get('link') ?? '')?.[1] ?? ''
  t.is(
    ((await (await fetch(link)).json()) as { refusal: string }).refusal,
    'token-unsupported-grant-type',
  )

  const [path] = authorize({ prompt: 'none' })
  const redirected = await fetch(issuer + path, { redirect: 'manual' })
  const id = redirected.headers.get('x-request-id') ?? ''
  const { subject, refusal, next } = await judge(id)
  t.is(refusal, 'authz-login-required')
  t.regex(subject, /was sent back to the app with the error login_required/)
  t.true(next.some((one) => one.startsWith(`${issuer}/oauth/authorize?`)))
  // And so does the address that the app was sent back to.
  t.is((await judge(redirected.headers.get('location') ?? '')).refusal, refusal)
})

test('who tried too often is told how long to wait', async (t) => {
  const doctor = await startDoctor(t)
  const headers = { authorization: basicCredentials('alice', 'guess') }
  let response = await fetch(`${doctor.issuer}/challenge/basic`, { headers })
  for (let tries = 0; tries < 12 && response.status === 401; tries++) {
    response = await fetch(`${doctor.issuer}/challenge/basic`, { headers })
  }
  t.is(response.status, 429)
  const { refusal, next } = await doctor.examine(response.headers.get('x-request-id') ?? '')
  t.is(refusal, 'login-throttled')
  t.deepEqual(next, [`sleep ${response.headers.get('retry-after') ?? ''}`])
})
