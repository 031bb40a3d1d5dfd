import { statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { X509Certificate } from 'node:crypto'
import test from 'ava'
import { findOpenssl } from '../helpers/certificate.ts'
import { commandLine } from './run.ts'

const redirect = ['--redirect-uri', 'http://localhost:3000/cb']

type Listed = { client_id: string; client_secret?: string; seeded: boolean } & Record<
  string,
  unknown
>

test('a client is added, listed and removed before the server has ever run', async (t) => {
  const { run, folder } = await commandLine(t)
  const added = await run(['client', 'add', '--name', 'My app', ...redirect])
  t.is(added.code, 0, added.err)
  const id = /^client_id +(\S+)$/m.exec(added.out)?.[1] ?? ''
  const secret = /^client_secret +(\S+)$/m.exec(added.out)?.[1] ?? ''
  t.regex(id, /^app-/)
  t.true(secret.length >= 43)
  t.is(statSync(path.join(folder, '.countersign')).mode & 0o777, 0o700)

  const listed = await run(['client', 'list'])
  t.regex(
    listed.out,
    new RegExp(`^${id} +confidential +code refresh +hand +http://localhost:3000/cb$`, 'm'),
  )
  t.false(listed.out.includes(secret))

  t.deepEqual(await run(['client', 'remove', id]), {
    code: 0,
    out: `Client ${id} was removed.\n`,
    err: '',
  })
  t.regex((await run(['client', 'list'])).out, /^No client is registered/)
})

test('every option finds its way into the metadata, and --json prints nothing but JSON', async (t) => {
  const { run } = await commandLine(t)
  const { code, out, err } = await run(
    [
      ...['client', 'add', '--json', '--id', 'mine', '--secret', 's3cret', '--name', 'Mine'],
      ...[...redirect, '--redirect-uri', '<issuer>/demo/callback'],
      ...['--post-logout-redirect-uri', 'http://localhost:3000/'],
      ...['--grant', 'code', '--grant', 'client-credentials', '--scope', 'notes:read ledger:read'],
      ...['--audience', '<issuer>/api', '--access-token-ttl', '60', '--no-pkce'],
    ],
    { PORT: '4999' },
  )
  t.is(code, 0, err)
  t.deepEqual(JSON.parse(out), {
    client_id: 'mine',
    client_secret: 's3cret',
    client_name: 'Mine',
    redirect_uris: ['http://localhost:3000/cb', 'http://localhost:4999/demo/callback'],
    post_logout_redirect_uris: ['http://localhost:3000/'],
    grant_types: ['authorization_code', 'client_credentials'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
    application_type: 'web',
    require_pkce: false,
    access_token_ttl: 60,
    resource_scopes: 'notes:read ledger:read',
    audiences: ['http://localhost:4999/api'],
  })
  const [listed] = JSON.parse((await run(['client', 'list', '--json'])).out) as Listed[]
  t.like(listed, { client_id: 'mine', seeded: false })
  t.false('client_secret' in (listed ?? {}))
})

test('what a client may do by token exchange is told in words, or in names', async (t) => {
  const { run } = await commandLine(t)
  const add = async (...args: string[]) =>
    run(['client', 'add', '--json', ...args], { PORT: '4010' })
  const grant = ['--grant', 'token-exchange', '--exchange-for', '<issuer>/api']
  const seeded = await add(...grant, '--exchange-from', 'seeded')
  t.is(seeded.code, 0, seeded.err)
  t.deepEqual((JSON.parse(seeded.out) as Listed)['token_exchange'], {
    subjects: 'seeded',
    audiences: ['http://localhost:4010/api'],
    modes: ['impersonation', 'delegation'],
  })
  const named = await add(...grant, '--exchange-from', 'spa', '--exchange-from', 'web')
  t.like(JSON.parse(named.out), { token_exchange: { subjects: ['spa', 'web'] } })
  const held = await add(...redirect, '--may-act', 'service')
  t.like(JSON.parse(held.out), { may_act: 'service' })
  t.regex((await add(...grant)).err, /--exchange-from and --exchange-for together/)
  const without = await add('--exchange-for', '<issuer>/api', '--exchange-from', 'any')
  t.regex(without.err, /token_exchange must be left out without the token-exchange grant/)
})

test('a public client has no secret to show, and a program without a redirect URI gets client credentials', async (t) => {
  const { run } = await commandLine(t)
  const app = await run([
    'client',
    'add',
    '--public',
    '--native',
    '--json',
    '--redirect-uri',
    'com.example.app:/cb',
  ])
  t.like(JSON.parse(app.out), { token_endpoint_auth_method: 'none', application_type: 'native' })
  t.false('client_secret' in (JSON.parse(app.out) as Listed))
  const job = await run(['client', 'add', '--json'])
  t.like(JSON.parse(job.out), { grant_types: ['client_credentials'], redirect_uris: [] })
})

test('metadata that is refused is told, all faults at once, with exit code 1 and no stack', async (t) => {
  const { run } = await commandLine(t)
  const { code, out, err } = await run([
    ...['client', 'add', '--redirect-uri', 'http://shop.example/cb', '--redirect-uri', '/cb'],
    ...['--access-token-ttl', '100000'],
  ])
  t.is(code, 1)
  t.is(out, '')
  t.is(err.trimEnd().split('\n').length, 3)
  t.regex(err, /redirect_uris\[0\] is "http:\/\/shop\.example\/cb"/)
  t.regex(err, /redirect_uris\[1\] is "\/cb", which is no absolute URI/)
  t.regex(err, /access_token_ttl must be at most 86400/)
  t.notRegex(err, /^\s+at /m)
})

test('scopes and resources that nobody has are refused once there are any', async (t) => {
  const { run } = await commandLine(t, { seeded: true })
  const scope = await run(['client', 'add', '--scope', 'notes:raed'])
  t.is(scope.code, 2)
  t.regex(scope.err, /--scope is "notes:raed".* notes:read, notes:write/)
  const audience = await run(['client', 'add', '--audience', '<issuer>/apis'])
  t.is(audience.code, 2)
  t.regex(audience.err, /--audience is "<issuer>\/apis".* <issuer>\/api, <issuer>\/ledger/)
})

test('removing a client that is not there is told with exit code 1, and the others are removed', async (t) => {
  const { run } = await commandLine(t, { seeded: true })
  const { code, out, err } = await run(['client', 'remove', 'nobody', 'tv'])
  t.is(code, 1)
  t.is(out, 'Client tv was removed.\n')
  t.regex(err, /there is no client "nobody"/)
})

test('reset brings back what was removed, and names what it took away', async (t) => {
  const { run } = await commandLine(t, { seeded: true })
  await run(['client', 'remove', 'web'])
  await run(['client', 'add', '--id', 'mine', ...redirect])
  const { code, out } = await run(['reset'])
  t.is(code, 0)
  t.is(out, 'Back to the seed: 4 people, 8 clients.\nRemoved: client mine.\n')
  const clients = JSON.parse((await run(['client', 'list', '--json'])).out) as Listed[]
  t.deepEqual(
    clients.map(({ client_id }) => client_id),
    ['api', 'brief', 'cli', 'desk', 'service', 'spa', 'tv', 'web'],
  )
  t.true(clients.every(({ seeded }) => seeded))
})

test('there is no reset in production', async (t) => {
  const { run, folder } = await commandLine(t)
  const { code, err } = await run(['reset'], {
    PROFILE: 'production',
    SECRET: 'a master secret of forty characters, or so',
    ISSUER: 'https://id.example.com',
    DATABASE_URL: `file:${folder}/production.db`,
  })
  t.is(code, 1)
  t.regex(err, /PROFILE=production has no seed to go back to/)
})

test('a client with keys of its own gets no secret, and only public keys are taken', async (t) => {
  const { run, folder } = await commandLine(t)
  const jwk = { kty: 'EC', crv: 'P-256', x: 'eA', y: 'eQ', kid: 'one' }
  const file = (name: string, content: object) => {
    writeFileSync(path.join(folder, name), JSON.stringify(content))
    return path.join(folder, name)
  }
  const inline = await run(['client', 'add', '--json', '--jwks', file('one.json', jwk)])
  t.is(inline.code, 0, inline.err)
  const added = JSON.parse(inline.out) as Record<string, unknown>
  t.false('client_secret' in added)
  t.like(added, { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } })
  const uri = 'http://localhost:3000/jwks'
  const byUri = await run(['client', 'add', '--jwks-uri', uri])
  t.regex(byUri.out, /^client_secret +none: it has a key$/m)
  for (const [args, says] of [
    [['--jwks', file('own.json', { keys: [{ ...jwk, d: 'ZA' }] })], /has a private key/],
    [['--jwks', file('no.json', { keys: [{ kty: 'EC' }] })], /is no key of the kinds/],
    [['--jwks', path.join(folder, 'none.json')], /cannot be read/],
    [['--jwks-uri', 'http://keys.example/jwks'], /plain http/],
    [['--jwks-uri', uri, '--jwks', file('one.json', jwk)], /must be left out beside jwks/],
    [['--jwks-uri', uri, '--secret', 'x'], /must be left out for a client that authenticates/],
    [['--jwks-uri', uri, '--public', ...redirect], /leave out its keys/],
  ] as const) {
    const refused = await run(['client', 'add', ...args])
    t.not(refused.code, 0)
    t.regex(refused.err, says)
  }
})

test('a client with a certificate is added from its file, and its tokens are bound to it', async (t) => {
  const make = await findOpenssl(t)
  if (!make) return
  const { run } = await commandLine(t)
  const { cert, certFile, keyFile } = await make('client')
  const added = await run(['client', 'add', '--json', '--tls-certificate', certFile])
  t.is(added.code, 0, added.err)
  const x5c = [new X509Certificate(cert).raw.toString('base64')]
  const { jwks, ...client } = JSON.parse(added.out) as { jwks: { keys: object[] } }
  t.like(client, {
    token_endpoint_auth_method: 'self_signed_tls_client_auth',
    tls_client_certificate_bound_access_tokens: true,
    grant_types: ['client_credentials'],
  })
  t.like(jwks, { keys: [{ kty: 'EC', crv: 'P-256', x5c }] })
  t.false(added.out.includes('client_secret'))
  for (const [args, says] of [
    [[keyFile], /is no certificate in PEM/],
    [[certFile, '--jwks-uri', 'https://app.example/jwks'], /leave out --jwks and --jwks-uri/],
    [[certFile, '--public', ...redirect], /leave out its keys/],
  ] as const) {
    const refused = await run(['client', 'add', '--tls-certificate', ...args])
    t.is(refused.code, 2)
    t.regex(refused.err, says)
  }
})
