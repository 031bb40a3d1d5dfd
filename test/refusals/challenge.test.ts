import test from 'ava'
import { parseChallenges } from '../../src/lib/http-auth.ts'
import { refusalIds, rowOf } from '../../src/refusals/catalogue.ts'
import { challengesFor, challengesOf, type Protection } from '../../src/refusals/challenge.ts'

const metadata = 'https://api.example/.well-known/oauth-protected-resource'
const api: Protection = {
  realm: 'api',
  schemes: ['Bearer', 'DPoP'],
  scope: 'notes:read',
  resourceMetadata: metadata,
}
const bare = [
  `Bearer realm="api", scope="notes:read", resource_metadata="${metadata}"`,
  `DPoP realm="api", scope="notes:read", algs="ES256 EdDSA", resource_metadata="${metadata}"`,
]

test('a 401 without credentials invites: realm, scope and metadata for each scheme, Bearer first', (t) => {
  t.deepEqual(challengesFor('no-credentials', api), bare)
  t.deepEqual(challengesFor('no-credentials', { ...api, schemes: ['DPoP', 'Bearer'] }), bare)
})

test('only schemes that the address offers are named', (t) => {
  t.deepEqual(challengesFor('no-credentials', { ...api, schemes: ['Bearer'] }), bare.slice(0, 1))
})

test('where any token will do, no scope is named', (t) => {
  t.deepEqual(
    challengesFor('no-credentials', {
      realm: 'api',
      schemes: ['Bearer'],
      resourceMetadata: metadata,
    }),
    [`Bearer realm="api", resource_metadata="${metadata}"`],
  )
})

test('the error rides on the Bearer line, and the DPoP line stays an invitation', (t) => {
  t.deepEqual(challengesFor('token-expired', api), [
    `Bearer realm="api", error="invalid_token", resource_metadata="${metadata}", error_description="The access token expired"`,
    bare[1],
  ])
})

test('for a client that used DPoP the error rides on the DPoP line', (t) => {
  t.deepEqual(challengesFor('token-expired', { ...api, usedScheme: 'DPoP' }), [
    bare[0],
    `DPoP realm="api", error="invalid_token", algs="ES256 EdDSA", resource_metadata="${metadata}", error_description="The access token expired"`,
  ])
})

test('where DPoP is not offered, its error rides on the Bearer line', (t) => {
  const [line, ...more] = challengesFor('token-expired', {
    ...api,
    schemes: ['Bearer'],
    usedScheme: 'DPoP',
  })
  t.regex(line ?? '', /^Bearer realm="api", error="invalid_token", /)
  t.deepEqual(more, [])
})

test('for a client that used both schemes the error rides on both lines', (t) => {
  const lines = challengesFor('multiple-authorization', { ...api, usedScheme: 'both' })
  t.deepEqual(
    lines.map((line) => /^(\w+) realm="api", error="invalid_request", /.exec(line)?.[1]),
    ['Bearer', 'DPoP'],
  )
})

test('missing scope names all scopes of the operation before the metadata', (t) => {
  t.deepEqual(
    challengesFor('insufficient-scope', { ...api, scope: 'notes:read notes:write' })[0],
    `Bearer realm="api", error="insufficient_scope", scope="notes:read notes:write", resource_metadata="${metadata}", error_description="This operation needs more scope"`,
  )
})

test('step-up names level and age between scope and metadata, as RFC 9470 §3 has it', (t) => {
  const row = {
    status: 401,
    schemes: ['Bearer', 'DPoP'],
    error: 'insufficient_user_authentication',
    description: 'A different authentication level is required',
  } as const
  const protection: Protection = {
    realm: 'api',
    schemes: ['Bearer'],
    resourceMetadata: metadata,
    acrValues: 'urn:mfa',
    maxAge: 300,
  }
  t.deepEqual(challengesOf(row, protection), [
    `Bearer realm="api", error="insufficient_user_authentication", acr_values="urn:mfa", max_age="300", resource_metadata="${metadata}", error_description="A different authentication level is required"`,
  ])
  t.regex(
    challengesOf(row, { ...protection, scope: 'openid' })[0] ?? '',
    /authentication", scope="openid", acr_values=/,
  )
})

test('error_uri closes a challenge with an error, and stands in no other', (t) => {
  const withUri = { ...api, errorUri: 'https://as.example/refusals/x' }
  const [bearer, dpop] = challengesFor('token-expired', withUri)
  t.regex(
    bearer ?? '',
    /error_description="[^"]*", error_uri="https:\/\/as\.example\/refusals\/x"$/,
  )
  t.is(dpop, bare[1])
  t.deepEqual(challengesFor('no-credentials', withUri), bare)
})

test('a plain 403 names the realm and nothing else', (t) => {
  t.deepEqual(challengesFor('forbidden', api), ['Bearer realm="api"'])
})

test('what is hidden, throttled, broken or not about credentials has no challenge', (t) => {
  for (const id of refusalIds) {
    const { status } = rowOf(id)
    if (![404, 405, 421].includes(status) && status < 500) continue
    t.deepEqual(
      challengesFor(id, { ...api, schemes: ['Bearer', 'DPoP', 'Digest', 'Basic'], digest }),
      [],
      id,
    )
  }
})

test('a Basic challenge has a realm and a charset and nothing else (RFC 7617 §2)', (t) => {
  const as: Protection = { realm: 'as', schemes: ['Basic'], errorUri: 'https://as.example/x' }
  for (const id of ['token-invalid-client', 'introspect-unauthenticated'] as const) {
    t.deepEqual(challengesFor(id, as), ['Basic realm="as", charset="UTF-8"'])
  }
})

const digest = { nonce: 'bm9uY2U', opaque: 'b3BhcXVl' }
const withDigest: Protection = { realm: 'countersign', schemes: ['Digest'], digest }

test('a Digest challenge offers one algorithm and one quality, each parameter quoted as RFC 7616 §3.3 has it', (t) => {
  const offer =
    'Digest realm="countersign", qop="auth", algorithm=SHA-256, nonce="bm9uY2U", opaque="b3BhcXVl", charset=UTF-8, userhash=true'
  for (const id of ['digest-required', 'digest-rejected', 'digest-malformed'] as const) {
    t.deepEqual(challengesFor(id, withDigest), [offer])
    t.deepEqual(challengesFor(id, { ...withDigest, errorUri: 'https://as.example/x' }), [offer])
  }
  const stale = { ...withDigest, digest: { ...digest, stale: true } }
  t.deepEqual(challengesFor('digest-stale', stale), [`${offer}, stale=true`])
})

test('without a nonce there is no Digest challenge, and none for credentials of another address', (t) => {
  t.deepEqual(challengesFor('digest-required', { realm: 'countersign', schemes: ['Digest'] }), [])
  t.deepEqual(challengesFor('digest-uri-mismatch', withDigest), [])
})

test('two sets of credentials are no reason to ask for one more, where the scheme has no error code', (t) => {
  t.deepEqual(challengesFor('multiple-authorization', withDigest), [])
  t.deepEqual(challengesFor('multiple-authorization', { ...withDigest, schemes: ['Basic'] }), [])
})

test('every challenge of every row can be read back and has a parameter after its scheme', (t) => {
  for (const id of refusalIds) {
    const lines = challengesFor(id, {
      ...api,
      schemes: ['Bearer', 'DPoP', 'Digest', 'Basic'],
      usedScheme: 'both',
      digest: { ...digest, stale: true },
    })
    const read = parseChallenges(lines)
    t.is(read.length, lines.length, id)
    for (const { params } of read) t.is(params.get('realm'), 'api')
  }
})

test('a scope that breaks its character class is left out, and the refusal stays', (t) => {
  t.deepEqual(challengesFor('no-credentials', { ...api, schemes: ['Bearer'], scope: 'a"b' }), [
    `Bearer realm="api", resource_metadata="${metadata}"`,
  ])
})
