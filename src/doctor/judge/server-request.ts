/**
 * A pasted request to the authorization server: what can be told from the request and the registered clients alone,
 * by the steps of its endpoint. Nothing is sent, and no secret, code or token is tried.
 */
import type { ClientRecord } from '../../directory/clients.ts'
import { isDocumentUrl } from '../../directory/document-url.ts'
import type { RefusalId } from '../../refusals/catalogue.ts'
import type { Evidence } from '../../refusals/refusal.ts'
import { diagnosis, firstRefusal, notReached, passed, refused } from '../diagnosis.ts'
import type { CheckResult, Diagnosis } from '../diagnosis.ts'
import { adviceFor } from '../next.ts'
import { FORM, headerOf } from '../paste/written-request.ts'
import type { WrittenRequest } from '../paste/written-request.ts'
import { endpoints } from '../steps.ts'
import type { Endpoint } from '../steps/step.ts'
import type { JudgeParts } from './parts.ts'

type Asked = {
  request: WrittenRequest
  params: URLSearchParams
  client: ClientRecord | undefined
  /** How the client authenticates: `Basic`, `client_secret`, `client_assertion`. */
  authentications: string[]
}

/** Refused with evidence, `true` where it passed, undefined where it cannot be told from here. */
type Verdict = readonly [RefusalId, Evidence] | true | undefined
type Judge = (asked: Asked) => Verdict

const takes =
  (method: string): Judge =>
  ({ request }) =>
    request.method === method || ['method-not-allowed', { expected: method, found: request.method }]

/** Parameters that may stand there twice. */
const MAY_REPEAT = new Set(['resource', 'audience'])

const repeated = (params: URLSearchParams): string | undefined =>
  [...params.keys()].find((name) => !MAY_REPEAT.has(name) && params.getAll(name).length > 1)

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'

const GRANT_TYPES = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  DEVICE_CODE,
  'urn:ietf:params:oauth:grant-type:token-exchange',
]

const authorize: Readonly<Record<string, Judge>> = {
  method: takes('GET'),
  client: ({ client, params }) =>
    client !== undefined ||
    (isDocumentUrl(params.get('client_id') ?? '')
      ? undefined
      : [
          'authz-client-unknown',
          { expected: 'a registered client_id', found: params.get('client_id') ?? 'none' },
        ]),
  'return address': ({ client, params }) => {
    if (!client) return undefined
    const { redirect_uris: expected, application_type } = client.metadata
    const found = params.get('redirect_uri') ?? 'none'
    const fits = expected.some(
      (uri) => uri === found || (application_type === 'native' && sameButPort(uri, found)),
    )
    return fits || ['authz-redirect-uri-mismatch', { expected, found }]
  },
  parameters: ({ params }) => {
    const twice = repeated(params)
    if (twice !== undefined) {
      return ['authz-invalid-request', { expected: 'each parameter once', found: `${twice} twice` }]
    }
    const missing = ['response_type', 'scope'].find((name) => !params.has(name))
    if (missing === undefined || params.has('request') || params.has('request_uri')) return true
    return missing === 'response_type'
      ? ['authz-invalid-request', { expected: missing, found: 'no such parameter' }]
      : true
  },
  'request object': ({ params }) => (params.has('request') ? undefined : true),
  'pushed request': ({ params }) => (params.has('request_uri') ? undefined : true),
  'response type': ({ params }) => {
    const found = params.get('response_type')
    if (found === null) return undefined
    return found === 'code' || ['authz-unsupported-response-type', { expected: 'code', found }]
  },
  PKCE({ client, params }) {
    if (!client || params.has('request_uri')) return undefined
    if (client.metadata.token_endpoint_auth_method !== 'none' && !client.metadata.require_pkce) {
      return true
    }
    const challenge = params.get('code_challenge')
    const method = params.get('code_challenge_method')
    if (challenge !== null && method === 'S256') return true
    const found =
      challenge === null ? 'no code_challenge' : `code_challenge_method=${method ?? 'plain'}`
    return ['authz-pkce-required', { expected: 'code_challenge and S256', found }]
  },
}

const clientForm: Readonly<Record<string, Judge>> = {
  method: takes('POST'),
  'form with each parameter once': ({ request, params }) => {
    const type = headerOf(request, 'content-type')?.split(';', 1)[0]?.trim().toLowerCase()
    if (type !== FORM) {
      return ['token-invalid-request', { expected: FORM, found: type ?? 'no Content-Type' }]
    }
    const twice = repeated(params)
    return (
      twice === undefined || [
        'token-invalid-request',
        { expected: 'each parameter once', found: `${twice} twice` },
      ]
    )
  },
  'one client authentication': ({ authentications }) =>
    authentications.length < 2 || [
      'token-multiple-client-auth',
      { expected: 'one of them', found: authentications },
    ],
  // Whether the secret is right is not tried here: that would be a way to guess without being counted.
  'client authentication': ({ authentications, client, params }) => {
    if (authentications.length > 0) {
      return client || authentications[0] !== 'Basic'
        ? undefined
        : ['token-invalid-client', { expected: 'a registered client', found: 'another client_id' }]
    }
    if (client?.metadata.token_endpoint_auth_method === 'none') return true
    if (isDocumentUrl(params.get('client_id') ?? '')) return undefined
    const found = params.has('client_id') ? 'client_id alone' : 'no client authentication'
    return ['token-no-client-auth', { expected: 'client_id and secret, as HTTP Basic', found }]
  },
}

const token: Readonly<Record<string, Judge>> = {
  ...clientForm,
  'form with each parameter once': (asked) => {
    const verdict = clientForm['form with each parameter once']?.(asked)
    if (verdict !== true || asked.params.has('grant_type')) return verdict
    return ['token-invalid-request', { expected: 'grant_type', found: 'no such parameter' }]
  },
  'grant type': ({ params }) => {
    const found = params.get('grant_type')
    if (found === null) return undefined
    return (
      GRANT_TYPES.includes(found) || [
        'token-unsupported-grant-type',
        { expected: GRANT_TYPES, found },
      ]
    )
  },
  'grant type of this client': ({ client, params }) => {
    const found = params.get('grant_type')
    if (!client || found === null) return undefined
    const expected: readonly string[] = client.metadata.grant_types
    return expected.includes(found) || ['token-unauthorized-client', { expected, found }]
  },
}

const deviceAuthorization: Readonly<Record<string, Judge>> = {
  ...clientForm,
  'grant type of this client': ({ client }) => {
    if (!client) return undefined
    const expected = DEVICE_CODE
    const found: readonly string[] = client.metadata.grant_types
    return found.includes(expected) || ['token-unauthorized-client', { expected, found }]
  },
}

const judges: Readonly<Record<string, Readonly<Record<string, Judge>>>> = {
  authorize,
  token,
  par: clientForm,
  deviceAuthorization,
  introspect: clientForm,
  revoke: clientForm,
}

/** Undefined where no endpoint of the authorization server has the path. */
export async function judgeServerRequest(
  request: WrittenRequest,
  target: string,
  { clients, kit }: JudgeParts,
): Promise<Diagnosis | undefined> {
  const [path = '', query = ''] = target.split(/\?(.*)/s)
  const found = Object.entries<Endpoint>(endpoints).find(([, { at }]) => at.test(path))
  if (!found) return undefined
  const [name, { steps }] = found
  const params = new URLSearchParams(name === 'authorize' ? query : (request.body ?? ''))
  const basicId = basicClientId(headerOf(request, 'authorization'))
  const clientId = basicId ?? params.get('client_id')
  const asked: Asked = {
    request,
    params,
    client: clientId === null ? undefined : await clients.find(clientId),
    authentications: [
      ...(basicId === undefined ? [] : ['Basic']),
      ...['client_secret', 'client_assertion'].filter((one) => params.has(one)),
    ],
  }
  const own = judges[name] ?? {}
  const checks = steps.map((step): CheckResult => {
    const verdict = own[step.name]?.(asked)
    if (verdict === undefined) return notReached(step.name)
    return verdict === true ? passed(step.name) : refused(step.name, ...verdict)
  })
  const id = firstRefusal(checks)
  const { method } = request
  const advice =
    id === undefined
      ? []
      : await adviceFor({ id, method, path, clientId: clientId ?? undefined }, kit)
  const subject = `${method} ${path}, as it was written down and not sent: what can be told without trying secrets, codes and tokens.`
  return diagnosis(subject, checks, advice)
}

/** RFC 6749 §2.3.1: both halves are form-encoded. */
function basicClientId(authorization: string | undefined): string | undefined {
  const [, base64] = /^basic +(\S+)$/i.exec(authorization ?? '') ?? []
  if (base64 === undefined) return undefined
  const [id = ''] = Buffer.from(base64, 'base64').toString().split(':', 1)
  try {
    return decodeURIComponent(id.replaceAll('+', ' '))
  } catch {
    return id
  }
}

/** RFC 8252 §7.3: a native app may listen on any loopback port. */
function sameButPort(registered: string, sent: string): boolean {
  const [a, b] = [URL.parse(registered), URL.parse(sent)]
  if (!a || !b || !['localhost', '127.0.0.1', '[::1]'].includes(a.hostname)) return false
  b.port = a.port
  return a.href === b.href
}
