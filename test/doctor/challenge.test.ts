import test from 'ava'
import { refusalIds, rowOf } from '../../src/refusals/catalogue.ts'
import { challengesFor } from '../../src/refusals/challenge.ts'
import { failedIn, startDoctor } from './doctor.ts'

test('a challenge is explained parameter by parameter: meaning, what the client does, source', async (t) => {
  const { judge, issuer } = await startDoctor(t)
  const metadata = `${issuer}/.well-known/oauth-protected-resource/api`
  const { challenges, refusal, next, checks } = await judge(
    `WWW-Authenticate: Bearer realm="api", error="insufficient_scope", scope="notes:write", resource_metadata="${metadata}", error_description="This operation needs more scope"`,
  )
  const [bearer, ...others] = challenges ?? []
  t.deepEqual(others, [])
  t.is(bearer?.scheme, 'Bearer')
  t.deepEqual(
    bearer?.parameters.map(({ name, value }) => [name, value]),
    [
      ['realm', 'api'],
      ['error', 'insufficient_scope'],
      ['scope', 'notes:write'],
      ['resource_metadata', metadata],
      ['error_description', 'This operation needs more scope'],
    ],
  )
  for (const { meaning, client, source } of bearer?.parameters ?? []) {
    t.true(meaning.length > 10 && client.length > 5)
    t.regex(source, /^RFC \d+ §/)
  }
  t.is(refusal, 'insufficient-scope')
  t.true(checks.slice(0, -1).every(({ outcome }) => outcome === 'passed'))
  t.is(next[0], `curl ${metadata}`)
  const url = new URL(next.find((one) => one.includes('/oauth/authorize?')) ?? '')
  t.is(url.searchParams.get('scope'), 'notes:write')
})

test('the challenge of every refusal leads back to it, by the address of its page', async (t) => {
  const { judge, issuer } = await startDoctor(t)
  for (const id of refusalIds) {
    const errorUri = `${issuer}/refusals/${id}`
    const lines = challengesFor(id, {
      realm: 'api',
      schemes: ['Bearer', 'DPoP'],
      scope: 'notes:read',
      acrValues: 'urn:countersign:mfa',
      maxAge: 300,
      errorUri,
    })
    const { error } = rowOf(id)
    if (lines.length === 0 || error === undefined) continue
    const diagnosis = await judge(lines.map((line) => `WWW-Authenticate: ${line}`).join('\n'))
    t.is(diagnosis.refusal, id)
    t.is(diagnosis.challenges?.length, lines.length)
    t.deepEqual([...failedIn(diagnosis).keys()], ['what was sent'])
  }
})

test('a step-up challenge leads to an authorization with its acr_values, its max_age and openid', async (t) => {
  const { judge } = await startDoctor(t)
  const { next } = await judge(
    'Bearer realm="api", error="insufficient_user_authentication", scope="transfers:write", acr_values="urn:countersign:mfa", max_age="300", error_description="A different authentication level is required"',
  )
  const url = new URL(next.find((one) => one.includes('/oauth/authorize?')) ?? '')
  t.like(Object.fromEntries(url.searchParams), {
    scope: 'openid transfers:write',
    acr_values: 'urn:countersign:mfa',
    max_age: '300',
  })
})

test('a challenge without an error says that nothing usable was sent', async (t) => {
  const { judge } = await startDoctor(t)
  const diagnosis = await judge('WWW-Authenticate: Bearer realm="api", scope="notes:read"')
  t.is(diagnosis.refusal, 'no-credentials')
  t.regex(failedIn(diagnosis).get('what was sent')?.says ?? '', /nothing usable was sent/)
  t.is((await judge('WWW-Authenticate: Basic realm="x"')).refusal, 'basic-required')
  t.is((await judge('Digest realm="x", nonce="y", stale=true')).refusal, 'digest-stale')
  t.is((await judge('Digest realm="x", nonce="y", qop="auth"')).refusal, 'digest-required')
})

test('where several refusals look the same on purpose, none is guessed', async (t) => {
  const { judge } = await startDoctor(t)
  const diagnosis = await judge(
    'Bearer realm="api", error="invalid_token", error_description="The access token is not valid"',
  )
  t.is(diagnosis.refusal, undefined)
  const found = failedIn(diagnosis).get('what was sent')
  t.regex(found?.says ?? '', /token-malformed, token-unknown, .* look the same on purpose/)
  t.regex(found?.fix ?? '', /X-Request-Id/)
})

const broken: [what: string, input: string, check: string][] = [
  ['a scheme alone', 'WWW-Authenticate: Bearer', 'at least one parameter'],
  ['Basic without a realm', 'WWW-Authenticate: Basic charset="UTF-8"', 'realm'],
  [
    'a quote in a description',
    'WWW-Authenticate: Bearer realm="a", error="invalid_token", error_description="bad \\"aud\\""',
    'characters',
  ],
  [
    'letters outside ASCII',
    'WWW-Authenticate: Bearer realm="a", error="x", error_description="nö"',
    'characters',
  ],
  [
    'quotes that end early',
    'WWW-Authenticate: Bearer realm="a", error_description="unexpected "aud" value"',
    'grammar',
  ],
  ['a parameter twice', 'WWW-Authenticate: Bearer realm="a", realm="b"', 'grammar'],
  [
    'Basic before Bearer',
    'WWW-Authenticate: Basic realm="a"\nWWW-Authenticate: Bearer realm="a"',
    'order',
  ],
]

for (const [what, input, check] of broken) {
  test(`a challenge with a mistake of its own is told so: ${what}`, async (t) => {
    const { judge } = await startDoctor(t)
    const found = failedIn(await judge(input)).get(check)
    t.truthy(found)
    t.truthy(found?.fix)
  })
}

test('a 401 without a challenge is told so, and other answers need none', async (t) => {
  const { judge } = await startDoctor(t)
  const found = failedIn(await judge('HTTP/1.1 401 Unauthorized\nDate: x')).get('challenge')
  t.regex(found?.says ?? '', /must say how to get in/)
  t.deepEqual([...failedIn(await judge('HTTP/1.1 404 Not Found\nDate: x'))], [])
})

test('a challenge of another server is explained, and not sent to ours', async (t) => {
  const { judge, issuer } = await startDoctor(t)
  const { challenges, next } = await judge(
    'Bearer realm="x", error="invalid_token", unheard-of="1", resource_metadata="https://api.example/.well-known/oauth-protected-resource"',
  )
  t.regex(
    challenges?.[0]?.parameters.find(({ name }) => name === 'unheard-of')?.meaning ?? '',
    /Not known here/,
  )
  t.deepEqual(next, ['curl https://api.example/.well-known/oauth-protected-resource'])
  t.false(next.join().includes(issuer))
})

test('an error that came back to an app is explained by the steps of the authorization', async (t) => {
  const { judge, issuer } = await startDoctor(t)
  const denied = new URLSearchParams({
    error: 'access_denied',
    error_description: rowOf('authz-access-denied').description,
    iss: issuer,
  })
  const diagnosis = await judge(`http://localhost:3000/callback?${denied}`)
  t.is(diagnosis.refusal, 'authz-access-denied')
  t.is(failedIn(diagnosis).get('consent')?.refusal, 'authz-access-denied')

  denied.set('iss', 'https://other.example')
  t.is((await judge(`http://localhost:3000/callback?${denied}`)).refusal, 'client-iss-mismatch')
})

test('an error of the token endpoint is explained by its steps', async (t) => {
  const { judge } = await startDoctor(t)
  const row = rowOf('grant-code-replayed')
  const json = JSON.stringify({ error: row.error, error_description: row.description })
  t.is((await judge(json)).refusal, 'grant-code-replayed')
  t.truthy(failedIn(await judge('{"error":"unheard_of"}')).get('error'))
})
