/** Apache guards APIs with mod_oauth2, configured as the README says: by our keys alone, and by introspection. */
import test, { type ExecutionContext } from 'ava'
import { wholeBench } from '../adversarial/bench.ts'
import { isInstalled } from '../helpers/installed.ts'
import { createPerson, post } from '../helpers/person.ts'
import { start } from '../helpers/start.ts'
import { APACHE, APACHE_MODULES, freePort, startApache } from '../helpers/web-server.ts'
import { asShown } from './as-shown.ts'

const NEEDED = {
  [APACHE]: 'apache2-bin',
  [`${APACHE_MODULES}/mod_oauth2.so`]: 'libapache2-mod-oauth2',
}

const PAGE = '<!--#echo var="REMOTE_USER" --> by <!--#echo var="OAUTH2_CLAIM_client_id" -->'

/** Asks a path of Apache with a token; answers the status, and what stands there, or the error of the challenge. */
async function startApis(t: ExecutionContext, issuer: string) {
  const port = await freePort()
  await startApache(t, {
    port,
    modules: ['oauth2', 'rewrite'],
    site: asShown('mod_oauth2.conf', { 'http://localhost:4010': issuer }),
    files: { 'notes/index.html': PAGE, 'ledger/index.html': PAGE },
  })
  return async (path: '/notes/' | '/ledger/', token: string): Promise<[number, string]> => {
    const response = await fetch(`http://localhost:${port}${path}`, {
      headers: { authorization: `Bearer ${token}` },
    })
    const text = await response.text()
    const challenge = response.headers.get('www-authenticate') ?? ''
    const told = response.ok ? text : (/error="([^"]*)"/.exec(challenge)?.[1] ?? '')
    return [response.status, told]
  }
}

test('mod_oauth2 takes our JWTs by our published keys, whatever else they are good for', async (t) => {
  if (!isInstalled(t, NEEDED)) return
  const { server, mint } = await wholeBench(t)
  const ask = await startApis(t, server.issuer)
  t.deepEqual(await ask('/notes/', await mint.mint({ scope: 'notes:read' })), [200, 'alice by web'])
  // With two scopes, and userinfo as a second audience.
  const tokens = await createPerson(server.issuer).tokens({
    scope: 'openid notes:write notes:read',
  })
  t.deepEqual(await ask('/notes/', tokens.access_token), [200, 'alice by web'])
})

test('mod_oauth2 refuses JWTs that are expired, forged, for somebody else, without the scope, or bound to a key', async (t) => {
  if (!isInstalled(t, NEEDED)) return
  const { server, mint, now } = await wholeBench(t)
  const ask = await startApis(t, server.issuer)
  const scope = 'notes:read'
  for (const [token, answer] of [
    [await mint.mint({ scope, issuedAt: now - 600 }), [401, 'invalid_token']],
    [await mint.mint({ scope, signer: 'stranger' }), [401, 'invalid_token']],
    [await mint.mint({ scope, audience: server.url('/ledger') }), [401, '']],
    [await mint.mint({ scope: 'notes:write notes:reader' }), [403, '']],
    [await mint.mint({ scope, claims: { cnf: { jkt: 'x'.repeat(43) } } }), [403, '']],
  ] as const) {
    t.deepEqual(await ask('/notes/', token), [...answer])
  }
})

test('mod_oauth2 asks about opaque tokens, of people and programs, and refuses a revoked one on the next call', async (t) => {
  if (!isInstalled(t, NEEDED)) return
  const server = await start(t)
  const ask = await startApis(t, server.issuer)
  const person = createPerson(server.issuer)
  const { access_token: token } = await person.tokens({ scope: 'ledger:read' })
  t.deepEqual(await ask('/ledger/', token), [200, 'alice by web'])
  await person.revoke(token)
  t.deepEqual(await ask('/ledger/', token), [401, 'invalid_token'])
  const program = { id: 'service', secret: 'service-secret', redirectUri: '' }
  const grant = { grant_type: 'client_credentials', scope: 'ledger:read' }
  const { body } = await post(server.url('/oauth/token'), grant, program)
  t.deepEqual(await ask('/ledger/', body.access_token ?? ''), [200, 'service by service'])
  const { access_token: forTheApi } = await person.tokens({ scope: 'openid notes:read' })
  t.deepEqual(await ask('/ledger/', forTheApi), [401, ''])
  t.deepEqual(await ask('/ledger/', 'nonsense'), [401, 'invalid_token'])
  const bound = await fetch(server.url('/lab/mint'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ audience: server.url('/ledger'), cnf: { jkt: 'x'.repeat(43) } }),
  })
  const { access_token: stolen } = (await bound.json()) as { access_token: string }
  t.deepEqual(await ask('/ledger/', stolen), [403, ''])
})
