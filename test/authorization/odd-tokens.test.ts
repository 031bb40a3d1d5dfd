/** A signature of our own key is no promise of shape: whoever has the database may have signed anything. */
import test from 'ava'
import { wholeBench } from '../adversarial/bench.ts'

for (const [what, claims] of [
  ['an end that is no date', { exp: 1e20 }],
  ['an issue that is no date', { iat: 1e300 }],
  ['a list of scopes', { scope: ['notes:read'] }],
  ['a number as subject', { sub: 7 }],
  ['an empty identifier', { jti: '' }],
  ['another issuer', { iss: 'https://other.example' }],
] as const) {
  test(`a token of our key with ${what} is unknown at every endpoint, and breaks none`, async (t) => {
    const { server, mint } = await wholeBench(t)
    const token = await mint.mint({ claims: { sub: 'alice', scope: 'notes:read', ...claims } })
    const ask = (path: string, client: string) =>
      fetch(server.url(path), {
        method: 'POST',
        headers: { Authorization: `Basic ${btoa(client)}` },
        body: new URLSearchParams({ token }),
      })
    const introspected = await ask('/oauth/introspect', 'api:api-secret')
    t.deepEqual(await introspected.json(), { active: false })
    t.true([200, 400].includes((await ask('/oauth/revoke', 'web:web-secret')).status))
    const userinfo = await fetch(server.url('/oauth/userinfo'), {
      headers: { Authorization: `Bearer ${token}` },
    })
    t.is(userinfo.status, 401)
  })
}
