/** Every page with ordinary and with hostile contents, for the tests that look at all of them. */
import { SCOPE_WORDS } from '../../src/authorization/claims.ts'
import { consentPage } from '../../src/authorization/pages/consent.ts'
import { expiredPage } from '../../src/authorization/pages/expired.ts'
import { loginPage } from '../../src/authorization/pages/login.ts'
import { logoutPage, signedOutPage } from '../../src/authorization/pages/logout.ts'
import { secondStepPage } from '../../src/authorization/pages/second-step.ts'
import { demoCallbackPage } from '../../src/demo/callback.ts'
import { homePage } from '../../src/home/page.ts'
import { refusalEntryPage, refusalsPage } from '../../src/home/refusals-page.ts'
import type { Provocation } from '../../src/lab/lab.ts'
import { breakPage, labPage, mintedPage } from '../../src/lab/page.ts'
import { refusalIds, rowOf } from '../../src/refusals/catalogue.ts'
import { refusalPage } from '../../src/web/refusal-page.ts'
import { doctorSamples } from './doctor-samples.ts'

const words = (scope: string) => SCOPE_WORDS[scope] ?? scope
const form =
  '<form id="op.logoutForm" method="post" action="/oauth/logout/confirm"><input type="hidden" name="xsrf" value="x"/></form>'

const issuer = 'http://localhost:4010'
const demoClient = { clientId: 'web', secret: 'web-secret' }

/** A name that tries markup, turns the writing direction, hides letters, and does not end. */
export const hostileName = `<script>alert(1)</script>"'&\u202e\u0000\u200b${'Ź̸̡̛̛̛'.repeat(4)}${'x'.repeat(500)}`
const hostile = { name: hostileName, uri: 'javascript:alert(1)' }
const web = { name: 'Web', uri: 'http://localhost:3000/' }

const people = [
  {
    login: 'alice',
    password: 'wonderland',
    note: 'two private notes; shares one with bob, read-only',
  },
  { login: 'bob', password: 'builder' },
  { login: 'carol', password: 'choir', note: 'disabled account' },
  { login: 'admin', password: 'admin' },
]

const scopes = [
  { scope: 'openid', words: words('openid'), granted: false },
  { scope: 'profile', words: words('profile'), granted: false },
  { scope: 'email', words: words('email'), granted: true },
  { scope: 'notes:read', words: 'Read your notes', granted: false },
  { scope: 'notes:write', words: 'Add, change and delete your notes', granted: false },
  { scope: 'offline_access', words: words('offline_access'), granted: false },
]

const requestId = '0198c0de-0000-7000-8000-000000000001'

const challenges = [
  'Bearer realm="api", error="invalid_token", resource_metadata="http://localhost:4010/.well-known/oauth-protected-resource/api", error_description="The access token expired"',
]

const expired = {
  id: 'token-expired',
  arises: 'api',
  schemes: ['Bearer', 'DPoP'],
  status: 401,
  title: 'Access token expired',
  description: 'The access token expired',
  cause: 'The time in exp has passed. Access tokens live for a few minutes only.',
  fix: 'Use the refresh token, or send the person to sign in again.',
  client: 'REFRESH',
  person: 'Your sign-in timed out. Sign in again to carry on.',
  spec: 'RFC 6750 §3; RFC 9068 §4',
  error: 'invalid_token',
} as const

const missing = {
  ...expired,
  id: 'client-metadata-mismatch',
  arises: 'client',
  reason: 'the client refuses',
} as const

const resources = [
  {
    identifier: `${issuer}/api`,
    name: 'Notes API',
    scopes: {
      'notes:read': 'Read your notes',
      'notes:write': 'Add, change and delete your notes',
      'transfers:write': 'Send money for you',
    },
    format: 'jwt',
    accessTokenTtl: 300,
  },
  {
    identifier: `${issuer}/ledger`,
    name: 'Ledger',
    scopes: { 'ledger:read': 'Read your ledger' },
    format: 'opaque',
    accessTokenTtl: 300,
  },
] as const

const clients = [
  {
    clientId: 'web',
    secret: 'web-secret',
    kind: 'confidential; code and refresh tokens',
    redirectUris: ['http://localhost:3000/callback', `${issuer}/demo/callback`],
    grantTypes: ['authorization_code', 'refresh_token'],
    isPublic: false,
  },
  {
    clientId: 'spa',
    kind: 'public; code with PKCE and refresh tokens',
    redirectUris: ['http://localhost:5173/callback'],
    grantTypes: ['authorization_code', 'refresh_token'],
    isPublic: true,
  },
  {
    clientId: 'service',
    secret: 'service-secret',
    kind: 'client credentials; token exchange',
    redirectUris: [],
    grantTypes: ['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange'],
    resourceScopes: 'notes:read notes:write ledger:read',
    isPublic: false,
  },
]

const labChoices = {
  people: people.map(({ login }) => login),
  clients: clients.map(({ clientId }) => clientId),
  audiences: resources.map(({ identifier, scopes }) => ({
    identifier,
    scopes: Object.keys(scopes),
  })),
}

const provocation = {
  id: 'token-expired',
  request: {
    method: 'GET',
    url: `${issuer}/api/notes`,
    headers: [['Authorization', `Bearer eyJ${'a'.repeat(600)}`]],
  },
  curl: `curl -sS -i ${issuer}/api/notes \\\n  -H 'Authorization: Bearer eyJ${'a'.repeat(600)}'`,
  raw: 'GET /api/notes HTTP/1.1\r\n\r\n',
  expected: {
    status: 401,
    headers: challenges.map((line): [string, string] => ['www-authenticate', line]),
    body: { status: 401, instance: `${issuer}/doctor/<request id>` },
  },
} satisfies Provocation

export const samples: Readonly<Record<string, string>> = {
  login: loginPage({ action: '/interaction/abc/login', client: web, people }),
  'login-error': loginPage({
    action: '/interaction/abc/login',
    client: web,
    login: 'alice',
    error: 'That name and password do not match.',
    people,
    cancelAction: '/interaction/abc/abort',
  }),
  'login-hostile': loginPage({
    action: '/interaction/abc/login',
    client: hostile,
    login: hostileName,
    error: hostileName,
  }),
  consent: consentPage({
    action: '/interaction/abc/consent',
    client: web,
    account: { login: 'alice', name: 'Alice' },
    scopes,
    details: ['Transfer EUR 12.50 to bob'],
    resourceName: 'Notes',
    signOutHint: { href: '/oauth/logout', label: 'Not you?' },
  }),
  'consent-hostile': consentPage({
    action: '/interaction/abc/consent',
    client: hostile,
    account: { login: hostileName },
    scopes: [{ scope: hostileName, words: hostileName, granted: true, required: true }],
    details: [hostileName],
    resourceName: hostileName,
    signOutHint: { href: 'javascript:alert(1)', label: hostileName },
  }),
  logout: logoutPage({ form, clientName: 'Web' }),
  'logout-hostile': logoutPage({ form, clientName: hostileName }),
  'signed-out': signedOutPage({ backUrl: 'http://localhost:3000/' }),
  'left-app': signedOutPage({ clientName: hostileName, backUrl: 'javascript:alert(1)' }),
  'second-step': secondStepPage({
    action: '/interaction/abc/second-step',
    client: web,
    account: { login: 'alice', name: 'Alice' },
    shownCode: '123456',
    error: 'That code does not match. Wait for the next one and try again.',
  }),
  'second-step-hostile': secondStepPage({
    action: '/interaction/abc/second-step',
    client: hostile,
    account: { login: hostileName },
    shownCode: hostileName,
    error: hostileName,
  }),
  expired: expiredPage({
    restartUrl: '/oauth/authorize?client_id=web',
    doctorUrl: `/doctor/${requestId}`,
  }),
  'expired-without-restart': expiredPage({}),
  refusal: refusalPage({
    id: 'token-expired',
    row: expired,
    requestId,
    challenges,
    back: { href: '/', label: 'To the front page' },
    doctorUrl: `/doctor/${requestId}`,
  }),
  'refusal-hostile': refusalPage({
    id: hostileName,
    row: { ...expired, person: hostileName, title: hostileName, spec: hostileName },
    requestId: hostileName,
    challenges: [hostileName],
    back: { href: 'data:text/html,x', label: hostileName },
  }),
  home: homePage({ issuer, people, clients, resources, instruments: true }),
  'home-production': homePage({ issuer: 'https://id.example', people: [], clients: [], resources }),
  'home-hostile': homePage({
    issuer,
    people: [{ login: hostileName, password: hostileName, note: hostileName }],
    clients: [
      {
        clientId: hostileName,
        secret: hostileName,
        kind: hostileName,
        redirectUris: ['javascript:alert(1)'],
        grantTypes: ['client_credentials'],
        isPublic: false,
      },
    ],
    resources: [{ ...resources[0], name: hostileName, scopes: { [hostileName]: hostileName } }],
  }),
  ...doctorSamples(hostileName),
  refusals: refusalsPage(refusalIds.map((id) => ({ id, ...rowOf(id) }))),
  'refusal-entry': refusalEntryPage(expired, challenges, { hasLab: true }),
  'refusal-entry-not-provoked': refusalEntryPage(missing, []),
  lab: labPage(labChoices),
  'lab-faults': labPage({
    ...labChoices,
    failed: {
      fields: { sub: 'nobody', expires_in: 'long' },
      faults: ['sub is "nobody", and nobody has this id or name.', 'expires_in must be a number.'],
    },
  }),
  'lab-hostile': labPage({
    people: [hostileName],
    clients: [hostileName],
    audiences: [{ identifier: hostileName, scopes: [hostileName] }],
    failed: { fields: { sub: hostileName }, faults: [hostileName] },
  }),
  minted: mintedPage({
    access_token: `eyJ${'a'.repeat(600)}`,
    token_type: 'Bearer',
    expires_in: 300,
    claims: { sub: 'alice', hostile: hostileName },
  }),
  break: breakPage(provocation),
  broken: breakPage({ ...provocation, answer: provocation.expected, same: true, differences: [] }),
  'broken-otherwise': breakPage({
    ...provocation,
    answer: { status: 200, headers: [['X', hostileName]], body: hostileName },
    same: false,
    differences: [hostileName],
  }),
  'demo-code': demoCallbackPage({
    issuer,
    client: demoClient,
    parameters: new URLSearchParams({
      code: 'r6Z1cN3bqLw0Jx2PzVtK9aYd8eFhGmUoTsRiCkBvXyA',
      state: 'demo',
      iss: issuer,
    }),
  }),
  'demo-error': demoCallbackPage({
    issuer,
    client: demoClient,
    parameters: new URLSearchParams({
      error: 'access_denied',
      error_description: 'The person said no',
      error_uri: `${issuer}/refusals/authz-access-denied`,
      state: 'demo',
      iss: 'https://other.example',
    }),
  }),
  'demo-empty': demoCallbackPage({
    issuer,
    client: demoClient,
    parameters: new URLSearchParams(),
  }),
  'demo-hostile': demoCallbackPage({
    issuer,
    client: demoClient,
    parameters: new URLSearchParams({
      code: `$(rm -rf ~)${hostileName}`,
      error_uri: 'javascript:alert(1)',
      error_description: hostileName,
      state: hostileName,
      iss: hostileName,
    }),
  }),
}
