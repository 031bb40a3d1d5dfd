/** Hostile input 54 and 55: methods that are not for a protected address (RFC 9110 §9.3), and addresses to be sent on to (RFC 9700 §4.1). */
import type { Bench } from './bench.ts'
import { accepted, atTheEdge, invitation } from './input.ts'
import type { Answer, HostileRequest, Input } from './input.ts'

const anonymous = invitation('no-credentials', 'The request carries no credentials')
const notAllowed = atTheEdge(405, 'method-not-allowed', 'This address does not take this method', {
  headers: { Allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' },
})

const ORIGIN = 'http://localhost:5173'

const call =
  (method: string, ...fields: string[]) =>
  async ({ mint }: Bench): Promise<HostileRequest> => {
    const token = await mint.mint({ scope: 'notes:read' })
    return {
      line: `${method} /api/notes`,
      fields: fields.map((field) => field.replace(/\bT\b/, token)),
      traces: ['attacker'],
    }
  }

const methods: readonly Input[] = [
  {
    number: 54,
    what: 'HEAD without credentials',
    request: call('HEAD'),
    answer: { ...anonymous, scope: 'notes:read' },
  },
  {
    number: 54,
    what: 'HEAD with a token',
    request: call('HEAD', 'Authorization: Bearer T'),
    answer: accepted,
  },
  { number: 54, what: 'OPTIONS that is no preflight', request: call('OPTIONS'), answer: anonymous },
  {
    number: 54,
    what: 'OPTIONS with an origin and no question',
    request: call('OPTIONS', `Origin: ${ORIGIN}`),
    answer: anonymous,
  },
  {
    number: 54,
    what: 'a preflight',
    request: call('OPTIONS', `Origin: ${ORIGIN}`, 'Access-Control-Request-Method: POST'),
    answer: { status: 204, headers: { 'Access-Control-Allow-Origin': ORIGIN } },
  },
  {
    number: 54,
    what: 'TRACE',
    request: call('TRACE', 'Authorization: Bearer T', 'Cookie: attacker=1'),
    answer: notAllowed,
  },
  { number: 54, what: 'TRACE without credentials', request: call('TRACE'), answer: notAllowed },
  {
    number: 54,
    what: 'a method nobody knows',
    request: call('BREW', 'Authorization: Bearer T'),
    answer: atTheEdge(501, 'method-unknown', 'This server does not know this method'),
  },
]

const REGISTERED = 'http://localhost:3000/callback'

/** A request of the app `web` that would lead to the sign-in page. */
const authorize =
  (changes: Readonly<Record<string, string>>, { accept = '*/*', traces = ['attacker'] } = {}) =>
  (): HostileRequest => {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: 'web',
      redirect_uri: REGISTERED,
      scope: 'openid',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      ...changes,
    })
    return {
      line: `GET /oauth/authorize?${query.toString()}`,
      fields: [`Accept: ${accept}`],
      traces,
    }
  }

/** Told to the person, who is sent nowhere. */
const notRegistered = atTheEdge(
  400,
  'authz-redirect-uri-mismatch',
  'The redirect_uri is not registered for this client',
)

const addresses: readonly (readonly [what: string, redirectUri: string])[] = [
  ['@', 'http://localhost:3000@attacker.example/callback'],
  ['a user and @', 'http://localhost:3000:x@attacker.example/callback'],
  ['a backslash', String.raw`http://localhost:3000\@attacker.example/callback`],
  ['backslashes for slashes', String.raw`http:\\attacker.example/callback`],
  ['a tab inside', 'http://local\thost:3000/callback'],
  ['a tab behind it', `${REGISTERED}\t`],
  ['a line end and a field behind it', `${REGISTERED}\r\nX-Attacker: 1`],
  ['punycode', 'http://xn--lcalhost-n0a:3000/callback'],
  ['a letter that looks like ours', 'http://l\u043ecalhost:3000/callback'],
  ['no scheme', '//attacker.example/callback'],
  ['a slash more', 'http://localhost:3000//callback'],
  ['a slash behind it', `${REGISTERED}/`],
  ['a path that leads back', 'http://localhost:3000/x/../callback'],
  ['a path that leads back, escaped', 'http://localhost:3000/x/%2e%2e/callback'],
  ['capitals', 'HTTP://LOCALHOST:3000/callback'],
  ['a query', `${REGISTERED}?next=attacker`],
  ['a fragment', `${REGISTERED}#attacker`],
  ['another port', 'http://localhost:3001/callback'],
  ['our name and more', 'http://localhost:3000.attacker.example/callback'],
  ['a script', 'javascript:alert(document.domain)//attacker'],
  ['data', 'data:text/html,attacker'],
  ['nothing', ''],
]

const WITH_SCRIPT = '"><script>alert(1)</script>'

/** `state` comes back to the app, byte for byte, and in no way that is read otherwise (RFC 6749 §4.1.2.1). */
const sentBack = (state: RegExp, more: object = {}): Answer => ({
  status: 303,
  headers: {
    Location: new RegExp(`^http://localhost:3000/callback\\?[!-~]*&state=${state.source}&`),
    ...more,
  },
})

const redirects: readonly Input[] = [
  ...addresses.flatMap(([what, redirect_uri]): Input[] => [
    {
      number: 55,
      what: `redirect_uri with ${what}`,
      request: authorize({ redirect_uri }),
      answer: notRegistered,
    },
    {
      number: 55,
      what: `redirect_uri with ${what}, for a person`,
      request: authorize({ redirect_uri }, { accept: 'text/html' }),
      answer: notRegistered,
    },
  ]),
  {
    number: 55,
    what: 'state with a line end and a field behind it',
    request: authorize(
      { prompt: 'none', state: 'a\r\nX-Attacker: 1' },
      { traces: ['X-Attacker: 1'] },
    ),
    answer: sentBack(/a%0D%0AX-Attacker%3A\+1/),
  },
  {
    number: 55,
    what: 'state with a script',
    request: authorize({ prompt: 'none', state: WITH_SCRIPT }, { traces: ['<script'] }),
    answer: sentBack(/%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E/),
  },
  {
    number: 55,
    what: 'state with a parameter of its own',
    request: authorize(
      { prompt: 'none', state: 'a&code=attacker#x' },
      { traces: ['&code=attacker'] },
    ),
    answer: sentBack(/a%26code%3Dattacker%23x/),
  },
  {
    number: 55,
    what: 'state with letters that turn round',
    request: authorize({ prompt: 'none', state: '\u202Ea\u0301\u2603' }),
    answer: sentBack(/%E2%80%AEa%CC%81%E2%98%83/),
  },
  {
    number: 55,
    what: 'state with a script, sent back in a form',
    request: authorize(
      { prompt: 'none', response_mode: 'form_post', state: WITH_SCRIPT },
      { traces: ['<script>alert'] },
    ),
    answer: { status: 400, headers: { 'Content-Security-Policy': /script-src 'sha256-[^' ]+';/ } },
  },
  {
    number: 55,
    what: 'state with a script, and a client nobody knows, for a person',
    request: authorize(
      { client_id: WITH_SCRIPT, state: WITH_SCRIPT },
      { accept: 'text/html', traces: ['alert(1)'] },
    ),
    answer: atTheEdge(400, 'authz-client-unknown', 'The client is not known'),
  },
]

export const methodsAndRedirects: readonly Input[] = [...methods, ...redirects]
