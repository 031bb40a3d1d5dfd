/**
 * Client ids that are addresses, with no document there that can be taken.
 * One after the other: the engine gives a document 2.5 seconds, which many servers starting at once can use up.
 */
import test from 'ava'
import { appOf, DOCUMENT, redirectUri, refusedAt } from '../helpers/document-app.ts'
import { startDocumentHost, type Answer } from '../helpers/document-host.ts'
import { createPerson } from '../helpers/person.ts'
import { productionFetch, PRODUCTION_ISSUER, startProduction } from '../helpers/production.ts'
import { start } from '../helpers/start.ts'

/** Answers that are no document, and what the developer is told of each. */
const wrong: [what: string, answer: Answer, says: RegExp][] = [
  ['there is none', (_req, res) => res.writeHead(404).end(), /unexpected response status 404/],
  [
    'it redirects elsewhere',
    (_req, res) => res.writeHead(302, { location: '/real.json' }).end(),
    /unexpected response status 302/,
  ],
  ['it is not JSON', (_req, res) => res.end('<html>'), /not valid JSON/],
  ['it is a list', (_req, res) => res.end('[]'), /not a JSON object/],
  ['it is too large', (_req, res) => res.end(' '.repeat(6000)), /response too large/],
  ['it hangs up', (_req, res) => res.destroy(), /fetch failed/],
  ['it does not answer', () => undefined, /aborted due to timeout/],
]

for (const [what, answer, says] of wrong) {
  test.serial(
    `an app is refused on a page when the document at its address is none: ${what}`,
    async (t) => {
      const documents = await startDocumentHost(t)
      if (!documents) return
      const server = await start(t)
      documents.serve('/real.json', DOCUMENT)
      const id = documents.answer('/app.json', answer)
      const { status, text, evidence } = await refusedAt(server, id)
      t.is(status, 400)
      t.regex(text, /authz-document-refused/)
      t.regex(evidence, says)
      // Once is enough, though the engine looks twice.
      t.is(documents.asked.length, 1)
    },
  )
}

/** Documents that are not taken, and the reason. */
const refused: [what: string, document: Record<string, unknown>, says: RegExp][] = [
  [
    'another client_id',
    { client_id: 'https://other.example/app.json' },
    /client_id does not match/,
  ],
  ['no client_id', { client_id: undefined }, /client_id does not match/],
  ['a secret', { client_secret: 'x' }, /must not contain client_secret/],
  [
    'a shared secret for authentication',
    { token_endpoint_auth_method: 'client_secret_basic' },
    /shared-secret/,
  ],
  ['no redirect_uris', { redirect_uris: [] }, /redirect_uris must contain members/],
  ['a redirect URI over plain http', { redirect_uris: ['http://app.example/cb'] }, /plain http/],
  [
    'an address after sign-out over plain http',
    { post_logout_redirect_uris: ['http://app.example/'] },
    /post_logout_redirect_uris has plain http/,
  ],
  ['a pattern', { redirect_uris: ['https://*.app.example/cb'] }, /a pattern/],
  [
    'a private scheme of a web app',
    { redirect_uris: ['com.example.app:/cb'] },
    /neither https nor/,
  ],
  [
    'keys over plain http',
    { jwks_uri: 'http://app.example/jwks' },
    /jwks_uri must be an https: URL/,
  ],
  [
    'a logout address over plain http',
    { backchannel_logout_uri: 'http://app.example/out' },
    /backchannel_logout_uri must be an https: URL/,
  ],
  [
    'a number for a method of authentication',
    { token_endpoint_auth_method: 5 },
    /token_endpoint_auth_method must be text/,
  ],
  ['a number for scopes of APIs', { resource_scopes: 5 }, /resource_scopes must be text/],
]

for (const [what, change, says] of refused) {
  test.serial(
    `a document is refused with ${what}, and nobody is sent to an address in it`,
    async (t) => {
      const documents = await startDocumentHost(t)
      if (!documents) return
      const server = await start(t)
      const id = documents.serve('/app.json', { ...DOCUMENT, ...change })
      const { status, text, evidence } = await refusedAt(server, id)
      t.is(status, 400)
      t.regex(text, /authz-document-refused/)
      t.regex(evidence, says)
    },
  )
}

test.serial('addresses that are no client ids are not asked', async (t) => {
  const documents = await startDocumentHost(t)
  if (!documents) return
  const server = await start(t)
  const { host } = documents
  documents.serve('/app.json', DOCUMENT)
  for (const [id, row] of [
    [`http://${host}/app.json`, 'authz-client-unknown'],
    [`https://${host}/app.json#fragment`, 'authz-client-unknown'],
    [`https://user@${host}/app.json`, 'authz-client-unknown'],
    [`https://${host}/a/../app.json`, 'authz-client-unknown'],
    [`https://${host}/%2e%2E/app.json`, 'authz-client-unknown'],
    [`https:\\\\${host}\\app.json`, 'authz-client-unknown'],
    [`https://${host}/app.json `, 'authz-client-unknown'],
    [`https://${host}`, 'authz-document-refused'],
    [`https://${host}?/app.json`, 'authz-document-refused'],
    [`https://${host}/${'a'.repeat(500)}`, 'authz-document-refused'],
  ] as const) {
    const { status, text } = await refusedAt(server, id)
    t.is(status, 400, id)
    t.regex(text, new RegExp(row), id)
  }
  t.deepEqual(documents.asked, [])
  // Another spelling of the same address is another client, and the document does not name it.
  for (const id of [`HTTPS://${host}/app.json`, `https://${host}/app%2ejson`]) {
    t.is((await refusedAt(server, id)).status, 400)
  }
  // Another port is another host: nobody is there.
  const { text, evidence } = await refusedAt(server, 'https://localhost:1/app.json')
  t.regex(text, /authz-document-refused/)
  t.regex(evidence, /ECONNREFUSED|bad port|fetch failed/)
})

test.serial(
  'where documents are switched off no address is asked, and no client has it',
  async (t) => {
    const documents = await startDocumentHost(t)
    if (!documents) return
    const id = documents.serve('/app.json', DOCUMENT)
    const local = await start(t, { settings: { CLIENT_DOCUMENTS: 'no' } })
    t.regex((await refusedAt(local, id)).text, /authz-client-unknown/)
    // As they are in production, unless told otherwise.
    const get = productionFetch(await startProduction(t))
    const { url } = createPerson(PRODUCTION_ISSUER, appOf(id)).request()
    const response = await get(url, { headers: { accept: 'text/html' }, redirect: 'manual' })
    t.is(response.status, 400)
    t.regex(await response.text(), /authz-client-unknown/)
    t.deepEqual(documents.asked, [])
  },
)

test.serial('only the redirect URIs of the document are sent to, letter for letter', async (t) => {
  const documents = await startDocumentHost(t)
  if (!documents) return
  const server = await start(t)
  const id = documents.serve('/app.json', DOCUMENT)
  for (const uri of [`${redirectUri}/`, 'https://app.example/CALLBACK', 'https://evil.example/']) {
    const { status, text } = await refusedAt(server, id, { redirect_uri: uri })
    t.is(status, 400)
    t.regex(text, /authz-redirect-uri-mismatch/)
  }
})

test.serial(
  'in production loopback and private addresses are not asked for documents',
  async (t) => {
    const documents = await startDocumentHost(t)
    if (!documents) return
    const server = await startProduction(t, { CLIENT_DOCUMENTS: 'yes' })
    const { port } = new URL(documents.id('/'))
    const get = productionFetch(server)
    documents.serve('/app.json', DOCUMENT)
    for (const id of [
      documents.id('/app.json'),
      `https://127.0.0.1:${port}/app.json`,
      `https://[::ffff:127.0.0.1]:${port}/app.json`,
    ]) {
      const { url } = createPerson(PRODUCTION_ISSUER, appOf(id)).request()
      const response = await get(url, { headers: { accept: 'text/html' }, redirect: 'manual' })
      t.is(response.status, 400)
      t.regex(await response.text(), /authz-document-refused/)
    }
    t.deepEqual(documents.asked, [])
    // The endpoint of clients says the same of a client that it cannot look up, and counts it as no guess.
    for (let tries = 0; tries < 12; tries++) {
      const answer = await get(`${PRODUCTION_ISSUER}/oauth/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({
          grant_type: 'refresh_token',
          refresh_token: 'x',
          client_id: documents.id('/app.json'),
        }).toString(),
      })
      t.is(answer.status, 401)
      t.is(((await answer.json()) as { error: string }).error, 'invalid_client')
    }
  },
)
