/** Control characters in what is sent to the authorization server: refused in the endpoint's own words, on both databases. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { createBrowser } from '../../scripts/kit/browser.ts'
import { basicCredentials, formRequest } from '../../scripts/kit/client.ts'
import type { RefusalId } from '../../src/refusals/catalogue.ts'
import { DEVICE_CODE } from '../helpers/device.ts'
import { createPerson, WEB } from '../helpers/person.ts'
import { postgresTests } from '../helpers/postgres.ts'
import { start, type TestServer } from '../helpers/start.ts'
import { EXCHANGE } from './exchange.ts'

const postgres = await postgresTests(test)

function onBoth(title: string, run: (t: ExecutionContext, server: TestServer) => Promise<void>) {
  test(`SQLite: ${title}`, async (t) => run(t, await start(t)))
  postgres.test(title, async (t) => {
    const DATABASE_URL = await postgres.empty(t)
    await run(t, await start(t, { settings: { DATABASE_URL } }))
  })
}

/** NUL, which PostgreSQL has no place for; another one; DEL; a line break. */
const CONTROLS = ['\0', '\x01', '\x7F', '\r\n']

const basic = (id: string) => ({ authorization: basicCredentials(id, `${id}-secret`) })

const rowOf = (text: string): string =>
  /\/refusals\/([\w-]+)/.exec(decodeURIComponent(text))?.[1] ?? ''

/** Each parameter in turn, with each control character at its end. */
function* spoilt(params: Record<string, string>) {
  for (const [name, value] of Object.entries(params)) {
    for (const control of CONTROLS) {
      yield { name, control, params: { ...params, [name]: value + control } }
    }
  }
}

/** All of what a client may ask for that is not checked for its characters by what it means. */
const free = {
  nonce: 'n',
  login_hint: 'alice',
  ui_locales: 'en',
  acr_values: 'urn:countersign:pwd',
  max_age: '100',
}

onBoth(
  'a control character in an authorization request is refused, also in a pushed one and in a device’s',
  async (t, server) => {
    const request = createPerson(server.issuer).request(free).url.searchParams
    const asked = Object.fromEntries(request)
    const allowed: Record<string, RefusalId[]> = {
      '/oauth/par': ['par-refused', 'token-invalid-scope'],
      '/oauth/device': [
        'token-invalid-request',
        'token-invalid-scope',
        'token-invalid-client-body',
      ],
    }
    for (const [path, good, headers] of [
      ['/oauth/par', asked, basic('web')],
      ['/oauth/device', { client_id: 'tv', scope: 'openid', ...free }, {}],
    ] as const) {
      for (const { name, control, params } of spoilt(good)) {
        const response = await fetch(server.url(path), formRequest(params, headers))
        const what = `${path} ${name} ${encodeURIComponent(control)}`
        t.true([400, 401].includes(response.status), what)
        t.true(allowed[path]?.includes(rowOf(await response.text()) as RefusalId), what)
      }
      t.true((await fetch(server.url(path), formRequest(good, headers))).ok, path)
    }
    for (const { name, control, params } of spoilt(asked)) {
      const target = new URL(server.url('/oauth/authorize'))
      target.search = new URLSearchParams(params).toString()
      const response = await fetch(target, { redirect: 'manual' })
      const { searchParams } = new URL(response.headers.get('location') ?? target, target)
      const what = `${name} ${encodeURIComponent(control)}`
      // Of a NUL in an address nobody is told but whoever sent it.
      if (response.status === 400) t.regex(await response.text(), /\/refusals\//, what)
      else if (name === 'scope') t.is(searchParams.get('error'), 'invalid_scope', what)
      else
        t.regex(
          searchParams.get('error') ?? '',
          /^(invalid_request|unsupported_response_type)$/,
          what,
        )
    }
  },
)

onBoth(
  'a control character in a parameter of any other endpoint is an answer of the endpoint, and no fault of the server',
  async (t, server) => {
    const tokens = await createPerson(server.issuer).tokens()
    const token = '/oauth/token'
    const AT = 'urn:ietf:params:oauth:token-type:access_token'
    const resource = server.url('/api')
    for (const [path, good, headers] of [
      [
        token,
        { grant_type: 'refresh_token', refresh_token: 'x', scope: 'notes:read' },
        basic('web'),
      ],
      [
        token,
        {
          grant_type: 'authorization_code',
          code: 'x',
          redirect_uri: WEB.redirectUri,
          code_verifier: 'v'.repeat(43),
        },
        basic('web'),
      ],
      [
        token,
        { grant_type: 'client_credentials', scope: 'notes:read', resource },
        basic('service'),
      ],
      [token, { grant_type: DEVICE_CODE, device_code: 'x', client_id: 'tv' }, {}],
      [
        token,
        {
          grant_type: EXCHANGE,
          subject_token: tokens.access_token,
          subject_token_type: AT,
          resource,
          scope: 'notes:read',
          requested_token_type: AT,
        },
        basic('service'),
      ],
      ['/oauth/introspect', { token: 'x', token_type_hint: 'access_token' }, basic('api')],
      ['/oauth/revoke', { token: 'x', token_type_hint: 'access_token' }, basic('web')],
    ] as const) {
      for (const { name, control, params } of spoilt(good)) {
        const response = await fetch(server.url(path), formRequest(params, headers))
        const what = `${path} ${params['grant_type']} ${name} ${encodeURIComponent(control)}`
        // A token that is none is not active, and nothing is left of it to revoke (RFC 7662 §2.2, RFC 7009 §2.2).
        if (path !== token) t.is(response.status, 200, what)
        else t.regex(String(response.status), /^40[01]$/, what)
        const body = await response.text()
        if (path === token) t.regex(rowOf(body), /^(token|grant|device|exchange)-/, what)
      }
    }
    for (const { name, params } of spoilt({
      client_id: 'service',
      client_secret: 'service-secret',
    })) {
      const form = { grant_type: 'client_credentials', ...params }
      t.is((await fetch(server.url(token), formRequest(form))).status, 401, name)
    }
  },
)

test('JSON in a parameter may be laid out in lines', async (t) => {
  const server = await start(t)
  const claims = JSON.stringify({ userinfo: { email: null } }, undefined, '\t')
  const { url } = createPerson(server.issuer).request({ claims })
  const { page } = await createBrowser(server.issuer).open(url)
  t.is(page?.status, 200)
})

onBoth('a control character in the metadata of a client is refused', async (t, server) => {
  const register = async (member: object) => {
    const response = await fetch(server.url('/oauth/register'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: ['https://app.example/cb'], ...member }),
    })
    return [response.status, rowOf(await response.text())]
  }
  for (const control of CONTROLS) {
    for (const member of [
      { client_name: `App${control}` },
      { client_uri: `https://app.example/${control}` },
      { logo_uri: `https://app.example/${control}` },
      { post_logout_redirect_uris: [`https://app.example/${control}`] },
      { resource_scopes: `notes:read${control}` },
    ]) {
      t.deepEqual(await register(member), [400, 'dcr-metadata-refused'], JSON.stringify(member))
    }
  }
  t.is((await register({ client_name: 'Ä App' }))[0], 201)
})
