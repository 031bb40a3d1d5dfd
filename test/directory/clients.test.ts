import test from 'ava'
import { ClientFault } from '../../src/directory/client-metadata.ts'
import type { ClientInput } from '../../src/directory/clients.ts'
import { createClients } from '../../src/directory/clients.ts'
import { issueFamily, openDirectory, watched } from './open.ts'

const web = { client_name: 'Web', redirect_uris: ['http://localhost:3000/cb'] }

test('a client gets an id and a secret, of which only a fingerprint is kept', async (t) => {
  const { clients, db } = await openDirectory(t)
  const { clientId, clientSecret = '' } = await clients.add(web)
  t.regex(clientId, /^app-[a-z0-9_-]{12}$/)
  t.true(clientSecret.length >= 43)
  const row = await db.client.findUniqueOrThrow({ where: { clientId } })
  t.false(JSON.stringify(row).includes(clientSecret))

  const record = await clients.find(clientId)
  t.true(clients.verifySecret(record?.secretFingerprint ?? '', clientSecret))
  t.false(clients.verifySecret(record?.secretFingerprint ?? '', `${clientSecret}x`))
  t.like(record?.metadata, {
    ...web,
    grant_types: ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
    application_type: 'web',
    require_pkce: true,
  })
  t.false(record?.seeded)
})

test('a public client has no secret', async (t) => {
  const { clients } = await openDirectory(t)
  const added = await clients.add({ ...web, token_endpoint_auth_method: 'none' })
  t.false('clientSecret' in added)
  t.false('secretFingerprint' in ((await clients.find(added.clientId)) ?? {}))
})

test('an id and a secret that are given are taken', async (t) => {
  const { clients } = await openDirectory(t)
  const given = { ...web, client_id: 'my-app', client_secret: 's3cret' }
  t.deepEqual(await clients.add(given), { clientId: 'my-app', clientSecret: 's3cret' })
  const again = await t.throwsAsync(clients.add(given), { instanceOf: ClientFault })
  t.regex(again.message, /there is such a client already/)
})

test('the issuer in a URI is kept as a placeholder and expanded on reading', async (t) => {
  const directory = await openDirectory(t)
  const { clientId } = await directory.clients.add({
    redirect_uris: ['<issuer>/demo/callback', 'http://localhost:3000/<issuer>'],
    audiences: ['<issuer>/api'],
  })
  const row = await directory.db.client.findUniqueOrThrow({ where: { clientId } })
  t.true(row.metadata.includes('"<issuer>/demo/callback"'))
  const moved = createClients({ ...directory, issuer: 'https://id.example.com' })
  t.like((await moved.find(clientId))?.metadata, {
    redirect_uris: ['https://id.example.com/demo/callback', 'http://localhost:3000/<issuer>'],
    audiences: ['https://id.example.com/api'],
  })
})

const refused: [rule: string, input: ClientInput, fault: RegExp][] = [
  ['a relative redirect URI', { redirect_uris: ['/cb'] }, /redirect_uris\[0\] .*no absolute URI/],
  ['a fragment', { redirect_uris: ['https://a.example/cb#x'] }, /fragment/],
  ['an empty fragment', { redirect_uris: ['https://a.example/cb#'] }, /fragment/],
  ...['a b', '\\b', 'é'].map((path): [string, object, RegExp] => [
    `${JSON.stringify(path)} in a redirect URI`,
    { redirect_uris: [`https://a.example/${path}`] },
    /must be percent-encoded/,
  ]),
  ['plain http elsewhere', { redirect_uris: ['http://a.example/cb'] }, /plain http/],
  [
    'http on a name that only begins with localhost',
    { redirect_uris: ['http://localhost.a.example/cb'] },
    /plain http/,
  ],
  ['a script for a redirect URI', { redirect_uris: ['javascript:alert(1)'] }, /neither https nor/],
  ['a password in a redirect URI', { redirect_uris: ['https://a:b@a.example/'] }, /password/],
  ['a pattern of redirect URIs', { redirect_uris: ['https://*.a.example/'] }, /a pattern/],
  [
    'a private scheme for a web client',
    { redirect_uris: ['com.example.app:/cb'] },
    /neither https/,
  ],
  [
    'a scheme without a dot for a native client',
    { application_type: 'native', redirect_uris: ['myapp:/cb'] },
    /private scheme/,
  ],
  ['the code grant without a redirect URI', {}, /redirect_uris must not be empty/],
  [
    'refresh tokens from nowhere',
    { grant_types: ['client_credentials', 'refresh_token'] },
    /no grant/,
  ],
  [
    'client credentials without a secret',
    {
      ...web,
      grant_types: ['authorization_code', 'client_credentials'],
      token_endpoint_auth_method: 'none',
    },
    /without a secret/,
  ],
  [
    'a public client without PKCE',
    { ...web, token_endpoint_auth_method: 'none', require_pkce: false },
    /require_pkce must be true/,
  ],
  [
    'an access token that lives longer than a day',
    { ...web, access_token_ttl: 86_401 },
    /at most 86400/,
  ],
  ['scopes with two spaces between', { ...web, resource_scopes: 'a  b' }, /one space/],
  ['an id that needs escaping', { ...web, client_id: 'a b' }, /client_id must be/],
  [
    'a secret for a public client',
    { ...web, token_endpoint_auth_method: 'none', client_secret: 'x' },
    /client_secret must be left out/,
  ],
  ['a secret with a space', { ...web, client_secret: 'a b' }, /client_secret must be/],
  ['a script for a logo', { ...web, logo_uri: 'javascript:1' }, /logo_uri/],
  [
    'token exchange without its grant',
    { ...web, token_exchange: { subjects: 'any', audiences: ['<issuer>/api'] } },
    /token_exchange must be left out without/,
  ],
  [
    'token exchange for nothing',
    {
      grant_types: ['urn:ietf:params:oauth:grant-type:token-exchange'],
      token_exchange: { subjects: 'any', audiences: [] },
    },
    /token_exchange\.audiences/,
  ],
  [
    'response types that do not go with the grants',
    { ...web, response_types: [] },
    /response_types/,
  ],
]

for (const [rule, input, fault] of refused) {
  test(`${rule} is refused`, async (t) => {
    const { clients } = await openDirectory(t)
    const error = await t.throwsAsync<ClientFault>(clients.add(input), { instanceOf: ClientFault })
    t.is(error.faults.length, 1)
    t.regex(error.faults[0] ?? '', fault)
    t.deepEqual(await clients.list(), [])
  })
}

test('metadata that is not known, or of the wrong kind, is refused, all faults at once', async (t) => {
  const { clients } = await openDirectory(t)
  const input = { ...web, colour: 'red', grant_types: ['password'], client_name: 7 }
  const error = await t.throwsAsync<ClientFault>(clients.add(input as unknown as ClientInput))
  t.is(error.faults.length, 3)
  t.regex(error.message, /has "colour", which is not known/)
  t.regex(error.message, /grant_types\[0\] must be "authorization_code" or/)
  t.regex(error.message, /client_name must be a text/)
})

test('a native client may use any loopback name and a private scheme', async (t) => {
  const { clients } = await openDirectory(t)
  const redirect_uris = ['http://127.0.0.1/cb', 'http://[::1]/cb', 'com.example.app:/cb']
  await t.notThrowsAsync(clients.add({ application_type: 'native', redirect_uris }))
})

test('finding a client twice costs one read of it, until any client changes', async (t) => {
  const directory = await openDirectory(t)
  const { clientId } = await directory.clients.add(web)
  let reads = 0
  const counting = watched(directory.db, (member) => member === 'client' && reads++)
  const clients = createClients({ ...directory, db: counting })
  const [first, second] = await Promise.all([clients.find(clientId), clients.find(clientId)])
  t.is(await clients.find(clientId), first)
  t.is(second, first)
  t.is(reads, 1)
  await directory.clients.add({ ...web, client_id: 'other' })
  t.deepEqual(await clients.find(clientId), first)
  t.is(reads, 2)
})

test('a client changed by another process is seen at the next find', async (t) => {
  const directory = await openDirectory(t)
  const here = createClients(directory)
  const there = createClients(directory)
  t.is(await here.find('late'), undefined)
  await there.add({ ...web, client_id: 'late' })
  t.is((await here.find('late'))?.clientId, 'late')
  await there.remove('late')
  t.is(await here.find('late'), undefined)
})

test('removing a client ends what was issued to it, and a new one of its name starts afresh', async (t) => {
  const directory = await openDirectory(t)
  const { clients, denylist, db, clock } = directory
  await clients.add({ ...web, client_id: 'web' })
  await issueFamily(directory, 'g1', 'alice', 'web')
  await issueFamily(directory, 'g2', 'alice', 'other')
  await db.consent.create({
    data: { sub: 'alice', clientId: 'web', resource: '', scopes: 'openid', grantedAt: new Date(0) },
  })
  t.true(await clients.remove('web'))
  t.is((await denylist.find(['client:web']))?.reason, 'removed')
  t.is((await denylist.find(['grant:g1']))?.reason, 'removed')
  t.is(await denylist.find(['grant:g2']), undefined)
  t.is(await db.artifact.count({ where: { clientId: 'web' } }), 0)
  t.is(await db.consent.count(), 0)
  t.false(await clients.remove('web'))

  await clients.add({ ...web, client_id: 'web' })
  const now = clock.seconds()
  t.is(await denylist.find(['client:web'], now), undefined)
  // What the earlier client got for itself does not come back to life.
  t.is((await denylist.find(['client:web'], now - 60))?.reason, 'removed')
  t.is((await denylist.find(['grant:g1']))?.reason, 'removed')
})

test('asking for clients that nobody registered finds none, whatever they are called', async (t) => {
  const { clients } = await openDirectory(t)
  for (const id of ['', '__proto__', 'a\0b', '../x', 'x'.repeat(10_000)]) {
    t.is(await clients.find(id), undefined)
  }
})
