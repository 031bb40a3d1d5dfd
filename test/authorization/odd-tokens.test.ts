/** A signature of our own key is no promise of shape: whoever has the database may have signed anything. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { wholeBench } from '../adversarial/bench.ts'
import { segment, signedText } from '../adversarial/tokens/token-case.ts'

type Bench = Awaited<ReturnType<typeof wholeBench>>

async function isUnknownEverywhere(t: ExecutionContext, { server }: Bench, token: string) {
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
}

for (const [what, claims] of [
  ['an end that is no date', { exp: 1e20 }],
  ['an issue that is no date', { iat: 1e300 }],
  ['a list of scopes', { scope: ['notes:read'] }],
  ['a number as subject', { sub: 7 }],
  ['an empty identifier', { jti: '' }],
  ['another issuer', { iss: 'https://other.example' }],
] as const) {
  test(`a token of our key with ${what} is unknown at every endpoint, and breaks none`, async (t) => {
    const bench = await wholeBench(t)
    const token = await bench.mint.mint({
      claims: { sub: 'alice', scope: 'notes:read', ...claims },
    })
    await isUnknownEverywhere(t, bench, token)
  })
}

/** The header and payload of a token that userinfo and introspection take. */
async function goodTexts({ mint, issuer }: Bench) {
  const { header, payload } = await mint.parts({
    scope: 'openid notes:read',
    audience: [`${issuer}/api`, `${issuer}/oauth/userinfo`],
  })
  return { header: JSON.stringify(header), payload: JSON.stringify(payload) }
}

/** The same bytes, spelt with one of the bits set that stand for nothing. */
function misspelt(text: string): string {
  const whole = segment(text)
  if (whole.length % 4 === 0) return misspelt(`${text} `)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return whole.slice(0, -1) + (alphabet[alphabet.indexOf(whole.at(-1) ?? '') | 1] ?? '')
}

for (const [what, make] of [
  [
    'a claim that stands twice',
    ({ header, payload }) => `${segment(header)}.${segment(payload.replace('{', '{"sub":"bob",'))}`,
  ],
  [
    'a member of the header that stands twice',
    ({ header, payload }) => `${segment(header.replace('{', '{"typ":"JWT",'))}.${segment(payload)}`,
  ],
  [
    'a payload in another spelling',
    ({ header, payload }) => `${segment(header)}.${misspelt(payload)}`,
  ],
] as const satisfies [string, (texts: Awaited<ReturnType<typeof goodTexts>>) => string][]) {
  test(`a token of our key with ${what} is unknown at every endpoint, as it is at the API`, async (t) => {
    const bench = await wholeBench(t)
    const texts = await goodTexts(bench)
    const good = signedText(`${segment(texts.header)}.${segment(texts.payload)}`, bench)
    const introspect = async (token: string) => {
      const answer = await fetch(bench.server.url('/oauth/introspect'), {
        method: 'POST',
        headers: { Authorization: `Basic ${btoa('api:api-secret')}` },
        body: new URLSearchParams({ token }),
      })
      return ((await answer.json()) as { active: boolean }).active
    }
    t.true(await introspect(good), 'without it there is nothing wrong with the token')
    const token = signedText(make(texts), bench)
    const headers = { Authorization: `Bearer ${token}` }
    t.is((await fetch(bench.server.url('/api/whoami'), { headers })).status, 401)
    await isUnknownEverywhere(t, bench, token)
  })
}
