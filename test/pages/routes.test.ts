import Router from '@koa/router'
import test, { type ExecutionContext } from 'ava'
import Koa from 'koa'
import type { ClientRecord } from '../../src/directory/clients.ts'
import { registerHome, type HomeParts } from '../../src/home/routes.ts'
import { refusalIds, rowOf } from '../../src/refusals/catalogue.ts'
import { respondToRefusals, type RefusalPage } from '../../src/refusals/respond.ts'
import { iconAsset, registerAssets, styleAsset } from '../../src/web/assets.ts'
import { refusalPage } from '../../src/web/refusal-page.ts'
import { sendPage } from '../../src/web/send-page.ts'
import { listen } from './samples-server.ts'

const issuer = 'http://localhost:4010'
const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }

const web = {
  clientId: 'web',
  metadata: {
    redirect_uris: ['http://localhost:3000/callback', `${issuer}/demo/callback`],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'client_secret_basic',
  },
  seeded: true,
} as unknown as ClientRecord

const added = {
  ...web,
  clientId: 'added-later',
  metadata: { ...web.metadata, client_name: 'Added later' },
  seeded: false,
}

const parts: HomeParts = {
  issuer,
  isLocal: true,
  seed: {
    people: [{ login: 'alice', password: 'wonderland', note: 'two private notes' }],
    clients: [{ clientId: 'web', secret: 'web-secret', kind: 'confidential' }],
  },
  clients: { list: () => Promise.resolve([added, web]) },
  resources: {
    all: () => [
      {
        identifier: `${issuer}/api`,
        name: 'Notes API',
        scopes: { 'notes:read': 'Read your notes' },
        format: 'jwt',
        accessTokenTtl: 300,
      },
    ],
  },
}

async function serve(t: ExecutionContext, changes: Partial<HomeParts> = {}): Promise<string> {
  const router = new Router({ sensitive: true, strict: true })
  registerAssets(router)
  registerHome(router, { ...parts, ...changes })
  const renderPage = (ctx: Koa.Context, page: RefusalPage) =>
    sendPage(ctx, refusalPage(page), { status: page.row.status })
  const app = new Koa()
  app.use(async (ctx, next) => {
    ctx.state['requestId'] = '0198c0de-0000-7000-8000-000000000001'
    await next()
  })
  app.use(respondToRefusals({ issuer, renderPage }))
  app.use(router.routes())
  return listen(t, app.callback())
}

for (const asset of [styleAsset(), iconAsset()]) {
  test(`${asset.type} may be kept for good, as its name changes with its content`, async (t) => {
    const response = await fetch(`${await serve(t)}${asset.path}`)
    t.is(response.status, 200)
    t.regex(asset.path, /^\/assets\/countersign\.[0-9a-f]{12}\.(?:css|svg)$/)
    t.is(response.headers.get('cache-control'), 'public, max-age=31536000, immutable')
    t.is(response.headers.get('content-type')?.split(';')[0], asset.type.split(';')[0])
    t.is(response.headers.get('x-content-type-options'), 'nosniff')
    t.is(response.headers.get('vary'), 'Accept-Encoding')
    t.is(response.headers.get('content-encoding'), 'gzip')
    t.is(await response.text(), asset.body.toString())
  })
}

test('an asset goes uncompressed to whoever wants it so', async (t) => {
  const headers = { 'accept-encoding': 'identity' }
  const response = await fetch(`${await serve(t)}${styleAsset().path}`, { headers })
  t.is(response.headers.get('content-encoding'), null)
  t.is(await response.text(), styleAsset().body.toString())
})

test('an asset of another version is not found', async (t) => {
  const response = await fetch(`${await serve(t)}/assets/countersign.000000000000.css`)
  t.is(response.status, rowOf('not-found').status)
  t.is(response.headers.get('cache-control'), 'no-store')
})

test('the style sheet fetches nothing', (t) => {
  const style = styleAsset().body.toString()
  t.notRegex(style, /@import/)
  t.notRegex(style, /url\((?!"?'?data:)/)
})

test('the front page shows people, clients and the settings of a client', async (t) => {
  const response = await fetch(await serve(t))
  t.is(response.status, 200)
  t.is(response.headers.get('cache-control'), 'no-store')
  const page = await response.text()
  for (const shown of ['alice', 'wonderland', 'web-secret', 'http://localhost:3000/callback']) {
    t.true(page.includes(shown), shown)
  }
  t.true(page.includes('openid profile email notes:read'))
  t.true(page.indexOf('<code>web</code>') < page.indexOf('<code>added-later</code>'))
})

test('a secret that is not in the seed is never shown', async (t) => {
  const page = await (await fetch(await serve(t))).text()
  t.true(page.includes('shown once, when the client was added'))
})

test('in production the front page shows no people and no clients, and there is no demo', async (t) => {
  const origin = await serve(t, { isLocal: false })
  const page = await (await fetch(origin)).text()
  t.true(page.includes(`${issuer}/.well-known/openid-configuration`))
  for (const hidden of ['alice', 'wonderland', 'web-secret', 'added-later', 'client_id']) {
    t.false(page.includes(hidden), hidden)
  }
  t.is((await fetch(`${origin}/demo/callback?code=x`)).status, 404)
})

test('the demo sign-in asks with PKCE and comes back to the demo', async (t) => {
  const page = await (await fetch(await serve(t))).text()
  const href = /href="([^"]*\/oauth\/authorize\?[^"]*)"/.exec(page)?.[1]?.replaceAll('&amp;', '&')
  const query = new URL(href ?? '').searchParams
  t.like(Object.fromEntries(query), {
    client_id: 'web',
    response_type: 'code',
    redirect_uri: `${issuer}/demo/callback`,
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  })
})

test('the demo shows a code shortened, and the command that exchanges it', async (t) => {
  const code = 'r6Z1cN3bqLw0Jx2PzVtK9aYd8eFhGmUoTsRiCkBvXyA'
  const response = await fetch(`${await serve(t)}/demo/callback?code=${code}&state=demo`)
  t.is(response.headers.get('cache-control'), 'no-store')
  const page = await response.text()
  t.true(page.includes('<code>r6Z1cN…</code>'))
  t.true(page.includes(`-d code=${code}`))
  t.true(page.includes('-u web:web-secret'))
  t.true(page.includes('-d code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'))
})

test('an answer from another issuer is called out', async (t) => {
  const origin = await serve(t)
  const page = async (iss: string) =>
    (await fetch(`${origin}/demo/callback?code=x&iss=${encodeURIComponent(iss)}`)).text()
  t.regex(await page('https://other.example'), /a real client stops here/)
  t.notRegex(await page(issuer), /a real client stops here/)
})

test('the catalogue is JSON for programs, whole and in order', async (t) => {
  const response = await fetch(`${await serve(t)}/refusals`)
  t.is(response.status, 200)
  t.regex(response.headers.get('content-type') ?? '', /^application\/json/)
  t.is(response.headers.get('vary'), 'Accept')
  const { refusals } = (await response.json()) as { refusals: Record<string, unknown>[] }
  t.deepEqual(
    refusals.map(({ id }) => id),
    refusalIds,
  )
  const members = 'id arises status schemes error description cause fix client person spec reason'
  for (const refusal of refusals) {
    t.deepEqual(
      Object.keys(refusal).filter((member) => !members.split(' ').includes(member)),
      [],
    )
  }
})

test('the catalogue is a page for browsers, and each refusal has one', async (t) => {
  const origin = await serve(t)
  const response = await fetch(`${origin}/refusals`, { headers: browser })
  t.regex(response.headers.get('content-type') ?? '', /^text\/html/)
  t.truthy(response.headers.get('content-security-policy'))
  const list = await response.text()
  for (const id of refusalIds) {
    t.true(list.includes(`href="/refusals/${id}"`), id)
    const entry = await fetch(`${origin}/refusals/${id}`, { headers: browser })
    t.is(entry.status, 200, id)
    t.true((await entry.text()).includes('What to do'), id)
  }
})

test('one refusal is JSON for programs', async (t) => {
  const response = await fetch(`${await serve(t)}/refusals/token-expired`)
  t.like(await response.json(), {
    id: 'token-expired',
    status: 401,
    error: 'invalid_token',
    description: rowOf('token-expired').description,
  })
})

test('a refusal nobody knows is not found, also under the names every object has', async (t) => {
  const origin = await serve(t)
  for (const id of ['nope', 'constructor', '__proto__', 'Token-Expired']) {
    t.is((await fetch(`${origin}/refusals/${id}`)).status, rowOf('not-found').status, id)
  }
})

test('a browser that is refused gets the sentence for people, and the reason folded away', async (t) => {
  const response = await fetch(`${await serve(t)}/nowhere`, { headers: browser })
  t.is(response.status, rowOf('not-found').status)
  t.is(response.headers.get('cache-control'), 'no-store')
  const page = await response.text()
  t.regex(page, /<h1>[^<]+<\/h1>/)
  t.regex(page, /<details>[^]*href="\/refusals\/not-found"/)
})
